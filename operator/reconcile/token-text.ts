/** The text of a token: `evt_{team}_{32 base62 characters}`, 190 bits of randomness. */
import { createHash } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const LENGTH = 32;
/** The largest multiple of 62 in a byte's range: bytes from here on are thrown away, or the first 8 characters would come more often. */
const LIMIT = 256 - (256 % ALPHABET.length);

/** @param randomBytes cryptographically secure. */
export function makeToken(team: string, randomBytes: (size: number) => Uint8Array): string {
	let text = '';
	while (text.length < LENGTH) {
		for (const byte of randomBytes(LENGTH)) {
			if (byte < LIMIT && text.length < LENGTH) text += ALPHABET[byte % ALPHABET.length];
		}
	}
	return `evt_${team}_${text}`;
}

export function isToken(text: string, team: string): boolean {
	const prefix = `evt_${team}_`;
	return text.startsWith(prefix) && /^[0-9A-Za-z]{32}$/.test(text.slice(prefix.length));
}

/** What pods keep of a token: SHA-256 in hex. */
export const tokenDigest = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
