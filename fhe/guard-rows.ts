/**
 * Guard rows: encryptions of the zero vector at the head of each group of rows, by which the Vault knows a search's result from a
 * ciphertext that was made up (docs/threat-model.md). A group is the rows of one stored ciphertext: 128, or 64 at dimension 4096.
 *
 * They have to lie in each group, because with the mod-pack keys of EvalKey, which are public, anybody packs groups of which some are
 * honest and others are not. Within a group nobody can spare them: its rows are coefficients of one polynomial in X^rank, and a product
 * with s that is not known has the same variance at each.
 */
import { layout } from './params.ts';

/** Whether a row of a shard is a guard row, when each group begins with `guardRows` of them. */
export function isGuardRow(row: number, dimension: number, guardRows: number): boolean {
	return row % layout(dimension).itemsPerBlock < guardRows;
}

/** How many guard rows go before the next row of memory, when `rows` rows are stored. */
export function guardRowsDue(rows: number, dimension: number, guardRows: number): number {
	return Math.max(0, guardRows - (rows % layout(dimension).itemsPerBlock));
}
