/**
 * SecKey.bin: `01`, the preset "IP0\0", and 1,024 bytes of 2-bit coefficients, the first in the most significant pair:
 * 00 = 0, 01 = +1, 11 = −1.
 */
import { malformed } from '../errors.ts';
import { N } from '../params.ts';
import { SecretKey } from '../secret-key.ts';
import { checkPreset, PRESET_BYTES, putPreset } from './preset.ts';

const TAG = 1;
export const SECRET_KEY_BYTES = 1 + PRESET_BYTES + N / 4;

/** @throws VaultError `deserialization_failed`; `wrong_key` when the coefficients are not those of a key of this scheme. */
export function parseSecretKey(bytes: Uint8Array): SecretKey {
	if (bytes.length !== SECRET_KEY_BYTES || bytes[0] !== TAG) throw malformed('not a SecKey.bin');
	checkPreset(bytes);
	const coefficients = new Int8Array(N);
	for (let i = 0; i < N; i++) {
		const code = ((bytes[1 + PRESET_BYTES + (i >> 2)] as number) >> (6 - 2 * (i & 3))) & 3;
		if (code === 2) {
			coefficients.fill(0);
			throw malformed('SecKey.bin: unknown coefficient');
		}
		coefficients[i] = code === 3 ? -1 : code;
	}
	return new SecretKey(coefficients);
}

/** The bytes of SecKey.bin. The caller wipes them. */
export function writeSecretKey(key: SecretKey): Uint8Array {
	const bytes = new Uint8Array(SECRET_KEY_BYTES);
	bytes[0] = TAG;
	putPreset(bytes);
	for (const [i, coefficient] of key.coefficients().entries()) {
		const at = 1 + PRESET_BYTES + (i >> 2);
		bytes[at] = (bytes[at] as number) | ((coefficient & 3) << (6 - 2 * (i & 3)));
	}
	return bytes;
}
