/** A report as a Markdown table inside a page that people write. */
import type { CaseReport, Report } from './report.ts';
import { broken, inWords, targets } from './targets.ts';

export const MARKERS = ['<!-- chaos: written by make chaos-report -->', '<!-- chaos: end -->'] as const;

const headings = ['case', 'runs', 'gap p50', 'p99', 'longest', 'calls', 'failed', 'failed with one retry', 'promised', 'kept'];

/** One row a case, and a line that says on what it was measured. */
export function markdownTable(report: Report): string {
	const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
	return [
		row(headings),
		row(headings.map(() => '---')),
		...report.cases.map(each => row(cellsOf(each))),
		'',
		`Measured ${report.startedAt.slice(0, 10)} on ${report.nodes} nodes, up to ${report.lanes} Vaults at once, ${report.cpu}. Wrong answers: ${sumOf(report, 'wrongAnswers')}.`,
	].join('\n');
}

function cellsOf(report: CaseReport): string[] {
	const { p50, p99, max } = report.gapSeconds;
	return [
		`\`${report.case}\``,
		String(report.runs),
		...[p50, p99, max].map(seconds => `${seconds.toFixed(2)} s`),
		...[report.calls, report.failedCalls, report.failedAfterRetry].map(String),
		inWords(targets[report.case]),
		broken(report).length === 0 ? 'yes' : '**no**',
	];
}

function sumOf({ cases }: Report, field: 'wrongAnswers'): number {
	return cases.reduce((sum, each) => sum + each[field], 0);
}

/** The page with `content` between its markers. @throws Error when a marker is missing */
export function betweenMarkers(page: string, content: string, [begin, end]: readonly [string, string]): string {
	const [from, to] = [page.indexOf(begin), page.indexOf(end)];
	if (from < 0 || to < from) throw new Error(`the page lacks ${begin} or ${end}`);
	return `${page.slice(0, from + begin.length)}\n\n${content}\n\n${page.slice(to)}`;
}
