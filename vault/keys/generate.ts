/**
 * Makes a team's key, once, and leaves it sealed in the cluster: KEK Secret, key Secret, canaries. The effects come in as `KeyStore`,
 * so that the order of the steps can be tested with a store that fails at each of them.
 *
 * ## Guarantees
 * - However often it runs, and wherever it is interrupted, there is one key: what exists is opened and kept, never replaced.
 * - An existing key without its KEK is an error, never a reason for a new KEK.
 * - A key that is to be imported is opened before anything is written, and is never put in the place of another.
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
import { KeygenError } from './keygen-error.ts';

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

export type KeyRequest = {
	team: string;
	version: number;
	dimension: number;
	now?: () => Date;
	/** Opens the key to begin with; without it one is made. */
	importKey?: () => Promise<SecretKey>;
};

export type Generated = { description: KeyDescription; made: ('kek' | 'key' | 'canaries')[] };

/**
 * Brings the three objects into being.
 * @throws KeygenError that says what its user can mend
 */
export async function ensureKeys(store: KeyStore, seal: Seal, request: KeyRequest): Promise<Generated> {
	const made: Generated['made'] = [];
	const existing = await store.key(request.version);
	using imported = await openImport(request, existing !== undefined);
	const expected = imported && fingerprint(deriveEncKey(imported));
	let kek = await store.kek();
	if (kek === undefined) {
		if (existing !== undefined) throw new KeygenError('KekMissing', 'the key exists, but the key encryption key that opens it does not');
		kek = await makeKek(store);
		made.push('kek');
	}
	try {
		let stored = existing;
		if (stored === undefined) {
			using secretKey = imported ?? generateSecretKey();
			stored = await store.createKey(newKey(kek, request, secretKey));
			made.push('key');
		}
		const { description } = stored;
		if (expected !== undefined && expected !== description.fingerprint) {
			throw new KeygenError('ImportOtherKey', `the key that exists, ${description.fingerprint}, is not the one to be imported; it stays`);
		}
		using secretKey = openStored(stored, kek);
		if (!(await store.hasCanaries())) {
			await store.createCanaries(...newCanaries(seal, secretKey, request.dimension));
			made.push('canaries');
		}
		return { description, made };
	} finally {
		kek.fill(0);
	}
}

/** An import that is gone matters only as long as there is no key: whoever has imported one is told to delete the Secret. */
async function openImport({ importKey }: KeyRequest, hasKey: boolean): Promise<SecretKey | undefined> {
	try {
		return await importKey?.();
	} catch (error) {
		if (hasKey && error instanceof KeygenError && error.fault === 'ImportMissing') return undefined;
		throw error;
	}
}

async function makeKek(store: KeyStore): Promise<Uint8Array> {
	const fresh = randomBytes(32);
	let kept: Uint8Array | undefined;
	try {
		kept = await store.createKek(fresh);
		return kept;
	} finally {
		if (kept !== fresh) fresh.fill(0);
	}
}

function openStored({ sealedSecretKey }: KeySecret, kek: Uint8Array): SecretKey {
	try {
		return openSealedSecretKey(sealedSecretKey, kek);
	} catch (error) {
		if (!(error instanceof VaultError) || error.code !== 'wrong_kek') throw error;
		throw new KeygenError('WrongKek', 'the key encryption key does not open the key that exists: wrong KEK', { cause: error });
	}
}

function newKey(kek: Uint8Array, { team, version, dimension, now = () => new Date() }: KeyRequest, secretKey: SecretKey): KeySecret {
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
