/**
 * Single results that read many key coefficients at once where they meet no guard: every way to ask, at full strength, and as the Vault
 * wants a result to look like. Each is a fresh one for each number.
 */
import type { Ciphertext } from '../../fhe/formats/ciphertext.ts';
import { writeQuery } from '../../fhe/formats/query.ts';
import { writeResult } from '../../fhe/formats/result.ts';
import { writeScore } from '../../fhe/formats/score.ts';
import { layout, N, P, Q, rowCoefficient } from '../../fhe/params.ts';
import { type Polynomial, ringP, ringQ } from '../../fhe/ring.ts';

/** Rows behind the guard rows of the first group, so that one may answer. */
const FEW_ROWS = 17;

export type Attempt = (number: number, dimension: number) => Uint8Array;

/** Ten weights 1, 3, 9, … on coefficients that change with `number`, for the row behind the guard rows. */
function weights(number: number, dimension: number, unit: bigint, modulus: bigint): Polynomial {
	const target = rowCoefficient(FEW_ROWS - 1, layout(dimension));
	const a = new BigUint64Array(N);
	for (let k = 0; k < 10; k++) {
		const exponent = (((target - 10 * number - k) % N) + N) % N;
		a[exponent] = (unit * 3n ** BigInt(k)) % modulus;
	}
	return a;
}

function ciphertext(number: number, dimension: number, level: 0 | 1): Ciphertext {
	const unit = level === 0 ? Q / 3n ** 10n : 2n ** 48n;
	const q = weights(number, dimension, unit, Q);
	ringQ.forward(q);
	const zero = new BigUint64Array(N);
	if (level === 0) return { level, a: { q }, b: { q: zero } };
	const p = weights(number, dimension, unit, P);
	ringP.forward(p);
	return { level, a: { q, p }, b: { q: zero, p: zero } };
}

const result = (rows: number, level: 0 | 1) => (number: number, dimension: number) => ({
	rows,
	dimension,
	level,
	chunks: Array.from({ length: Math.ceil(rows / N) }, (_, chunk) => ciphertext(number + 7 * chunk, dimension, level)),
});

export const attempts: Record<string, Attempt> = {
	'a score of level 0': (number, dimension) => writeScore({ id: '', shards: [{ shard: 0, result: result(N, 0)(number, dimension) }] }),
	'a score of level 1': (number, dimension) => writeScore({ id: '', shards: [{ shard: 0, result: result(N, 1)(number, dimension) }] }),
	'a plain result': (number, dimension) => writeResult(result(N, 0)(number, dimension)),
	'ten shards of few rows': (number, dimension) =>
		writeScore({
			id: '',
			shards: Array.from({ length: 10 }, (_, shard) => ({ shard, result: result(FEW_ROWS, 0)(10 * number + shard, dimension) })),
		}),
	'a result of two chunks': (number, dimension) => writeResult(result(2 * N, 0)(number, dimension)),
	'one more dimension than the Vault has': (number, dimension) => writeResult(result(N, 0)(number, dimension + 1)),
	'the coordinates of a Query blob': (number, dimension) =>
		writeQuery({
			encoding: 'item',
			dimension,
			level: 0,
			blocks: Array.from({ length: layout(dimension).blocks }, (_, block) => ciphertext(number + block, dimension, 0)),
		}),
};
