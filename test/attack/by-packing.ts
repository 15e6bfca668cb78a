/**
 * An attack that spares guard rows, if they are in some groups only. EvalKey is public, and its mod-pack keys are encryptions of pieces of s:
 * with them the search service packs groups of results into one ciphertext, whatever those results are. So a group can be made up, at full
 * strength, beside others that hold nothing. Guard rows at the head of a shard lie in its first group and see none of it.
 */
import type { EvalKey } from '../../fhe/formats/eval-key.ts';
import { writeResult } from '../../fhe/formats/result.ts';
import { layout, N, Q } from '../../fhe/params.ts';
import type { Polynomial } from '../../fhe/ring.ts';
import { importRelinKeys, type Seal } from '../../fhe/seal.ts';
import { modPackGroups } from '../envector/vector-index.ts';

/** Half a score: one coefficient of s, whatever else. */
const UNIT = 2n ** 47n;

type Target = {
	dimension: number /** Of the group, counted from its first. */;
	row: number /** The coefficient of s that the row shows. */;
	position: number;
};

/** A result whose first group is zero and whose second is made up: its row `row` is ½ times the key coefficient at `position`. */
export function packedResult(seal: Seal, evalKey: EvalKey, target: Target): Uint8Array {
	return pack(seal, evalKey, target.dimension, [zeroGroup(), madeUpGroup(evalKey.rank, target)]);
}

/**
 * What the guard of its own group does not see: a made-up group by someone who knows the coefficients of s that meet its guard rows, and
 * cancels them with b. `known` tells them. The rows behind show coefficients that nobody knew.
 */
export function cancelledResult(
	seal: Seal,
	evalKey: EvalKey,
	target: Target & { guardRows: number; known: (position: number) => number },
): Uint8Array {
	const { rank } = evalKey;
	const group = madeUpGroup(rank, target);
	for (let row = 0; row < target.guardRows; row++) {
		const { position, sign } = shownAt(row, rank, target);
		const shown = (((BigInt(sign * target.known(position)) * UNIT) % Q) + Q) % Q;
		group.b[rank * row + rank - 1] = (Q - shown) % Q;
	}
	return pack(seal, evalKey, target.dimension, [group]);
}

/** The key coefficient that a row of a made-up group shows, and with which sign. */
export function shownAt(row: number, rank: number, target: Target): { position: number; sign: 1 | -1 } {
	const position = target.position + rank * (row - target.row);
	const sign = Math.floor(position / N) % 2 === 0 ? 1 : -1;
	return { position: ((position % N) + N) % N, sign };
}

type Group = { a: Polynomial; b: Polynomial };

function zeroGroup(): Group {
	return { a: new BigUint64Array(N), b: new BigUint64Array(N) };
}

function madeUpGroup(rank: number, { row, position }: Target): Group {
	const group = zeroGroup();
	// Row `row` of a group is coefficient rank·row + rank − 1 of its product.
	const exponent = rank * row + rank - 1 - position;
	group.a[(exponent + N) % N] = exponent < 0 ? Q - UNIT : UNIT;
	return group;
}

function pack(seal: Seal, { modPack, rank }: EvalKey, dimension: number, groups: Group[]): Uint8Array {
	const keys = modPack.map(pair => importRelinKeys(seal, pair));
	const { a, b } = modPackGroups(seal, groups, rank, keys);
	for (const key of keys) key.delete();
	const rows = groups.length * layout(dimension).itemsPerBlock;
	return writeResult({ rows, dimension, level: 0, chunks: [{ level: 0, a: { q: a }, b: { q: b } }] });
}
