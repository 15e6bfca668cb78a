/** A report's cases as rows of text. */
import type { CaseReport } from './report.ts';
import { inWords, targets } from './targets.ts';

export const headings = ['CASE', 'RUNS', 'GAP P50', 'P99', 'MAX', 'CALLS', 'FAILED', 'WITH RETRY', 'WRONG', '401', 'PROMISED'] as const;

export function rowOf(report: CaseReport): string[] {
	const { p50, p99, max } = report.gapSeconds;
	return [
		report.case,
		String(report.runs),
		...[p50, p99, max].map(seconds => `${seconds.toFixed(2)} s`),
		...[report.calls, report.failedCalls, report.failedAfterRetry, report.wrongAnswers, report.unauthorized].map(String),
		inWords(targets[report.case]),
	];
}
