/** What `make chaos` is told by its environment. */
import { CASES, type CaseName } from './targets.ts';

export type Options = {
	/** Runs a case: lanes × rounds, rounded up to whole rounds. */
	readonly runs: number;
	readonly cases: readonly CaseName[];
	readonly lanes: number;
	readonly isAppending: boolean;
	/** The Vaults stay when all is done. */
	readonly isKeeping: boolean;
};

/** @throws RangeError that names the variable and what it may be */
export function readOptions({ RUNS, CASES: names, LANES, APPEND, KEEP }: NodeJS.ProcessEnv): Options {
	return {
		runs: numberOf('RUNS', RUNS, 4, 100_000),
		lanes: numberOf('LANES', LANES, 4, 9),
		cases: names ? names.split(',').map(caseOf) : CASES,
		isAppending: APPEND === '1',
		isKeeping: KEEP === '1',
	};
}

/** A whole number from 1. @throws RangeError that names the variable */
export function numberOf(name: string, text: string | undefined, otherwise: number, most: number): number {
	const value = text ? Number(text) : otherwise;
	if (!Number.isInteger(value) || value < 1 || value > most) throw new RangeError(`${name} must be 1 to ${most}, not ${text}`);
	return value;
}

function caseOf(text: string): CaseName {
	const name = CASES.find(each => each === text.trim());
	if (name === undefined) throw new RangeError(`CASES must be of ${CASES.join(', ')}, not ${text}`);
	return name;
}
