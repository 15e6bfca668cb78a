import { addRuns, type CaseReport, type Report, type Run } from '../../chaos/report.ts';
import type { CaseName } from '../../chaos/targets.ts';

export const run = (gapSeconds: number, change: Partial<Run> = {}): Run => ({
	gapSeconds,
	calls: 100,
	failedCalls: 0,
	failedAfterRetry: 0,
	wrongAnswers: 0,
	unauthorized: 0,
	isClosed: true,
	pressure: 0.5,
	epochChanges: 1,
	failures: {},
	...change,
});

export const emptyReport: Report = { cases: [], startedAt: '2026-11-25T00:00:00.000Z', lanes: 4, nodes: 3, cpu: '2 × CPU' };

/** @throws Error never: a case that got runs is in the report */
export function caseOf(name: CaseName, ...runs: Run[]): CaseReport {
	const [report] = addRuns(emptyReport, name, runs).cases;
	if (report === undefined) throw new Error('no case');
	return report;
}
