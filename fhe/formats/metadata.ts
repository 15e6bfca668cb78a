/**
 * Metadata envelopes: the text beside a vector, encrypted by the client with its identity's own data key.
 *
 *     version 1 (read only)  {"a": agent, "c": base64(IV 16 | AES-256-CTR)}
 *     version 2              {"v": 2, "a": agent, "i": index, "r": record, "c": base64(nonce 12 | tag 16 | AES-256-GCM)}
 *                            with AAD = agent 0x00 index 0x00 record
 *
 * The key of an agent is HKDF-SHA256(team secret, empty salt, info = agent, 32 bytes). Version 1 has no tag: whoever changes its
 * ciphertext changes the text, so nothing but UTF-8 is checked there.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { malformed, VaultError } from '../errors.ts';
import { parseObject } from './json-object.ts';

const KEY_BYTES = 32;
const IV_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MAX_NAME_LENGTH = 256;

/** What the authentication tag of a version 2 envelope covers beside the text: whose it is, and of which row. */
export type MetadataPlace = { agent: string; index: string; record: string };

type Envelope =
	| { version: 1; agent: string; ciphertext: Uint8Array }
	| { version: 2; agent: string; index: string; record: string; ciphertext: Uint8Array };

/** The 32-byte data key of one agent. Deterministic, so that nothing but the team secret has to be stored. */
export function metadataKey(teamSecret: Uint8Array, agentId: string): Uint8Array {
	return new Uint8Array(hkdfSync('sha256', teamSecret, new Uint8Array(0), Buffer.from(agentId, 'utf8'), KEY_BYTES));
}

/** Encrypts `text` into a version 2 envelope, one line of JSON. `nonce` is a parameter for tests only. */
export function sealMetadata(key: Uint8Array, place: MetadataPlace, text: string, nonce: Uint8Array = randomBytes(NONCE_BYTES)): string {
	checkKey(key);
	checkPlace(place);
	const cipher = createCipheriv('aes-256-gcm', key, nonce);
	cipher.setAAD(associatedData(place));
	const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
	const c = Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
	return JSON.stringify({ v: 2, a: place.agent, i: place.index, r: place.record, c });
}

/**
 * Decrypts an envelope of either version.
 * @throws VaultError `deserialization_failed` for what is no envelope or does not open with this key; it says no more than that.
 */
export function openMetadata(key: Uint8Array, envelopeText: string): { agent: string; text: string } {
	checkKey(key);
	const envelope = parseEnvelope(envelopeText);
	try {
		const bytes = envelope.version === 1 ? openCtr(key, envelope.ciphertext) : openGcm(key, envelope, envelope.ciphertext);
		return { agent: envelope.agent, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
	} catch (cause) {
		throw new VaultError('deserialization_failed', 'Decryption failed', { cause });
	}
}

/** Whose envelope this claims to be, so that the right key can be chosen. Only opening a version 2 envelope proves the claim. */
export function metadataAgent(envelopeText: string): string {
	return parseEnvelope(envelopeText).agent;
}

function openCtr(key: Uint8Array, sealed: Uint8Array): Uint8Array {
	const decipher = createDecipheriv('aes-256-ctr', key, sealed.subarray(0, IV_BYTES));
	return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES)), decipher.final()]);
}

function openGcm(key: Uint8Array, place: MetadataPlace, sealed: Uint8Array): Uint8Array {
	const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
	decipher.setAAD(associatedData(place));
	decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
	return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
}

/** Unambiguous because no part may hold the separator. */
function associatedData(place: MetadataPlace): Uint8Array {
	return Buffer.from(`${place.agent}\0${place.index}\0${place.record}`, 'utf8');
}

function parseEnvelope(text: string): Envelope {
	const fields = parseObject(text, 'metadata envelope');
	const version = fields.v ?? 1;
	const agent = name(fields.a, 'a');
	if (version === 1) return { version, agent, ciphertext: base64(fields.c, IV_BYTES) };
	if (version !== 2) throw new VaultError('unsupported_version', 'unsupported format version of a metadata envelope');
	const ciphertext = base64(fields.c, NONCE_BYTES + TAG_BYTES);
	return { version, agent, index: name(fields.i, 'i'), record: name(fields.r, 'r'), ciphertext };
}

function name(value: unknown, field: string): string {
	if (typeof value !== 'string' || !isName(value)) throw malformed(`metadata envelope: "${field}" is not a name`);
	return value;
}

/** Well-formed, so that its UTF-8 form, which the tag covers, is unique. */
function isName(value: string): boolean {
	return value.length > 0 && value.length <= MAX_NAME_LENGTH && !value.includes('\0') && value.isWellFormed();
}

/** Strict: what decodes to fewer bytes than its length says held characters that are not base64. */
function base64(value: unknown, atLeast: number): Uint8Array {
	if (typeof value !== 'string' || value.length % 4 !== 0) throw malformed('metadata envelope: "c" is not base64');
	const bytes = Buffer.from(value, 'base64');
	const padding = value.endsWith('==') ? 2 : value.endsWith('=') ? 1 : 0;
	if (bytes.length !== (value.length / 4) * 3 - padding) throw malformed('metadata envelope: "c" is not base64');
	if (bytes.length < atLeast) throw malformed('metadata envelope: "c" is too short');
	return bytes;
}

function checkKey(key: Uint8Array): void {
	if (key.length !== KEY_BYTES) throw new VaultError('invalid_argument', `a metadata key has ${KEY_BYTES} bytes`, { field: 'key' });
}

function checkPlace(place: MetadataPlace): void {
	for (const [field, value] of Object.entries(place)) {
		if (!isName(value))
			throw new VaultError('invalid_argument', `${field}: must be 1 to ${MAX_NAME_LENGTH} characters without NUL`, { field });
	}
}
