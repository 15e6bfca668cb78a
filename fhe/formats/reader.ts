/**
 * Reads little-endian fields from untrusted bytes. Every read is bounded, every polynomial is checked value by value and copied, so that
 * what a parser returns is complete, checked and no longer tied to the caller's buffer.
 */
import { malformed } from '../errors.ts';
import { N, POLYNOMIAL_BYTES } from '../params.ts';
import type { Polynomial } from '../ring.ts';

/** The vendor's newer containers begin with this; we know no version of them. */
const NEWER_MAGIC = 'EVIS';

export class Reader {
	readonly #bytes: Uint8Array;
	readonly #view: DataView;
	#at = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	}

	get remaining(): number {
		return this.#bytes.length - this.#at;
	}

	u8(): number {
		return this.#view.getUint8(this.#take(1));
	}

	u16(): number {
		return this.#view.getUint16(this.#take(2), true);
	}

	u32(): number {
		return this.#view.getUint32(this.#take(4), true);
	}

	i32(): number {
		return this.#view.getInt32(this.#take(4), true);
	}

	/** A 64-bit field whose honest values are far below 2^53. */
	u64(field: string): number {
		const value = this.#view.getBigUint64(this.#take(8), true);
		if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed(`${field} out of range`);
		return Number(value);
	}

	skip(length: number): void {
		this.#take(length);
	}

	/** A view of the next `length` bytes, not a copy. */
	bytes(length: number): Uint8Array {
		const start = this.#take(length);
		return this.#bytes.subarray(start, start + length);
	}

	/** A copy of 4,096 values, each below `modulus`. */
	polynomial(modulus: bigint): Polynomial {
		const start = this.#take(POLYNOMIAL_BYTES);
		const polynomial = new BigUint64Array(N);
		new Uint8Array(polynomial.buffer).set(this.#bytes.subarray(start, start + POLYNOMIAL_BYTES));
		if (!isBelow(polynomial, modulus)) throw malformed('a coefficient is not below its modulus');
		return polynomial;
	}

	#take(length: number): number {
		if (length < 0 || length > this.remaining) throw malformed('unexpected end of data');
		const start = this.#at;
		this.#at += length;
		return start;
	}
}

/** True for the first bytes of a container newer than the formats here. */
export function isNewerFormat(bytes: Uint8Array): boolean {
	return bytes.length >= NEWER_MAGIC.length && [...NEWER_MAGIC].every((letter, i) => bytes[i] === letter.charCodeAt(0));
}

/** Compares 32-bit halves: an order of magnitude faster than 4,096 BigInts. */
function isBelow(polynomial: Polynomial, modulus: bigint): boolean {
	const halves = new Uint32Array(polynomial.buffer, polynomial.byteOffset, 2 * N);
	const high = Number(modulus >> 32n);
	const low = Number(modulus & 0xffffffffn);
	for (let i = 0; i < 2 * N; i += 2) {
		const valueHigh = halves[i + 1] as number;
		if (valueHigh > high || (valueHigh === high && (halves[i] as number) >= low)) return false;
	}
	return true;
}
