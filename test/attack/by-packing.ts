/**
 * An attack that spares guard rows, if they are in some groups only. EvalKey is public, and its mod-pack keys are encryptions of pieces of s:
 * with them the search service packs groups of results into one ciphertext, whatever those results are. So a group can be made up, at full
 * strength, beside others that hold nothing. Guard rows at the head of a shard lie in its first group and see none of it.
 */
import type { EvalKey } from '../../fhe/formats/eval-key.ts';
import { writeResult } from '../../fhe/formats/result.ts';
import { layout, N, Q } from '../../fhe/params.ts';
import { importRelinKeys, type Seal } from '../../fhe/seal.ts';
import { modPackGroups } from '../envector/vector-index.ts';

/**
 * A result whose second group is made up: its row `row` is ½ times the key coefficient at `position`, and its first group is zero.
 *
 * @param row a row of the second group, counted from the group's first
 */
export function packedResult(
	seal: Seal,
	{ modPack, rank }: EvalKey,
	target: { dimension: number; row: number; position: number },
): Uint8Array {
	const { dimension, row, position } = target;
	const zero = () => new BigUint64Array(N);
	const a = zero();
	// Row `row` of a group is coefficient rank·row + rank − 1 of its product.
	const exponent = rank * row + rank - 1 - position;
	a[(exponent + N) % N] = exponent < 0 ? Q - 2n ** 47n : 2n ** 47n;
	const keys = modPack.map(pair => importRelinKeys(seal, pair));
	const packed = modPackGroups(
		seal,
		[
			{ a: zero(), b: zero() },
			{ a, b: zero() },
		],
		rank,
		keys,
	);
	for (const key of keys) key.delete();
	const chunks = [{ level: 0 as const, a: { q: packed.a }, b: { q: packed.b } }];
	return writeResult({ rows: 2 * layout(dimension).itemsPerBlock, dimension, level: 0, chunks });
}
