/** A report as the table of `docs/faults.md`. Pure. */
import { broken, type Outcome } from './outcome.ts';
import type { FaultsReport } from './report.ts';
import { expectations, nameOf, type OutcomeName, type Row, rows } from './rows.ts';

export const MARKERS = ['<!-- faults: written by make faults -->', '<!-- faults: end -->'] as const;

const headings = [
	...['row', 'cut off', 'expected', 'runs', 'longest gap', 'calls', 'failed', 'with one retry'],
	...['primary before and after (epoch)', 'whole again after', 'as expected'],
];

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

/** All sixteen rows, measured or not yet, and a line that says on what. */
export function faultsTable(report: FaultsReport): string {
	const all = report.rows.flatMap(each => each.outcomes);
	const wrong = sum(all, 'wrongAnswers') + sum(all, 'unauthorized');
	return [
		row(headings),
		row(headings.map(() => '---')),
		...rows.map(each => row(cellsOf(each, report.rows.find(({ number }) => number === each.number)?.outcomes ?? []))),
		'',
		`Measured ${report.startedAt.slice(0, 10)}, ${report.cutSeconds} s cut off in each row, on ${report.nodes} nodes, ${report.cpu}. Wrong answers and refused tokens: ${wrong}.`,
	].join('\n');
}

function cellsOf(planned: Row, outcomes: readonly Outcome[]): string[] {
	const expected = [String(planned.number), nameOf(planned), `${inWords(planned.outcome)}: ${planned.note}`];
	if (outcomes.length === 0) return [...expected, '0', '', '', '', '', '', '', 'not measured yet'];
	const isRight = outcomes.every(outcome => broken(planned, outcome).length === 0);
	return [
		...expected,
		String(outcomes.length),
		`${Math.max(...outcomes.map(each => each.gapSeconds)).toFixed(2)} s`,
		...(['calls', 'failedCalls', 'failedAfterRetry'] as const).map(field => String(sum(outcomes, field))),
		[...new Set(outcomes.map(terms))].join('; '),
		wholeIn(outcomes),
		isRight ? 'yes' : '**no**',
	];
}

function terms({ before, after }: Outcome): string {
	if (after === undefined) return `${before.pod} (${before.epoch}), then not whole`;
	const first = `${before.pod} (${before.epoch})`;
	const second = `${after.pod} (${after.epoch})`;
	return first === second ? `${first} stays` : `${first}, ${second}`;
}

function wholeIn(outcomes: readonly Outcome[]): string {
	const seconds = outcomes.map(each => each.wholeSeconds ?? Number.POSITIVE_INFINITY);
	const longest = Math.max(...seconds);
	return Number.isFinite(longest) ? `${longest.toFixed(1)} s` : 'not in time';
}

/** What is expected in words. */
function inWords(name: OutcomeName): string {
	const { gapSeconds, failedAfterRetry } = expectations[name];
	const words = {
		unnoticed: 'nobody notices',
		appointed: `another answers within ${gapSeconds.most} s`,
		expired: `another answers within ${gapSeconds.most} s`,
		stranded: 'no answer the whole time',
	};
	return failedAfterRetry === 0 ? `${words[name]}, no call fails twice` : words[name];
}

function sum(outcomes: readonly Outcome[], field: 'calls' | 'failedCalls' | 'failedAfterRetry' | 'wrongAnswers' | 'unauthorized'): number {
	return outcomes.reduce((total, each) => total + each[field], 0);
}
