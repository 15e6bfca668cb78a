/**
 * The strongest attack that passes the guard, on a Vault that adds Laplace noise of deviation σ to scores and returns the best ten rows.
 *
 * a = ±B·X^e makes row j worth ±B·s at one coefficient, guard rows as well; with B the bound of the guard it is never refused. b lifts
 * twenty rows above all others, level with one another. So the best ten are the upper half of twenty, and every answer tells of each of the
 * twenty on which side of the threshold it lies: twice as many readings as there are rows in an answer. Their scores tell nothing more,
 * because the tail of the noise has no memory. A reading is right a little more often than not:
 *
 *     mean of a reading  1 − e^(−√2·B/σ) ≈ √2·B/σ          after n readings the signs are right in Φ(√n·√2·B/σ)
 *
 * Weaker a with more coefficients spread the same energy over more of the key, and shards beyond the first add rows but no answers.
 */
import { writeResult } from '../../fhe/formats/result.ts';
import { type Layout, layout, N, Q, rowCoefficient } from '../../fhe/params.ts';
import { type Seal, transformToNtt } from '../../fhe/seal.ts';
import { type Oracle, ROWS } from './oracle.ts';

export type Weakened = {
	dimension: number;
	guardRows: number;
	/** What guard rows may hold, as a score. */
	bound: number;
	calls: number;
};

const SCORE = 2 ** 48;
const HIGH = BigInt(SCORE / 2);
const LOW = Q - HIGH;

/** @returns for each coefficient how often more it looked positive than negative */
export async function readSigns(seal: Seal, oracle: Oracle, { dimension, guardRows, bound, calls }: Weakened): Promise<Int32Array> {
	const shape = layout(dimension);
	const tally = new Int32Array(N);
	const asked = Array.from({ length: 2 * ROWS }, (_, i) => guardRows + i);
	const strength = BigInt(Math.floor(0.999 * bound * SCORE));
	for (let call = 0; call < calls; call++) {
		const sign = call % 2 === 0 ? 1 : -1;
		const shift = nextShift(call >> 1, shape);
		const a = new BigUint64Array(N);
		a[shift] = sign > 0 ? strength : Q - strength;
		const b = new BigUint64Array(N).fill(LOW);
		for (let row = 0; row < N; row++) if (row % shape.itemsPerBlock < guardRows) b[rowCoefficient(row, shape)] = 0n;
		// Nothing that matters, and fresh noise.
		for (const row of asked) b[rowCoefficient(row, shape)] = HIGH + BigInt(call);
		const [aNtt = a, bNtt = b] = transformToNtt(seal, [a, b]);
		const blob = writeResult({ rows: N, dimension, level: 0, chunks: [{ level: 0, a: { q: aNtt }, b: { q: bNtt } }] });
		const best = new Set((await oracle([blob])).map(({ row }) => row));
		if (best.size === 0) continue;
		for (const row of asked) {
			const position = rowCoefficient(row, shape) - shift;
			const reading = sign * (position < 0 ? -1 : 1) * (best.has(row) ? 1 : -1);
			tally[(position + N) % N] = (tally[(position + N) % N] ?? 0) + reading;
		}
	}
	return tally;
}

/** Twenty rows of a group are every 32nd coefficient (64th at dimension 4096); the shifts take turns so that all coefficients are read alike. */
function nextShift(turn: number, { padRank }: Layout): number {
	return ((turn % padRank) + padRank * 2 * ROWS * Math.floor(turn / padRank)) % N;
}

/** How many of the nonzero coefficients of a key have the sign that was read more often; half of those that are even. */
export function signAccuracy(tally: Int32Array, key: Int8Array): number {
	let right = 0;
	let count = 0;
	for (const [i, coefficient] of key.entries()) {
		if (coefficient === 0) continue;
		count++;
		right += tally[i] === 0 ? 0.5 : Math.sign(tally[i] ?? 0) === coefficient ? 1 : 0;
	}
	return right / count;
}

/** What the arithmetic at the head of this file expects. */
export function expectedAccuracy({ calls, bound }: Pick<Weakened, 'calls' | 'bound'>, deviation: number): number {
	const reading = 1 - Math.exp((-Math.SQRT2 * bound) / deviation);
	return normalCdf(Math.sqrt((calls * 2 * ROWS) / N) * reading);
}

/** Abramowitz and Stegun 7.1.26, exact to 1.5e-7. */
function normalCdf(x: number): number {
	const z = Math.abs(x) / Math.SQRT2;
	const t = 1 / (1 + 0.327_591_1 * z);
	const tail =
		t * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429)))) * Math.exp(-z * z);
	return x < 0 ? tail / 2 : 1 - tail / 2;
}

/** Mutual information of a sign and its reading when the reading is right with probability `accuracy`, over all nonzero coefficients. */
export function learnedBits(accuracy: number, coefficients: number): number {
	const entropy = [accuracy, 1 - accuracy].reduce((sum, p) => (p <= 0 ? sum : sum - p * Math.log2(p)), 0);
	return coefficients * (1 - entropy);
}
