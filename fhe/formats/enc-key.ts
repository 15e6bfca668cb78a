/** EncKey.bin, the team's public encryption key: `02`, the preset, a_q, a_p, b_q, b_p in NTT form, with b + a·s = noise. */
import { malformed } from '../errors.ts';
import { P, POLYNOMIAL_BYTES, Q } from '../params.ts';
import type { RnsPolynomial } from '../ring.ts';
import { putPolynomials } from './ciphertext.ts';
import { checkPreset, PRESET_BYTES, putPreset } from './preset.ts';
import { Reader } from './reader.ts';

/** A pair over both primes in NTT form: an encryption of zero, or of P times a polynomial for the keys inside EvalKey. */
export type PublicPair = { a: RnsPolynomial; b: RnsPolynomial };

export type EncKey = PublicPair & {
	/** EncKey.bin, byte for byte; its SHA-256 is the identity of the key everywhere. */
	readonly bytes: Uint8Array;
};

const TAG = 2;
const ENC_KEY_BYTES = 1 + PRESET_BYTES + 4 * POLYNOMIAL_BYTES;

/** @throws VaultError `deserialization_failed`; `unsupported_version` for another preset. */
export function parseEncKey(bytes: Uint8Array): EncKey {
	if (bytes.length !== ENC_KEY_BYTES || bytes[0] !== TAG) throw malformed('not an EncKey.bin');
	checkPreset(bytes);
	const reader = new Reader(bytes);
	reader.skip(1 + PRESET_BYTES);
	return { ...readPair(reader), bytes: new Uint8Array(bytes) };
}

export function writeEncKey({ a, b }: PublicPair): Uint8Array {
	const bytes = new Uint8Array(ENC_KEY_BYTES);
	bytes[0] = TAG;
	putPreset(bytes);
	putPolynomials(bytes, 1 + PRESET_BYTES, [a.q, a.p, b.q, b.p]);
	return bytes;
}

/** a_q, a_p, b_q, b_p, every value checked against its modulus. */
export function readPair(reader: Reader): PublicPair {
	return {
		a: { q: reader.polynomial(Q), p: reader.polynomial(P) },
		b: { q: reader.polynomial(Q), p: reader.polynomial(P) },
	};
}
