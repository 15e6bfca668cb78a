/**
 * Brings back what an archive holds. Each step makes what is missing and keeps what is there, so that a restore that was interrupted is
 * simply run again, in an order in which nothing is ever there without what it needs: KEK, key, RuneVault, and what the RuneVault owns.
 *
 * Nothing is written before the archive has opened and the key has been checked, and a key that exists is never replaced.
 */
import { resource as vaults } from '../../crds/runevault.ts';
import { VaultError } from '../../fhe/errors.ts';
import { apply } from '../../kube/apply.ts';
import { isAlreadyExists } from '../../kube/errors.ts';
import { create, get } from '../../kube/objects.ts';
import { apiVersionOf, type KubeObject, type OwnerReference, resources } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { clusterKeyStore } from '../keys/cluster-store.ts';
import type { KeySecret, KeyStore } from '../keys/generate.ts';
import { keyFileNames, parseKeyDescription } from '../keys/key-files.ts';
import type { Archive, Parts } from './archive.ts';
import { BackupError } from './backup-error.ts';
import { damaged, isTokenPart, type Manifest, parts } from './manifest.ts';
import { openArchivedKeys } from './opened.ts';
import { parseJson, parseSecret, type SecretSnapshot } from './secret.ts';

export type RestoreOptions = {
	transport: Transport;
	namespace: string;
	vault: string;
	/** Labels of the key Secrets. */
	labels: Record<string, string>;
	/** Where the KEK lies when the archive has none. */
	kekFile: string | undefined;
	/** Recorded in the status of a RuneVault that is there. */
	fingerprint: string | undefined;
};

export type Restored = { fingerprint: string; made: string[] };

/** The operator's own: what is restored of its objects is as if it had written them, so that nothing of them stays when it writes again. */
const OPERATOR = 'runevault-operator';
const FIELD_MANAGER = 'runevault-restore';
const VAULT_LABEL = 'runevault.io/vault';

/**
 * @returns names of what was written
 * @throws BackupError `OtherVault`, `OtherKey`, `KeyUnopened`, `NameTaken`, `ArchiveDamaged`; KubeError
 */
export async function restoreArchive({ manifest, parts: archived }: Archive, options: RestoreOptions): Promise<Restored> {
	checkIdentity(manifest, options);
	const store = clusterKeyStore(options);
	const made = [...(await restoreKey(store, manifest, archived, options))];
	const vault = await ensureVault(archived, options);
	if (vault.isNew) made.push(`RuneVault ${options.vault}`);
	for (const [part, bytes] of archived) {
		if (part !== parts.ca && !isTokenPart(part)) continue;
		const secret = parseSecret(part, bytes);
		if (await restoreSecret(secret, vault.owner, options)) made.push(`Secret ${secret.name}`);
	}
	return { fingerprint: manifest.fingerprint, made };
}

function checkIdentity(manifest: Manifest, { vault, fingerprint }: RestoreOptions): void {
	if (manifest.vault !== vault) throw new BackupError('OtherVault', `the archive is of RuneVault ${manifest.vault}, not ${vault}`);
	if (fingerprint !== undefined && fingerprint !== manifest.fingerprint) {
		throw new BackupError('OtherKey', `the archive has key ${manifest.fingerprint}, and the RuneVault records ${fingerprint}`);
	}
}

/** What will be there together, existing and archived, is tried before any of it is written. */
async function restoreKey(store: KeyStore, manifest: Manifest, archived: Parts, { vault, kekFile }: RestoreOptions): Promise<string[]> {
	const [version = 1] = manifest.keyVersions;
	const existingKey = await store.key(version);
	if (existingKey !== undefined && existingKey.description.fingerprint !== manifest.fingerprint) {
		throw new BackupError(
			'OtherKey',
			`the key that exists is ${existingKey.description.fingerprint}, not ${manifest.fingerprint}; it stays`,
		);
	}
	const key = existingKey ?? archivedKey(archived, version);
	const existingKek = kekFile === undefined ? await store.kek() : undefined;
	try {
		const together = new Map(archived);
		together.set(parts.key(version, keyFileNames.secretKey), key.sealedSecretKey);
		together.set(parts.key(version, keyFileNames.teamSecret), key.sealedTeamSecret);
		if (existingKek !== undefined) together.set(parts.kek, existingKek);
		const names = [existingKek && `Secret ${vault}-kek`, existingKey && `Secret ${vault}-keys-${version}`];
		await tryKeys(
			manifest,
			together,
			kekFile,
			names.filter(name => name !== undefined),
		);
		const made: string[] = [];
		const kek = archived.get(parts.kek);
		if (kekFile === undefined && existingKek === undefined) {
			if (kek === undefined) throw damaged(parts.kek, 'is missing');
			(await store.createKek(Uint8Array.from(kek))).fill(0);
			made.push(`Secret ${vault}-kek`);
		}
		if (existingKey === undefined) {
			await store.createKey(key);
			made.push(`Secret ${vault}-keys-${version}`);
		}
		return made;
	} finally {
		existingKek?.fill(0);
	}
}

/** @param existing names of what is there already */
async function tryKeys(manifest: Manifest, together: Parts, kekFile: string | undefined, existing: readonly string[]): Promise<void> {
	try {
		(await openArchivedKeys(manifest, together, kekFile))[Symbol.dispose]();
	} catch (error) {
		if (existing.length === 0 || !(error instanceof VaultError)) throw error;
		const message = `what exists stays, and does not go with the archive: ${existing.join(', ')}`;
		throw new BackupError('NameTaken', message, { cause: error });
	}
}

function archivedKey(archived: Parts, version: number): KeySecret {
	const part = (file: string) => {
		const name = parts.key(version, file);
		const bytes = archived.get(name);
		if (bytes === undefined) throw damaged(name, 'is missing');
		return bytes;
	};
	return {
		sealedSecretKey: part(keyFileNames.secretKey),
		sealedTeamSecret: part(keyFileNames.teamSecret),
		description: parseKeyDescription(Buffer.from(part(keyFileNames.description)).toString('utf8')),
	};
}

/** The RuneVault that is there stays as it is: its spec is its user's. */
async function ensureVault(
	archived: Parts,
	{ transport, namespace, vault }: RestoreOptions,
): Promise<{ owner: OwnerReference; isNew: boolean }> {
	const bytes = archived.get(parts.resource);
	if (bytes === undefined) throw damaged(parts.resource, 'is missing');
	const { metadata, spec } = Object(parseJson(parts.resource, bytes));
	const { labels, annotations } = Object(metadata);
	const body = {
		apiVersion: apiVersionOf(vaults),
		kind: vaults.kind,
		metadata: { name: vault, namespace, ...(labels && { labels }), ...(annotations && { annotations }) },
		spec,
	};
	const place = { namespace, name: vault };
	const existing = await get(transport, vaults, place);
	let object = existing;
	try {
		object ??= await create(transport, vaults, body, { fieldManager: FIELD_MANAGER });
	} catch (error) {
		if (!isAlreadyExists(error)) throw error;
		object = await get(transport, vaults, place);
	}
	if (object?.metadata.uid === undefined || object.metadata.deletionTimestamp !== undefined) {
		throw new BackupError('NameTaken', `RuneVault ${vault} is being deleted`);
	}
	const owner = { apiVersion: apiVersionOf(vaults), kind: vaults.kind, name: vault, uid: object.metadata.uid };
	return { owner: { ...owner, controller: true, blockOwnerDeletion: false }, isNew: existing === undefined };
}

/** @returns whether it had to be written */
async function restoreSecret(
	secret: SecretSnapshot,
	owner: OwnerReference,
	{ transport, namespace, vault }: RestoreOptions,
): Promise<boolean> {
	const { name, type, labels, annotations, data } = secret;
	const existing = await get(transport, resources.secrets, { namespace, name });
	if (existing !== undefined && !isOurs(existing, vault)) {
		throw new BackupError('NameTaken', `Secret ${name} exists and is not of RuneVault ${vault}; it stays`);
	}
	if (existing !== undefined && isSame(existing, secret, owner)) return false;
	const ownerReferences = secret.owner === 'RuneVault' ? { ownerReferences: [owner] } : {};
	const metadata = { name, namespace, labels, annotations, ...ownerReferences };
	const object = { apiVersion: 'v1', kind: 'Secret', metadata, type, data };
	await apply(transport, resources.secrets, object, { fieldManager: OPERATOR, force: true });
	return true;
}

const isOurs = ({ metadata }: KubeObject, vault: string): boolean => metadata.labels?.[VAULT_LABEL] === vault;

/** Of a Secret that is to go with the RuneVault also whether it would go with this one. */
function isSame({ metadata, data }: KubeObject, secret: SecretSnapshot, owner: OwnerReference): boolean {
	const isOwned = secret.owner === 'None' || metadata.ownerReferences?.some(({ uid }) => uid === owner.uid) === true;
	const found = Object(data);
	return isOwned && Object.entries(secret.data).every(([key, value]) => found[key] === value);
}
