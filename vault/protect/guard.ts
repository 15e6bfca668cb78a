/**
 * The guard: whether the guard rows of a decrypted shard hold nothing but the noise of an honest search.
 *
 * How large that is. An encryption modulo q has a noise of variance v = (1 + 2730)/12: SEAL rounds when it leaves the special prime, and
 * the rounding of a meets the 2,730 nonzero coefficients of s. A search multiplies the items of a group, up to 2^24·√items in norm, with
 * the query's noise, and the query, 2^24 in norm, with the noise of as many encryptions as the group has items. Key switching adds less
 * than 2^10. In units of a score (2^48) the deviation is therefore at most
 *
 *     √(2·items)·√v / 2^24          1.44e-5 (2^31.9) for 128 items, 1.02e-5 (2^31.4) for 64
 *
 * for vectors of unit length; 1.43e-5 and 0.99e-5 were measured with full groups. The sum of squares over 16 rows of Gaussian noise stays
 * below 16·2.4² = 92 variances but once in 10^12 groups, so that is the bound. Keys with more noise than ours, and longer vectors, need
 * the guard turned off.
 */
import { isGuardRow } from '../../fhe/guard-rows.ts';
import { HAMMING_WEIGHT, ITEM_SCALE_BITS, layout } from '../../fhe/params.ts';
import type { DecryptedShard } from '../shards.ts';

/** Deviations of honest noise that the root mean square of a group's guard rows may reach. */
const MARGIN = 2.4;

/** The root mean square that the guard rows of a group may have, as a score. */
export function guardBound(dimension: number): number {
	const encryption = Math.sqrt((1 + HAMMING_WEIGHT) / 12);
	return (MARGIN * encryption * Math.sqrt(2 * layout(dimension).itemsPerBlock)) / 2 ** ITEM_SCALE_BITS;
}

/**
 * Whether each group of a shard begins with `guardRows` rows of noise and nothing else, for vectors of `dimension`. Reads every guard row
 * whatever the first ones are. A shard of guard rows alone may pass: it has no row to answer with.
 */
export function isGuarded(
	{ scores }: Pick<DecryptedShard, 'scores'>,
	{ dimension, guardRows }: { dimension: number; guardRows: number },
): boolean {
	const limit = guardRows * guardBound(dimension) ** 2;
	const { itemsPerBlock } = layout(dimension);
	let isIntact = true;
	for (let start = 0; start < scores.length; start += itemsPerBlock) {
		let squares = 0;
		for (let row = start; row < Math.min(start + itemsPerBlock, scores.length) && isGuardRow(row, dimension, guardRows); row++) {
			squares += (scores[row] ?? 0) ** 2;
		}
		// Written so that NaN is no noise.
		isIntact = squares <= limit && isIntact;
	}
	return isIntact;
}
