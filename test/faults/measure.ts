/** One row of the matrix, measured on every Vault that takes part. */
import type { Driver } from '../chaos/drive.ts';
import { caseOf, type Seen } from './cut.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { Row } from './rows.ts';

/** @param round counts from 0. @returns one outcome a Vault. @throws Error when it was not whole before, or the cut could not be undone */
export async function measureRow(driver: Pick<Driver, 'inject'>, row: Row, round: number): Promise<Outcome[]> {
	const seen: Seen[] = [];
	const runs = await driver.inject(caseOf(row, seen), round);
	return runs.flatMap((run, lane) => {
		const each = seen[lane];
		return each === undefined ? [] : [outcomeOf(run, each)];
	});
}
