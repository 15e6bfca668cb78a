/**
 * The JSON envelopes the vendor's tools pass around: SecKey.json, EncKey.json, EvalKey.json. Each wraps one binary key file in base64, with
 * its SHA-256. Two more digests are not over the key: `aad` covers the envelope's own description, `integrity` a fixed phrase with the key's
 * name; both are written as the vendor writes them, and neither is a proof of anything, so on reading only the key's digest counts.
 *
 * `key_data` is cut out of the bytes before the rest is parsed as JSON, so that a secret key never becomes a string.
 */
import { createHash } from 'node:crypto';
import { malformed, VaultError } from '../errors.ts';
import { ITEM_SCALE_BITS, P, PRESET, Q, QUERY_SCALE_BITS } from '../params.ts';
import type { SecretKey } from '../secret-key.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { canonicalJson, type Json } from './canonical-json.ts';
import { type EncKey, parseEncKey } from './enc-key.ts';
import { isObject, parseObject } from './json-object.ts';
import { otherPreset } from './preset.ts';
import { isSealed, openSealedSecretKey } from './sealed.ts';
import { parseSecretKey, writeSecretKey } from './secret-key.ts';

/** What an envelope says about its key. */
export type EnvelopeDescription = {
	/** Identifier of the key. */
	kid: string;
	keyVersion: number;
	/** RFC 3339; written in whole seconds, with an expiry of five years of 365 days. */
	createdAt: string;
};

type Kind = { name: string; role: string; usage: string; phrase: string; evalMode: string };

const secKey: Kind = { name: 'seckey', role: 'decryption key', usage: 'vector_search', phrase: 'sec', evalMode: '' };
const encKey: Kind = { name: 'enckey', role: 'encryption key', usage: 'vector_search', phrase: 'enc', evalMode: '' };
const evalKey: Kind = { name: 'evalkey', role: 'evaluation key', usage: 'evaluation', phrase: 'eval', evalMode: 'RMP' };

const FIVE_YEARS_MS = 5 * 365 * 24 * 3600 * 1000;
/** EvalKey.json of dimension 4096 has 11.4 MB. */
const MAX_BYTES = 32 * 1024 * 1024;
const QUOTE = 0x22;

/**
 * Opens SecKey.json, with the key plain or sealed under `kek`. The caller wipes `bytes`.
 *
 * A secret key fits every dimension. But an envelope may say which one its key was made for, and then `dimension`, when given, must be that:
 * public keys and indexes of another one lie elsewhere.
 *
 * @throws VaultError `deserialization_failed` (field `hash` when the key is not the one the envelope was written for), `unsupported_version`
 * (field `preset` when it is one of another parameter set), `wrong_kek`, `wrong_key` (field `dimension` for another dimension);
 * `invalid_argument` for a sealed key and no KEK.
 */
export function parseSecKeyJson(bytes: Uint8Array, kek?: Uint8Array, dimension?: number): SecretKey {
	const key = open(bytes, secKey, dimension);
	try {
		if (!isSealed(key)) return parseSecretKey(key);
		if (kek === undefined) throw new VaultError('invalid_argument', 'kek: needed, the key is sealed', { field: 'kek' });
		return openSealedSecretKey(key, kek);
	} finally {
		key.fill(0);
	}
}

/** @throws VaultError `deserialization_failed` or `unsupported_version`. */
export function parseEncKeyJson(text: string | Uint8Array): EncKey {
	return parseEncKey(open(asBytes(text), encKey));
}

/** @returns the bytes of EvalKey.bin, checked against their digest; `parseEvalKey` reads them. Throws as `parseEncKeyJson`. */
export function parseEvalKeyJson(text: string | Uint8Array): Uint8Array {
	return open(asBytes(text), evalKey);
}

/** SecKey.json with the key in plain. The caller wipes the answer. */
export function writeSecKeyJson(key: SecretKey, about: EnvelopeDescription): Uint8Array {
	const bytes = writeSecretKey(key);
	try {
		return wrap(bytes, secKey, about);
	} finally {
		bytes.fill(0);
	}
}

export function writeEncKeyJson(key: EncKey, about: EnvelopeDescription): string {
	return Buffer.from(wrap(key.bytes, encKey, about)).toString('utf8');
}

/** @param bytes EvalKey.bin */
export function writeEvalKeyJson(bytes: Uint8Array, about: EnvelopeDescription): string {
	return Buffer.from(wrap(bytes, evalKey, about)).toString('utf8');
}

function asBytes(text: string | Uint8Array): Uint8Array {
	return typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
}

/** The binary key file inside an envelope. */
function open(bytes: Uint8Array, kind: Kind, dimension?: number): Uint8Array {
	if (bytes.length > MAX_BYTES) throw malformed('key envelope: too long');
	const [start, end] = keyDataSpan(bytes);
	const rest = Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]).toString('utf8');
	const { name, hash, preset, dim } = describe(rest);
	if (name !== kind.name && !(kind === secKey && name.startsWith(kind.name))) throw malformed(`key envelope: not a ${kind.name}`);
	if (preset !== undefined && preset !== PRESET) throw otherPreset();
	if (dim !== undefined && dimension !== undefined && dim !== dimension) {
		throw new VaultError('wrong_key', `the key is for dimension ${dim}, not ${dimension}`, { field: 'dimension' });
	}
	const key = decodeBase64(bytes.subarray(start, end));
	if (createHash('sha256').update(key).digest('base64') === hash) return key;
	key.fill(0);
	throw new VaultError('deserialization_failed', 'Deserialization failed: key envelope: the key does not match its hash', {
		field: 'hash',
	});
}

/** Where the one `key_data` string begins and ends, quotes excluded. Base64 needs no escapes, so it ends at the next quote. */
function keyDataSpan(bytes: Uint8Array): [number, number] {
	const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
	const member = '"key_data"';
	const at = buffer.indexOf(member, 0, 'latin1');
	const start = buffer.indexOf(QUOTE, at + member.length) + 1;
	const end = buffer.indexOf(QUOTE, start);
	const isOne = at >= 0 && buffer.indexOf(member, at + 1, 'latin1') < 0;
	if (!isOne || start === 0 || end < 0) throw malformed('key envelope: must hold one key_data');
	return [start, end];
}

type Entry = { name: string; hash: string; preset: unknown; dim: number | undefined };

function describe(text: string): Entry {
	const envelope = parseObject(text, 'key envelope');
	if (envelope.format_version !== 1) throw new VaultError('unsupported_version', 'key envelope: unsupported format version');
	const entry: unknown = Array.isArray(envelope.entries) && envelope.entries.length === 1 ? envelope.entries[0] : undefined;
	// Newer tools of the vendor write the hash as {"type": "SHA256", "value"}.
	const hash = isObject(entry) && isObject(entry.hash) && entry.hash.type === 'SHA256' ? entry.hash.value : Object(entry).hash;
	if (!isObject(entry) || entry.key_data !== '' || typeof entry.name !== 'string' || typeof hash !== 'string') {
		throw malformed('key envelope: must hold one entry with name, hash and key_data');
	}
	const metadata = isObject(entry.metadata) ? entry.metadata : {};
	const preset = isObject(metadata.parameter) ? metadata.parameter.preset : undefined;
	return { name: entry.name, hash, preset: preset === '' ? undefined : preset, dim: dimensionOf(metadata.dim) };
}

/** The vendor writes the dimension as text, where it writes it at all. */
function dimensionOf(dim: unknown): number | undefined {
	const isNumeral = typeof dim === 'number' || (typeof dim === 'string' && /^[0-9]{1,5}$/.test(dim));
	return isNumeral ? Number(dim) : undefined;
}

function wrap(
	key: Uint8Array,
	{ name, role, usage, phrase, evalMode }: Kind,
	{ kid, keyVersion, createdAt }: EnvelopeDescription,
): Uint8Array {
	const created = seconds(Date.parse(createdAt));
	const covered = {
		format_version: 1n,
		kid,
		usage,
		requester: { entity: 'user@tenantA', type: 'service/automated', method: 'api/system/cli' },
		created_at: created,
		expires_at: seconds(Date.parse(createdAt) + FIVE_YEARS_MS),
		provider_meta: { type: 'LOCAL', provider_version: '1', version_id: '', wrap_alg: '' },
	} as const;
	const parameter = { P, Q, DB_SCALE_FACTOR: ITEM_SCALE_BITS, QUERY_SCALE_FACTOR: QUERY_SCALE_BITS, preset: PRESET };
	const hash = createHash('sha256').update(key).digest('base64');
	const text = canonicalJson({
		...covered,
		format: name,
		key_version: String(keyVersion),
		aad: sha256(canonicalJson(covered)),
		integrity: sha256(`${kid}:${phrase}:integrity`),
		entries: [{ name, role, hash, key_data: '', metadata: { parameter, eval_mode: evalMode } }],
		state: { value: 'active', reason: null, updated_at: created },
	});
	const envelope = Buffer.from(text, 'utf8');
	const [start] = keyDataSpan(envelope);
	const data = encodeBase64(key);
	const bytes = new Uint8Array(envelope.length + data.length);
	bytes.set(envelope.subarray(0, start));
	bytes.set(data, start);
	bytes.set(envelope.subarray(start), start + data.length);
	data.fill(0);
	return bytes;
}

function sha256(text: string): Json {
	return { type: 'SHA256', value: createHash('sha256').update(text, 'utf8').digest('base64') };
}

/** RFC 3339 without fractions, the vendor's only form. */
function seconds(time: number): string {
	if (Number.isNaN(time)) throw new VaultError('invalid_argument', 'createdAt: not a date', { field: 'createdAt' });
	return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
