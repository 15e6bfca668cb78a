/**
 * The key without a single chosen ciphertext: m = b + a·s, so whoever knows the exact decryption m of any ciphertext (a, b), all 4,096
 * coefficients of it, has s = (m − b)/a, one division in the ring (Li and Micciancio, ePrint 2020/1533).
 */
import type { Ciphertext } from '../../fhe/formats/ciphertext.ts';
import { N, Q } from '../../fhe/params.ts';
import { centred, power, residue, ringQ } from '../../fhe/ring.ts';

/**
 * @param ciphertext in NTT form
 * @param plaintext the coefficients of m, centred
 * @returns the key, or undefined when what comes out is not ternary: then `plaintext` was not exact.
 */
export function recoverByDivision({ a, b }: Ciphertext, plaintext: ArrayLike<number>): Int8Array | undefined {
	const quotient = BigUint64Array.from({ length: N }, (_, i) => residue(plaintext[i] ?? 0, Q));
	ringQ.forward(quotient);
	for (let i = 0; i < N; i++) {
		const difference = (quotient[i] ?? 0n) + Q - (b.q[i] ?? 0n);
		// Fermat: x^(q−2) is the inverse of x. Zero, which has none, is one in 2^51.
		quotient[i] = (difference * power(a.q[i] ?? 0n, Q - 2n, Q)) % Q;
	}
	ringQ.inverse(quotient);
	const coefficients = Array.from(quotient, value => Number(centred(value, Q)));
	return coefficients.every(value => Math.abs(value) <= 1) ? Int8Array.from(coefficients) : undefined;
}
