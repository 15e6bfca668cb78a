/**
 * Makes a team's key, once, and leaves it sealed in the cluster: KEK Secret, key Secret, canaries. The effects come in as `KeyStore`,
 * so that the order of the steps can be tested with a store that fails at each of them.
 *
 * ## Guarantees
 * - However often it runs, and wherever it is interrupted, there is one key: what exists is opened and kept, never replaced.
 * - An existing key without its KEK is an error, never a reason for a new KEK.
 * - Key bytes are wiped before it returns.
 */
import { randomBytes } from 'node:crypto';
import { createDecryptor } from '../../fhe/decrypt.ts';
import { deriveEncKey, fingerprint } from '../../fhe/derive.ts';
import { VaultError } from '../../fhe/errors.ts';
import { openSealedSecretKey, sealBytes, sealSecretKey } from '../../fhe/formats/sealed.ts';
import type { Seal } from '../../fhe/seal.ts';
import { generateSecretKey, type SecretKey } from '../../fhe/secret-key.ts';
import { CANARIES, canaryAnswer, newCanary } from './canary.ts';
import { type KeyDescription, teamSecretLabel } from './key-files.ts';

export type KeySecret = { sealedSecretKey: Uint8Array; sealedTeamSecret: Uint8Array; description: KeyDescription };

/** Each `create` returns what exists afterwards: its own, or what another got in before. */
export type KeyStore = {
	kek(): Promise<Uint8Array | undefined>;
	createKek(kek: Uint8Array): Promise<Uint8Array>;
	key(version: number): Promise<KeySecret | undefined>;
	createKey(key: KeySecret): Promise<KeySecret>;
	hasCanaries(): Promise<boolean>;
	createCanaries(blobs: Uint8Array[], answers: Record<string, string>): Promise<void>;
};

export type KeyRequest = { team: string; version: number; dimension: number; now?: () => Date };

export type Generated = { description: KeyDescription; made: ('kek' | 'key' | 'canaries')[] };

/**
 * Brings the three objects into being.
 * @throws VaultError `key_missing` when a key exists without its KEK, `wrong_kek` when it does not open.
 */
export async function ensureKeys(store: KeyStore, seal: Seal, request: KeyRequest): Promise<Generated> {
	const made: Generated['made'] = [];
	const existing = await store.key(request.version);
	let kek = await store.kek();
	if (kek === undefined) {
		if (existing !== undefined) throw new VaultError('key_missing', 'the key exists, but the key encryption key that opens it does not');
		kek = await store.createKek(randomBytes(32));
		made.push('kek');
	}
	try {
		let stored = existing;
		if (stored === undefined) {
			stored = await store.createKey(newKey(kek, request));
			made.push('key');
		}
		using secretKey = openSealedSecretKey(stored.sealedSecretKey, kek);
		if (!(await store.hasCanaries())) {
			await store.createCanaries(...newCanaries(seal, secretKey, request.dimension));
			made.push('canaries');
		}
		return { description: stored.description, made };
	} finally {
		kek.fill(0);
	}
}

function newKey(kek: Uint8Array, { team, version, dimension, now = () => new Date() }: KeyRequest): KeySecret {
	using secretKey = generateSecretKey();
	const teamSecret = randomBytes(32);
	try {
		const description = {
			version,
			team,
			dimension,
			fingerprint: fingerprint(deriveEncKey(secretKey)),
			createdAt: now().toISOString(),
		};
		return { sealedSecretKey: sealSecretKey(secretKey, kek), sealedTeamSecret: sealBytes(teamSecret, kek, teamSecretLabel), description };
	} finally {
		teamSecret.fill(0);
	}
}

function newCanaries(seal: Seal, secretKey: SecretKey, dimension: number): [Uint8Array[], Record<string, string>] {
	using decryptor = createDecryptor(seal, secretKey);
	const blobs = Array.from({ length: CANARIES }, () => newCanary(dimension));
	return [blobs, Object.fromEntries(blobs.map((blob, i) => [String(i), canaryAnswer(blob, decryptor)]))];
}
