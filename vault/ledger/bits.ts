/**
 * How many bits of the key one answer may have given away at worst, were the call an attack. Pure arithmetic, in two bounds of which the
 * lower counts.
 *
 * 1. **By counting.** An answer tells no more than the logarithm of how many answers there are: k of n rows in their order, and k scores that
 *    do not rise, each one of V values:
 *
 *        log2(n·(n−1)⋯(n−k+1)) + log2 C(V+k−1, k)
 *
 *    Where k = n this is k·log2 V: order and sorted scores together are the scores. The attacks of this repository take the 6,490 bits of a key
 *    in 26 calls, 250 bits each, where this counts 296; and by indices alone in 59 calls, 110 bits each (ATK-1, ATK-2).
 *
 * 2. **By noise**, when guard rows hold and scores carry Laplace noise of deviation σ. Guard rows bound what a key can move a score by; call
 *    the bound B. Noise of that kind changes no odds by more than e^(±x), x = √2·B/σ, wherever a threshold lies, so a row on which the
 *    answer says something tells at most x²/2 nats. k named rows say something on 2k: where they are the upper half of 2k rows that the
 *    caller put level, each of the 2k is known to lie above or below. Fewer than half, or more, tell less (ATK-6 is that attack). Together
 *
 *        2k · (√2·B/σ)² / (2·ln 2)
 *
 *    What is learned can be used against the guard itself: whoever knows the coefficients that meet the guard rows of one group cancels
 *    them, and reads the other rows of that group at full strength. So each bit is charged `leverage` times, once for each guard row's worth
 *    of rows in a group: 128/16 = 8.
 */

/** What a score can be: rounded to four decimals, and */
export type ScoreRange =
	/** within [−1, 1]. */
	| 'clamped'
	/** as one prime modulus allows: within ±q/2 at the scale 2^48, which is ±4. */
	| 'level0'
	/** as two allow, in float32. */
	| 'level1'
	/** a coordinate of a Query blob, in float32. */
	| 'coordinate';

/** From the narrowest to the widest. */
const RANGES: readonly ScoreRange[] = ['clamped', 'level0', 'level1', 'coordinate'];

/** The range that holds all of them. */
export const widest = (ranges: readonly ScoreRange[]): ScoreRange => RANGES.findLast(range => ranges.includes(range)) ?? 'clamped';

const DECIMALS = 10_000;

/** A float32 whose steps are coarser than four decimals is not rounded: 2^23 values for each power of two from 2^10 on, of either sign. */
const floats = (largestExponent: number) => 2 * 2 ** 10 * DECIMALS + 2 * (largestExponent - 10) * 2 ** 23;

/** How many values there are. Level 1: ±2^57 is a modulus of 106 bits at the scale 2^48. A coordinate has the scale 2^24 and both primes. */
const VALUES: Record<ScoreRange, number> = {
	clamped: 2 * DECIMALS + 1,
	level0: 2 * 4 * DECIMALS + 1,
	level1: floats(57),
	coordinate: floats(81),
};

/** What decides how much an answer can tell. */
export type Answer = {
	/** Rows in the answer. */
	returned: number;
	/** Rows they were chosen from, over all blobs of the call. */
	candidates: number;
	range: ScoreRange;
};

/**
 * `signal` and `smudge` in units of a score: what guard rows let a key move a score by, and the standard deviation of the noise. `leverage`:
 * rows of a group for each of its guard rows.
 */
export type Noise = { signal: number; smudge: number; leverage: number };

/**
 * Bits, rounded up to thousandths.
 * @param noise undefined unless guard rows were checked and noise was added
 */
export function answerBits(answer: Answer, noise?: Noise): number {
	const { returned } = answer;
	if (returned <= 0) return 0;
	const counted = countedBits(answer);
	if (noise === undefined || noise.smudge <= 0) return roundUp(counted);
	const odds = (Math.SQRT2 * noise.signal) / noise.smudge;
	const noisy = (noise.leverage * 2 * returned * odds ** 2) / (2 * Math.LN2);
	return roundUp(Math.min(counted, noisy));
}

function countedBits({ returned, candidates, range }: Answer): number {
	const values = VALUES[range];
	let bits = 0;
	for (let i = 0; i < returned; i++) {
		bits += Math.log2(Math.max(1, candidates - i)) + Math.log2((values + i) / (i + 1));
	}
	return bits;
}

/**
 * A refusal tells one thing: that it came at this call. Of a million calls that is 20 bits; three of a token, and it is locked.
 */
export const REJECTION_BITS = 20;

/** To thousandths: far below what matters, and short to write. */
export const roundUp = (bits: number): number => Math.ceil(bits * 1000) / 1000;
