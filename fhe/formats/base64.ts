/** Base64 from bytes to bytes (RFC 4648, section 4, padded, strict), so that key material need not pass through a string. */
import { malformed } from '../errors.ts';

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1');
const PAD = 0x3d;
const UNKNOWN = 0xff;
const VALUES = new Uint8Array(256).fill(UNKNOWN);
for (const [value, letter] of ALPHABET.entries()) VALUES[letter] = value;

/** @throws VaultError `deserialization_failed` for anything but whole, padded, canonical base64. */
export function decodeBase64(text: Uint8Array): Uint8Array {
	if (text.length % 4 !== 0) throw malformed('not base64');
	const padding = text.at(-1) !== PAD ? 0 : text.at(-2) === PAD ? 2 : 1;
	const bytes = new Uint8Array((text.length / 4) * 3 - padding);
	let problem = 0;
	for (let i = 0, at = 0; i < text.length; i += 4) {
		const isLast = i + 4 === text.length;
		let group = 0;
		for (let j = 0; j < 4; j++) {
			const isPadding = isLast && j >= 4 - padding;
			const value = isPadding ? 0 : (VALUES[text[i + j] as number] as number);
			problem |= value & 0xc0;
			group = (group << 6) | value;
		}
		// Stores past the end are dropped, so what they would have held must be zero: one byte string has one text.
		for (let j = 0; j < 3; j++, at++) {
			const byte = (group >> (16 - 8 * j)) & 0xff;
			if (at < bytes.length) bytes[at] = byte;
			else problem |= byte;
		}
	}
	if (problem === 0) return bytes;
	bytes.fill(0);
	throw malformed('not base64');
}

export function encodeBase64(bytes: Uint8Array): Uint8Array {
	const text = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(PAD);
	for (let i = 0, at = 0; i < bytes.length; i += 3, at += 4) {
		const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
		for (let j = 0; j < Math.min(4, bytes.length - i + 1); j++) text[at + j] = ALPHABET[(group >> (18 - 6 * j)) & 0x3f] as number;
	}
	return text;
}
