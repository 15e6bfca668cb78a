/**
 * Microsoft SEAL's uncompressed serialisation (version 4.1), as far as we exchange values with it. We write every header ourselves and
 * only ever hand SEAL buffers made here, so none of its own parsing sees bytes from outside.
 *
 *     header      u16 0xA15E | u8 16 | u8 4 | u8 1 | u8 compression 0 | u16 0 | u64 total bytes
 *     ciphertext  header | parms id 4×u64 | u8 is NTT | u64 polynomials | u64 degree | u64 primes | f64 scale | u64 correction
 *                 | header | u64 count | count × u64
 *     plaintext   header | parms id 4×u64 | u64 coefficients | f64 scale | header | u64 count | count × u64
 */
import { N } from './params.ts';
import type { Polynomial } from './ring.ts';

/** The identity SEAL gives a set of parameters: four 64-bit words. */
export type ParmsId = readonly bigint[];

export type CiphertextLayout = { parmsId: ParmsId; isNtt: boolean; polynomials: number; primes: 1 | 2; scale: number };

const HEADER = 16;
const CIPHERTEXT_VALUES = 113;
const PLAINTEXT_VALUES = 88;

/** The bytes of a ciphertext with the given header and zero values; `putPolynomial` fills it. */
export function ciphertextBytes({ parmsId, isNtt, polynomials, primes, scale }: CiphertextLayout): Uint8Array {
	const count = polynomials * primes * N;
	const bytes = new Uint8Array(CIPHERTEXT_VALUES + 8 * count);
	const view = new DataView(bytes.buffer);
	putHeader(view, 0);
	putParmsId(view, parmsId);
	view.setUint8(48, isNtt ? 1 : 0);
	view.setBigUint64(49, BigInt(polynomials), true);
	view.setBigUint64(57, BigInt(N), true);
	view.setBigUint64(65, BigInt(primes), true);
	view.setFloat64(73, scale, true);
	view.setBigUint64(81, 1n, true);
	putHeader(view, 89);
	view.setBigUint64(105, BigInt(count), true);
	return bytes;
}

/** Writes residue polynomial number `index` (polynomial · primes + prime) into ciphertext bytes. */
export function putPolynomial(ciphertext: Uint8Array, index: number, polynomial: Polynomial): void {
	ciphertext.set(new Uint8Array(polynomial.buffer, polynomial.byteOffset, polynomial.byteLength), CIPHERTEXT_VALUES + index * 8 * N);
}

/** A copy of residue polynomial number `index` of ciphertext bytes that SEAL wrote. */
export function getPolynomial(ciphertext: Uint8Array, index: number): Polynomial {
	const start = CIPHERTEXT_VALUES + index * 8 * N;
	return new BigUint64Array(ciphertext.slice(start, start + 8 * N).buffer);
}

/** The bytes of a plaintext. An all-zero `parmsId` means coefficients, any other one NTT form under those parameters. */
export function plaintextBytes(values: Polynomial, parmsId: ParmsId, scale: number): Uint8Array {
	const bytes = new Uint8Array(PLAINTEXT_VALUES + values.byteLength);
	const view = new DataView(bytes.buffer);
	putHeader(view, 0);
	putParmsId(view, parmsId);
	view.setBigUint64(48, BigInt(values.length), true);
	view.setFloat64(56, scale, true);
	putHeader(view, 64);
	view.setBigUint64(80, BigInt(values.length), true);
	bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), PLAINTEXT_VALUES);
	return bytes;
}

/** The values of a plaintext that SEAL wrote; SEAL leaves out leading zero coefficients, so there may be fewer than 4,096. */
export function plaintextValues(plaintext: Uint8Array): BigUint64Array {
	return new BigUint64Array(plaintext.slice(PLAINTEXT_VALUES).buffer);
}

/** Relinearisation keys with one key, for s²: u64 key counts around the key, which is a ciphertext over both primes. */
export function relinKeysBytes(keyParmsId: ParmsId, key: Uint8Array): Uint8Array {
	const bytes = new Uint8Array(HEADER + 48 + key.length);
	const view = new DataView(bytes.buffer);
	putHeader(view, 0);
	putParmsId(view, keyParmsId);
	view.setBigUint64(48, 1n, true);
	view.setBigUint64(56, 1n, true);
	bytes.set(key, 64);
	return bytes;
}

/** A header says how many bytes follow to the end of its object; all objects here reach to the end of the buffer. */
function putHeader(view: DataView, at: number): void {
	view.setUint16(at, 0xa15e, true);
	view.setUint8(at + 2, HEADER);
	view.setUint8(at + 3, 4);
	view.setUint8(at + 4, 1);
	view.setBigUint64(at + 8, BigInt(view.byteLength - at), true);
}

function putParmsId(view: DataView, parmsId: ParmsId): void {
	for (const [i, word] of parmsId.entries()) view.setBigUint64(HEADER + 8 * i, word, true);
}
