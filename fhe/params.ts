/**
 * Parameters of the enVector scheme, preset IP0: Z_q[X]/(X^4096 + 1) with one prime for data and one special prime for key switching.
 * Everything is fixed by the vendor's wire formats; nothing here is tunable.
 */
import { VaultError } from './errors.ts';

/** Ring degree: coefficients in a polynomial, rows in a chunk of scores. */
export const N = 4096;

/** Data prime, 51 bits. */
export const Q = 2251799813554177n;
/** Special prime, 55 bits: larger than 2^53, so it must never pass through a JSON number. */
export const P = 36028797014376449n;

/** The least primitive 8192nd roots of unity, the ones SEAL picks as well: NTT values move between the two unchanged. */
export const PSI_Q = 278055349447n;
export const PSI_P = 115736144453n;

export const ITEM_SCALE_BITS = 24;
export const QUERY_SCALE_BITS = 24;
/** A score is the product of an item and a query. */
export const SCORE_SCALE_BITS = ITEM_SCALE_BITS + QUERY_SCALE_BITS;

/** Nonzero coefficients of a secret key, exactly. */
export const HAMMING_WEIGHT = 2730;
/** Standard deviation of the encryption noise. */
export const NOISE_SIGMA = 3.2;

export const MIN_DIMENSION = 32;
export const MAX_DIMENSION = 4096;

/** Bytes of one polynomial on the wire: 4,096 little-endian u64. */
export const POLYNOMIAL_BYTES = N * 8;

/** The preset's name as the binary key files carry it after their tag byte. */
export const PRESET = 'IP0';

export type Layout = {
	/** Coefficients of one ciphertext that belong to one vector: a power of two, 32 or 64. */
	padRank: number;
	/** Vectors side by side in one ciphertext. */
	itemsPerBlock: number;
	/** Ciphertexts a vector is cut into. */
	blocks: number;
};

/**
 * How vectors of a dimension lie in the ring.
 *
 * @throws VaultError `invalid_argument` for a dimension that is not a whole number in 32…4096.
 */
export function layout(dimension: number): Layout {
	if (!isDimension(dimension)) {
		throw new VaultError('invalid_argument', `dimension: must be a whole number in ${MIN_DIMENSION}…${MAX_DIMENSION}`, {
			field: 'dimension',
		});
	}
	const padRank = Math.max(32, 1 << Math.floor(Math.log2(dimension) / 2));
	return { padRank, itemsPerBlock: N / padRank, blocks: Math.ceil(dimension / padRank) };
}

export function isDimension(value: number): boolean {
	return Number.isInteger(value) && value >= MIN_DIMENSION && value <= MAX_DIMENSION;
}

/** The coefficient that holds row `row` of a 4096-row chunk in RMP packing. */
export function rowCoefficient(row: number, { padRank, itemsPerBlock }: Layout): number {
	return (row % itemsPerBlock) * padRank + Math.floor(row / itemsPerBlock);
}
