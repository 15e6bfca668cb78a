/** What results, queries and keys have in common: pairs (a, b) with b + a·s = message + noise, over one prime or both. */
import { N, P, POLYNOMIAL_BYTES, Q } from '../params.ts';
import type { Polynomial, RnsPolynomial } from '../ring.ts';
import type { Reader } from './reader.ts';

/** Level 0: modulo q. Level 1: modulo q·p, as residues of both primes. */
export type Level = 0 | 1;

export type Ciphertext = { level: 0; a: { q: Polynomial }; b: { q: Polynomial } } | { level: 1; a: RnsPolynomial; b: RnsPolynomial };

/** Polynomials on the wire of one ciphertext. */
export function polynomialsOf(level: Level): number {
	return level === 0 ? 2 : 4;
}

/**
 * Reads `count` ciphertexts in the order of the wire: all a mod q, all b mod q, then all a mod p, all b mod p.
 *
 * @throws VaultError `deserialization_failed` for a value that is not below its modulus or missing bytes.
 */
export function readCiphertexts(reader: Reader, count: number, level: Level): Ciphertext[] {
	const read = (modulus: bigint) => Array.from({ length: count }, () => reader.polynomial(modulus));
	const aq = read(Q);
	const bq = read(Q);
	const ap = level === 0 ? [] : read(P);
	const bp = level === 0 ? [] : read(P);
	return aq.map((a, i) => {
		const low = { a: { q: a }, b: { q: bq[i] ?? blank() } };
		if (level === 0) return { level, ...low };
		return { level, a: { ...low.a, p: ap[i] ?? blank() }, b: { ...low.b, p: bp[i] ?? blank() } };
	});
}

/** The polynomials of ciphertexts of one level in the order of the wire. */
export function wireOrder(ciphertexts: readonly Ciphertext[]): Polynomial[] {
	const both = ciphertexts.filter(c => c.level === 1);
	return [...ciphertexts.map(c => c.a.q), ...ciphertexts.map(c => c.b.q), ...both.map(c => c.a.p), ...both.map(c => c.b.p)];
}

/** Writes polynomials one after the other from `at` on; returns the offset behind the last. */
export function putPolynomials(bytes: Uint8Array, at: number, polynomials: readonly Polynomial[]): number {
	for (const [i, polynomial] of polynomials.entries()) {
		bytes.set(new Uint8Array(polynomial.buffer, polynomial.byteOffset, polynomial.byteLength), at + i * POLYNOMIAL_BYTES);
	}
	return at + polynomials.length * POLYNOMIAL_BYTES;
}

function blank(): Polynomial {
	return new BigUint64Array(N);
}
