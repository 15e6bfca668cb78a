/** What `make faults` is told by its environment. */
import { readSessionOptions, type SessionOptions } from '../chaos/options.ts';
import { type Row, rows } from './rows.ts';

export type FaultsOptions = SessionOptions & { readonly rows: readonly Row[] };

/** @throws RangeError that names the variable and what it may be */
export function readOptions(env: NodeJS.ProcessEnv): FaultsOptions {
	return {
		...readSessionOptions(env, { runs: 1, mostRuns: 1000, lanes: 1 }),
		rows: env.ROWS ? env.ROWS.split(',').map(rowOf) : rows,
	};
}

function rowOf(text: string): Row {
	const row = /^\d+$/.test(text) ? rows[Number(text)] : undefined;
	if (row === undefined) throw new RangeError(`ROWS must be numbers of 0 to ${rows.length - 1} with commas between, not ${text}`);
	return row;
}
