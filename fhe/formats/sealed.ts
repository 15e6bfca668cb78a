/**
 * Sealing under a key-encryption key with AES-256-GCM.
 *
 * SecKey_sealed.bin, the vendor's layout (nothing is authenticated beside the ciphertext, so only the tag tells a wrong KEK):
 *
 *     JSON {"ParameterPreset","SealType":"AES-KEK"} | u16 object id 0 | u16 0 | IV 12 | tag 16 | u32 1029 | ciphertext of SecKey.bin
 *
 * Other secrets, ours: IV 12 | tag 16 | ciphertext, with a label as associated data so that one is never taken for another.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { malformed, VaultError } from '../errors.ts';
import { PRESET } from '../params.ts';
import type { SecretKey } from '../secret-key.ts';
import { otherPreset } from './preset.ts';
import { Reader } from './reader.ts';
import { parseSecretKey, SECRET_KEY_BYTES, writeSecretKey } from './secret-key.ts';

const KEK_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const MAX_HEADER_BYTES = 1024;

/** Seals a secret key. `iv` is a parameter for tests only: one used twice under a KEK gives both keys away. */
export function sealSecretKey(key: SecretKey, kek: Uint8Array, iv: Uint8Array = randomBytes(IV_BYTES)): Uint8Array {
	const plain = writeSecretKey(key);
	const header = Buffer.from(JSON.stringify({ ParameterPreset: PRESET, SealType: 'AES-KEK' }, undefined, 4));
	const length = Buffer.alloc(4);
	length.writeUInt32LE(SECRET_KEY_BYTES);
	try {
		const { tag, ciphertext } = encrypt(plain, kek, iv, undefined);
		return Buffer.concat([header, Buffer.alloc(4), iv, tag, length, ciphertext]);
	} finally {
		plain.fill(0);
	}
}

/**
 * Opens SecKey_sealed.bin.
 *
 * @throws VaultError `wrong_kek` when the tag does not fit; `deserialization_failed` or `unsupported_version` for other bytes.
 */
export function openSealedSecretKey(bytes: Uint8Array, kek: Uint8Array): SecretKey {
	const reader = new Reader(bytes);
	checkHeader(reader.bytes(headerLength(bytes)));
	if (reader.u16() !== 0 || reader.u16() !== 0) throw malformed('sealed key: unknown object');
	const iv = reader.bytes(IV_BYTES);
	const tag = reader.bytes(TAG_BYTES);
	if (reader.u32() !== SECRET_KEY_BYTES || reader.remaining !== SECRET_KEY_BYTES) throw malformed('sealed key: wrong length');
	const plain = decrypt(reader.bytes(SECRET_KEY_BYTES), kek, iv, tag, undefined);
	try {
		return parseSecretKey(plain);
	} finally {
		plain.fill(0);
	}
}

/** True for bytes that begin like SecKey_sealed.bin rather than like SecKey.bin. */
export function isSealed(bytes: Uint8Array): boolean {
	return bytes[0] === 0x7b;
}

/** Seals any short secret under a label, such as `team-secret`. */
export function sealBytes(plain: Uint8Array, kek: Uint8Array, label: string, iv: Uint8Array = randomBytes(IV_BYTES)): Uint8Array {
	const { tag, ciphertext } = encrypt(plain, kek, iv, label);
	return Buffer.concat([iv, tag, ciphertext]);
}

/** Opens what `sealBytes` made under the same label. @throws VaultError `wrong_kek`, also for altered bytes. The caller wipes the answer. */
export function openBytes(bytes: Uint8Array, kek: Uint8Array, label: string): Uint8Array {
	const reader = new Reader(bytes);
	const iv = reader.bytes(IV_BYTES);
	const tag = reader.bytes(TAG_BYTES);
	return decrypt(reader.bytes(reader.remaining), kek, iv, tag, label);
}

function encrypt(plain: Uint8Array, kek: Uint8Array, iv: Uint8Array, label: string | undefined) {
	checkKek(kek);
	const cipher = createCipheriv('aes-256-gcm', kek, iv);
	if (label !== undefined) cipher.setAAD(Buffer.from(label, 'utf8'));
	const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
	return { tag: cipher.getAuthTag(), ciphertext };
}

function decrypt(ciphertext: Uint8Array, kek: Uint8Array, iv: Uint8Array, tag: Uint8Array, label: string | undefined): Uint8Array {
	checkKek(kek);
	const decipher = createDecipheriv('aes-256-gcm', kek, iv, { authTagLength: TAG_BYTES });
	if (label !== undefined) decipher.setAAD(Buffer.from(label, 'utf8'));
	decipher.setAuthTag(tag);
	const plain = decipher.update(ciphertext);
	try {
		decipher.final();
	} catch (cause) {
		plain.fill(0);
		throw new VaultError('wrong_kek', 'wrong KEK', { cause });
	}
	return plain;
}

function checkKek(kek: Uint8Array): void {
	if (kek.length !== KEK_BYTES) throw new VaultError('invalid_argument', `kek: must have ${KEK_BYTES} bytes`, { field: 'kek' });
}

/** The header is one flat JSON object, so it ends at the first closing brace. */
function headerLength(bytes: Uint8Array): number {
	const end = bytes.subarray(0, MAX_HEADER_BYTES).indexOf(0x7d);
	if (!isSealed(bytes) || end < 0) throw malformed('sealed key: no header');
	return end + 1;
}

function checkHeader(bytes: Uint8Array): void {
	let header: unknown;
	try {
		header = JSON.parse(Buffer.from(bytes).toString('utf8'));
	} catch {
		throw malformed('sealed key: header is not JSON');
	}
	const fields: Record<string, unknown> = { ...(header as object) };
	if (fields.ParameterPreset !== PRESET) throw otherPreset();
	if (fields.SealType !== 'AES-KEK') throw new VaultError('unsupported_version', 'sealed key: unknown seal type');
}
