/** What `make faults` is told by its environment. */
import { numberOf } from '../chaos/options.ts';
import { type Row, rows } from './rows.ts';

export type FaultsOptions = {
	/** Of each row, rounded up to whole rounds. */
	readonly runs: number;
	readonly rows: readonly Row[];
	readonly lanes: number;
	readonly isAppending: boolean;
	/** The Vaults stay when all is done. */
	readonly isKeeping: boolean;
};

/** @throws RangeError that names the variable and what it may be */
export function readOptions({ RUNS, ROWS, LANES, APPEND, KEEP }: NodeJS.ProcessEnv): FaultsOptions {
	return {
		runs: numberOf('RUNS', RUNS, 1, 1000),
		rows: ROWS ? ROWS.split(',').map(rowOf) : rows,
		lanes: numberOf('LANES', LANES, 1, 9),
		isAppending: APPEND === '1',
		isKeeping: KEEP === '1',
	};
}

function rowOf(text: string): Row {
	const row = /^\d+$/.test(text) ? rows[Number(text)] : undefined;
	if (row === undefined) throw new RangeError(`ROWS must be numbers of 0 to ${rows.length - 1} with commas between, not ${text}`);
	return row;
}
