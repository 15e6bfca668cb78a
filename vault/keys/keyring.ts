/**
 * The keys of a running Vault: what decrypts, what members may have, and nothing from which the secret key could be written out again.
 * The public key files are made once, at start; every pod with the same key makes the same bytes, so a client may ask any of them.
 */
import { createHash } from 'node:crypto';
import { createDecryptor, type Decryptor } from '../../fhe/decrypt.ts';
import { deriveEncKey, deriveEvalKey, fingerprint } from '../../fhe/derive.ts';
import { VaultError } from '../../fhe/errors.ts';
import { writeEncKeyJson, writeEvalKeyJson } from '../../fhe/formats/envelope.ts';
import { metadataKey } from '../../fhe/formats/metadata.ts';
import type { Seal } from '../../fhe/seal.ts';
import { smudgeKey } from '../protect/smudge.ts';
import { type OpenedKey, wipe } from './opened-key.ts';

/** A key file as it is served: its text in UTF-8 and that text's digest. */
export type KeyFile = { body: Buffer; sha256: string; etag: string };

export type VaultKey = {
	/** `<team>-<version>-<first 12 digits of the fingerprint>`: readable, and never that of another key. */
	id: string;
	version: number;
	fingerprint: string;
	decryptor: Decryptor;
	/** From which the noise on scores is derived: the same on every pod, and stored nowhere. */
	smudgeKey: Uint8Array;
};

export type Keyring = {
	readonly current: VaultKey;
	readonly files: Readonly<Record<'EncKey.json' | 'EvalKey.json', KeyFile>>;
	byId(id: string): VaultKey | undefined;
	/** The metadata key of one identity. The caller wipes it. */
	metadataKey(agent: string): Uint8Array;
	[Symbol.dispose](): void;
};

/** `fingerprint`, when given, is what the current key must have. */
export type KeyringOptions = { team: string; dimension: number; keys: { fingerprint?: string | undefined } };

/**
 * Builds the decryptors and the public key files, then wipes the keys they were made from.
 * @throws VaultError `fingerprint_mismatch` when the current key is not the recorded one, `key_missing` when there is none.
 */
export function buildKeyring(seal: Seal, opened: readonly OpenedKey[], options: KeyringOptions): Keyring {
	const [first] = opened;
	if (first === undefined) throw new VaultError('key_missing', 'no key');
	const teamSecret = Uint8Array.from(first.teamSecret);
	const keys: VaultKey[] = [];
	const dispose = () => {
		for (const key of keys) {
			key.decryptor[Symbol.dispose]();
			key.smudgeKey.fill(0);
		}
		teamSecret.fill(0);
	};
	try {
		const files = publicFiles(first, options);
		for (const key of opened) keys.push(loadKey(seal, key, options.team, key === first ? files.fingerprint : undefined));
		const [current] = keys;
		if (current === undefined) throw new VaultError('key_missing', 'no key');
		const expected = options.keys.fingerprint;
		if (expected !== undefined && expected !== current.fingerprint) {
			throw new VaultError('fingerprint_mismatch', `fingerprint differs: the key is ${current.fingerprint}, recorded is ${expected}`);
		}
		return {
			current,
			files: files.files,
			byId: id => keys.find(key => key.id === id),
			metadataKey: agent => metadataKey(teamSecret, agent),
			[Symbol.dispose]: dispose,
		};
	} catch (error) {
		dispose();
		throw error;
	} finally {
		for (const key of opened) wipe(key);
	}
}

type PublicFiles = { fingerprint: string; files: Keyring['files'] };

/** EncKey.json and EvalKey.json of one key. `created_at` is the key's own, so that every pod writes the same text. */
function publicFiles({ secretKey, version, createdAt }: OpenedKey, { team, dimension }: KeyringOptions): PublicFiles {
	const encKey = deriveEncKey(secretKey);
	const identity = { fingerprint: fingerprint(encKey), id: keyId(team, version, fingerprint(encKey)) };
	const envelope = { kid: identity.id, keyVersion: version, createdAt };
	return {
		fingerprint: identity.fingerprint,
		files: {
			'EncKey.json': keyFile(writeEncKeyJson(encKey, envelope)),
			'EvalKey.json': keyFile(writeEvalKeyJson(deriveEvalKey(secretKey, dimension), envelope)),
		},
	};
}

function loadKey(seal: Seal, { secretKey, version, teamSecret }: OpenedKey, team: string, known: string | undefined): VaultKey {
	const print = known ?? fingerprint(deriveEncKey(secretKey));
	return {
		id: keyId(team, version, print),
		version,
		fingerprint: print,
		decryptor: createDecryptor(seal, secretKey),
		smudgeKey: smudgeKey(teamSecret, print),
	};
}

function keyId(team: string, version: number, print: string): string {
	return `${team}-${version}-${print.slice('sha256:'.length, 'sha256:'.length + 12)}`;
}

function keyFile(text: string): KeyFile {
	const body = Buffer.from(text, 'utf8');
	const sha256 = createHash('sha256').update(body).digest('hex');
	return { body, sha256, etag: `"${sha256}"` };
}
