/** The rounds of a measurement in their order, with the report kept after each and a line that tells how it goes. */
import { cases } from './cases.ts';
import type { Driver } from './drive.ts';
import { addRuns, type Report, type Run } from './report.ts';
import type { CaseName } from './targets.ts';

/** Rounds in a row that could not be done before all is given up: one may be the machine's bad minute. */
const MOST_LOST = 3;

type Planned = { readonly name: CaseName; readonly round: number; readonly rounds: number };

/** As many rounds a case as give `runs` runs. */
export function planRounds(names: readonly CaseName[], runs: number, runsOf: (name: CaseName) => number): Planned[] {
	return names.flatMap(name => {
		const rounds = Math.ceil(runs / runsOf(name));
		return Array.from({ length: rounds }, (_, round) => ({ name, round, rounds }));
	});
}

/**
 * @param keep is given the report after each round
 * @returns the last report, and how many rounds could not be done
 * @throws the error of a round, when several in a row could not be done
 */
export async function measure(
	driver: Pick<Driver, 'round'>,
	plan: readonly Planned[],
	report: Report,
	keep: (report: Report) => Promise<void>,
	say: (line: string) => void,
): Promise<{ report: Report; lost: number }> {
	let [lost, lostInRow] = [0, 0];
	for (const [at, { name, round, rounds }] of plan.entries()) {
		const left = plan.slice(at + 1).reduce((sum, each) => sum + cases[each.name].typicalSeconds, 0);
		const started = performance.now();
		try {
			const runs = await driver.round(name, round);
			report = addRuns(report, name, runs);
			await keep(report);
			const seconds = (performance.now() - started) / 1000;
			say(`${name} ${round + 1}/${rounds}: gaps ${gapsOf(runs)} s; round ${seconds.toFixed(0)} s, about ${Math.ceil(left / 60)} min left`);
			lostInRow = 0;
		} catch (error) {
			lost++;
			if (++lostInRow >= MOST_LOST) throw error;
			say(`${name} ${round + 1}/${rounds}: not done: ${describe(error)}`);
		}
	}
	return { report, lost };
}

const gapsOf = (runs: readonly Run[]): string =>
	runs.map(run => `${run.gapSeconds.toFixed(2)}${run.isClosed ? '' : ' (not whole again)'}`).join(' ');

/** An error with the chain of its causes, on one line. */
export function describe(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`;
}
