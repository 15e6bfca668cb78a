/**
 * The secret of a team: a ternary polynomial with exactly 2,730 nonzero coefficients. It lives in one typed array that is wiped when the
 * key is disposed of; it is never turned into a string.
 */
import { randomBytes as systemRandomBytes } from 'node:crypto';
import { VaultError } from './errors.ts';
import { HAMMING_WEIGHT, N } from './params.ts';

export class SecretKey implements Disposable {
	readonly #coefficients: Int8Array;
	#isWiped = false;

	/**
	 * Takes over `coefficients`: the caller must not keep them. Those of no key are wiped.
	 *
	 * @throws VaultError `wrong_key` when they are not 4,096 of −1, 0, 1 with Hamming weight 2,730.
	 */
	constructor(coefficients: Int8Array) {
		const isTernary = coefficients.every(c => c === 0 || c === 1 || c === -1);
		const weight = coefficients.reduce((sum, c) => sum + Math.abs(c), 0);
		if (coefficients.length !== N || !isTernary || weight !== HAMMING_WEIGHT) {
			coefficients.fill(0);
			throw new VaultError('wrong_key', 'not a secret key of this scheme');
		}
		this.#coefficients = coefficients;
	}

	/** The live coefficients, not a copy; for use within one call. */
	coefficients(): Int8Array {
		if (this.#isWiped) throw new VaultError('key_missing', 'the secret key has been wiped');
		return this.#coefficients;
	}

	[Symbol.dispose](): void {
		this.#coefficients.fill(0);
		this.#isWiped = true;
	}
}

/**
 * A fresh key. Positions by a partial Fisher–Yates shuffle over unbiased draws, signs by single bits.
 *
 * @param randomBytes a cryptographically secure source; a parameter for tests only.
 */
export function generateSecretKey(randomBytes: (size: number) => Uint8Array = systemRandomBytes): SecretKey {
	const positions = Uint16Array.from({ length: N }, (_, i) => i);
	const signs = randomBytes(Math.ceil(HAMMING_WEIGHT / 8));
	const coefficients = new Int8Array(N);
	for (let i = 0; i < HAMMING_WEIGHT; i++) {
		const j = i + uniformBelow(N - i, randomBytes);
		const position = positions[j] as number;
		positions[j] = positions[i] as number;
		coefficients[position] = ((signs[i >> 3] as number) >> (i & 7)) & 1 ? 1 : -1;
	}
	positions.fill(0);
	signs.fill(0);
	return new SecretKey(coefficients);
}

/** A uniform integer in [0, bound), bound ≤ 4096: 12 bits, refused and drawn again when not below the largest multiple of the bound. */
function uniformBelow(bound: number, randomBytes: (size: number) => Uint8Array): number {
	const limit = N - (N % bound);
	for (;;) {
		const bytes = randomBytes(2);
		const draw = (((bytes[0] as number) << 8) | (bytes[1] as number)) & (N - 1);
		bytes.fill(0);
		if (draw < limit) return draw % bound;
	}
}
