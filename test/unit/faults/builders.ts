import type { Outcome } from '../../faults/outcome.ts';
import type { FaultsReport } from '../../faults/report.ts';
import { CUT_SECONDS } from '../../faults/rows.ts';

export const outcome = (change: Partial<Outcome> = {}): Outcome => ({
	gapSeconds: 0.2,
	calls: 1500,
	failedCalls: 0,
	failedAfterRetry: 0,
	wrongAnswers: 0,
	unauthorized: 0,
	isServed: true,
	before: { pod: 'acme-0', epoch: 3 },
	after: { pod: 'acme-0', epoch: 3 },
	wholeSeconds: 2,
	changedSecrets: [],
	...change,
});

export const emptyReport: FaultsReport = {
	startedAt: '2026-11-25T00:00:00.000Z',
	nodes: 3,
	cpu: '2 × CPU',
	cutSeconds: CUT_SECONDS,
	rows: [],
};
