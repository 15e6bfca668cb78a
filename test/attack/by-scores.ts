/**
 * The key by chosen ciphertexts and their scores. Decryption is linear, m = b + a·s modulo X^4096 + 1, so with b = 0 and a single row, at
 * coefficient 0,
 *
 *     m_0 = a_0·s_0 − Σ a_(4096−i)·s_i        (i > 0, since X^4096 = −1)
 *
 * is any weighted sum of coefficients that the caller likes. Weights 1, 3, 9, … pack as many trits into one score as it has values. A
 * result may say that it holds one row only, so nothing is lost to ranking: ten shards of one row each are ten scores, and one blob.
 *
 * - Level 0: scores lie in ±4, four decimals tell 80,000 apart, and 3^10 = 59,049: ten trits a score, 41 calls.
 * - Level 1: the modulus has 106 bits, scores lie in ±2^57, and four decimals round nothing of a float32 above 2^10. Integers up to 2^24
 *   are exact, 3^15 of them fit within. Sixteen trits reach 1.28 times as far; there a few scores leave the lowest trit open, which is
 *   asked again among the last: 26 calls. A float32 tells about 26 bits of such a sum and the key has 6,490: scores alone cannot do in fewer than 25.
 * - A Query blob: coordinates have the scale 2^24 instead of 2^48, so also modulo q alone they lie in ±2^26. A vector has 32 of them at least;
 *   b lifts the one that is asked for above zero and lowers the others. Fifteen trits, 28 calls, but one blob for each score.
 */
import type { Ciphertext, Level } from '../../fhe/formats/ciphertext.ts';
import { writeQuery } from '../../fhe/formats/query.ts';
import { writeScore } from '../../fhe/formats/score.ts';
import { ITEM_SCALE_BITS, MIN_DIMENSION, N, P, Q, SCORE_SCALE_BITS } from '../../fhe/params.ts';
import { type Polynomial, ringP, ringQ } from '../../fhe/ring.ts';
import { type Oracle, ROWS } from './oracle.ts';
import { digitsOf, largest } from './ternary.ts';

/** A way to ask, and how much one score carries. */
export type Channel = {
	/** Trits a score, some of which may stay open. */
	trits: number;
	/** Trits a score when none may. */
	exactTrits: number;
	/** What the lowest trit weighs, in units of the decrypted coefficient. */
	unit: bigint;
	/** What a score of 1 is in the same units. */
	scale: number;
	/** Added to every sum. */
	lift: number;
	level: Level;
	/** The blobs of one call, from ciphertexts of which coefficient 0 is asked for: row 0 of the shard of that number. */
	write(ciphertexts: Ciphertext[]): Uint8Array[];
};

const SCORE = { scale: 2 ** SCORE_SCALE_BITS, lift: 0 };

/** One message with a shard of one row for each. */
const asShards =
	(level: Level): Channel['write'] =>
	ciphertexts => {
		const result = (ciphertext: Ciphertext) => ({ rows: 1, dimension: MIN_DIMENSION, level, chunks: [ciphertext] });
		return [writeScore({ id: '', shards: ciphertexts.map((ciphertext, shard) => ({ shard, result: result(ciphertext) })) })];
	};

export const level0: Channel = { ...SCORE, level: 0, trits: 10, exactTrits: 10, unit: Q / 3n ** 10n, write: asShards(0) };
export const level1: Channel = {
	...SCORE,
	level: 1,
	trits: 16,
	exactTrits: 15,
	unit: 2n ** BigInt(SCORE_SCALE_BITS),
	write: asShards(1),
};
export const coordinates: Channel = {
	level: 0,
	trits: 15,
	exactTrits: 15,
	unit: 2n ** 25n,
	scale: 2 ** ITEM_SCALE_BITS,
	lift: 2 ** 23,
	write: ciphertexts => {
		const b = BigUint64Array.from({ length: N }, (_, i) => (i === 0 ? 2n ** 48n : Q - 2n ** 48n));
		ringQ.forward(b);
		return ciphertexts.map(({ a }) =>
			writeQuery({ encoding: 'item', dimension: MIN_DIMENSION, level: 0, blocks: [{ level: 0, a: { q: a.q }, b: { q: b } }] }),
		);
	},
};

/** Coefficients asked for in one score, and the sums that look like what came back. */
type Reading = { positions: number[]; sums: number[] };

/** @returns the 4,096 coefficients as the scores tell them; undefined where no score came back. */
export async function recoverByScores(oracle: Oracle, channel: Channel): Promise<(number | undefined)[]> {
	const key = new Array<number | undefined>(N).fill(undefined);
	const open = Array.from({ length: N }, (_, i) => i);
	const unclear: Reading[] = [];
	while (open.length > 0) {
		const width = open.length <= ROWS * channel.exactTrits ? channel.exactTrits : channel.trits;
		const asked: number[][] = [];
		while (asked.length < ROWS && open.length > 0) asked.push(open.splice(0, width));
		for (const { shard, row, score } of await oracle(channel.write(asked.map(positions => weighing(positions, channel))))) {
			const positions = asked[shard];
			if (positions === undefined || row !== 0) continue;
			const reading = { positions, sums: sumsShownAs(score, positions.length, channel) };
			if (reading.sums.length === 1) settle(key, reading);
			else {
				unclear.push(reading);
				open.push(...positions.slice(0, 1));
			}
		}
	}
	// The last first: its lowest trit came from a score that was clear, or from one that is clear by now.
	for (const reading of unclear.reverse()) settle(key, reading);
	return key;
}

/** A ciphertext whose coefficient 0 decrypts to unit·Σ 3^k·s[positions[k]]. */
function weighing(positions: readonly number[], { level, unit }: Channel): Ciphertext {
	const modulo = (modulus: bigint): Polynomial => {
		const a = new BigUint64Array(N);
		for (const [k, position] of positions.entries()) {
			const weight = (unit * 3n ** BigInt(k)) % modulus;
			a[(N - position) % N] = position === 0 ? weight : modulus - weight;
		}
		return a;
	};
	const q = modulo(Q);
	ringQ.forward(q);
	const zero = new BigUint64Array(N);
	if (level === 0) return { level, a: { q }, b: { q: zero } };
	const p = modulo(P);
	ringP.forward(p);
	return { level, a: { q, p }, b: { q: zero, p: zero } };
}

/** The sums of `count` trits that a Vault which rounds to float32, then to four decimals, shows as `score`; if none, the nearest. */
function sumsShownAs(score: number, count: number, { unit, scale, lift }: Channel): number[] {
	const step = Number(unit) / scale;
	const shown = (sum: number) => Math.round(Math.fround((sum + lift) * step) * 10_000) / 10_000;
	const bound = largest(count);
	const nearest = Math.min(bound, Math.max(-bound, Math.round(score / step) - lift));
	const sums = [-1, 0, 1].map(offset => nearest + offset).filter(sum => Math.abs(sum) <= bound && shown(sum) === score);
	return sums.length === 0 ? [nearest] : sums;
}

/** Writes the trits of a reading into the key. Of several sums the one counts whose lowest trit is known to be right. */
function settle(key: (number | undefined)[], { positions, sums }: Reading): void {
	const [lowest] = positions;
	const known = sums.length > 1 && lowest !== undefined ? key[lowest] : undefined;
	const sum = sums.find(candidate => digitsOf(candidate, 1)[0] === known) ?? sums[0];
	if (sum === undefined) return;
	for (const [k, digit] of digitsOf(sum, positions.length).entries()) key[positions[k] ?? 0] = digit;
}
