/**
 * The part of protobuf's wire format that CiphertextScore needs, by hand: a page against a dependency in the pod. Bounded and total: any
 * bytes give fields or a `deserialization_failed`.
 */
import { malformed } from '../errors.ts';

export type Field = { number: number; value: number | Uint8Array };

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
/** Eight digits of seven bits hold 2^53; no honest value needs more. */
const MAX_VARINT_BYTES = 8;

/** The fields of one message in order. Fixed-width fields are skipped: no message of ours has one. */
export function* readFields(bytes: Uint8Array): Generator<Field> {
	let at = 0;
	const number = (): number => {
		const { value, next } = readVarint(bytes, at);
		at = next;
		return value;
	};
	const take = (length: number): Uint8Array => {
		if (length > bytes.length - at) throw malformed('message: unexpected end of data');
		at += length;
		return bytes.subarray(at - length, at);
	};
	while (at < bytes.length) {
		const tag = number();
		const field = Math.floor(tag / 8);
		if (field === 0) throw malformed('message: field number 0');
		switch (tag % 8) {
			case VARINT:
				yield { number: field, value: number() };
				break;
			case LENGTH_DELIMITED:
				yield { number: field, value: take(number()) };
				break;
			case FIXED64:
				take(8);
				break;
			case FIXED32:
				take(4);
				break;
			default:
				throw malformed('message: unknown wire type');
		}
	}
}

/** All varints of a packed field, at most `limit`. */
export function readPacked(bytes: Uint8Array, limit: number): number[] {
	const values: number[] = [];
	for (let at = 0; at < bytes.length; ) {
		if (values.length === limit) throw malformed('message: too many values');
		const { value, next } = readVarint(bytes, at);
		values.push(value);
		at = next;
	}
	return values;
}

/** Base-128 digits, least significant first. */
function readVarint(bytes: Uint8Array, start: number): { value: number; next: number } {
	let value = 0;
	for (let i = 0; i < MAX_VARINT_BYTES; i++) {
		const byte = bytes[start + i];
		if (byte === undefined) throw malformed('message: unexpected end of data');
		value += (byte & 0x7f) * 2 ** (7 * i);
		if (value > Number.MAX_SAFE_INTEGER) break;
		if (byte < 0x80) return { value, next: start + i + 1 };
	}
	throw malformed('message: number out of range');
}

export function varint(value: number): Uint8Array {
	const digits: number[] = [];
	let rest = value;
	for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) digits.push((rest % 0x80) | 0x80);
	digits.push(rest);
	return Uint8Array.from(digits);
}

export function numberField(number: number, value: number): Uint8Array {
	return concat([varint(number * 8 + VARINT), varint(value)]);
}

export function bytesField(number: number, value: Uint8Array): Uint8Array {
	return concat([varint(number * 8 + LENGTH_DELIMITED), varint(value.length), value]);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
	const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		bytes.set(part, at);
		at += part.length;
	}
	return bytes;
}
