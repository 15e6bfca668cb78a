/** What `make chaos` is told by its environment. */
import { CASES, type CaseName } from './targets.ts';

/** What every program that measures with the driver is told. */
export type SessionOptions = {
	/** Of each case or row: lanes × rounds, rounded up to whole rounds. */
	readonly runs: number;
	readonly lanes: number;
	readonly isAppending: boolean;
	/** The Vaults stay when all is done. */
	readonly isKeeping: boolean;
};

export type Options = SessionOptions & { readonly cases: readonly CaseName[] };

/** @throws RangeError that names the variable and what it may be */
export function readOptions(env: NodeJS.ProcessEnv): Options {
	return {
		...readSessionOptions(env, { runs: 4, mostRuns: 100_000, lanes: 4 }),
		cases: env.CASES ? env.CASES.split(',').map(caseOf) : CASES,
	};
}

/** @param otherwise runs and lanes when nothing is said of them. @throws RangeError that names the variable and what it may be */
export function readSessionOptions(
	{ RUNS, LANES, APPEND, KEEP }: NodeJS.ProcessEnv,
	otherwise: { runs: number; mostRuns: number; lanes: number },
): SessionOptions {
	return {
		runs: numberOf('RUNS', RUNS, otherwise.runs, otherwise.mostRuns),
		lanes: numberOf('LANES', LANES, otherwise.lanes, 9),
		isAppending: APPEND === '1',
		isKeeping: KEEP === '1',
	};
}

/** A whole number from 1. */
function numberOf(name: string, text: string | undefined, otherwise: number, most: number): number {
	const value = text ? Number(text) : otherwise;
	if (!Number.isInteger(value) || value < 1 || value > most) throw new RangeError(`${name} must be 1 to ${most}, not ${text}`);
	return value;
}

function caseOf(text: string): CaseName {
	const name = CASES.find(each => each === text.trim());
	if (name === undefined) throw new RangeError(`CASES must be of ${CASES.join(', ')}, not ${text}`);
	return name;
}
