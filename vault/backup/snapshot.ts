/**
 * Reads from the cluster what an archive holds: the RuneVault, its keys as they lie sealed in their Secrets, the KEK, the tokens, the
 * verifiers, the CA when there is one, and one canary, by which a drill tells that the key decrypts what the vault's does.
 *
 * Nothing goes into an archive that could not be restored: the key is opened once, and compared with its fingerprint, before.
 */
import { z } from 'zod';
import { resource as vaults } from '../../crds/runevault.ts';
import { get } from '../../kube/objects.ts';
import { type KubeObject, type Resource, resources } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { keyFileNames, parseKeyDescription } from '../keys/key-files.ts';
import { BackupError } from './backup-error.ts';
import { type Description, parts } from './manifest.ts';
import { openArchivedKeys } from './opened.ts';
import type { SecretSnapshot } from './secret.ts';

const KEY_VERSION = 1;

const dataSchema = z.record(z.string(), z.string());

export type SnapshotOptions = {
	transport: Transport;
	namespace: string;
	vault: string;
	/** Of a KEK that is a file: only to see whether it opens the key. */
	kekFile: string | undefined;
	writtenBy: string;
	now: Date;
};

export type Snapshot = { description: Description; parts: Map<string, Uint8Array> };

/** @throws BackupError `KeyMissing`, `KeyUnopened`; KubeError */
export async function takeSnapshot(options: SnapshotOptions): Promise<Snapshot> {
	const { transport, namespace, vault, kekFile } = options;
	const find = (resource: Resource, name: string) => get(transport, resource, { namespace, name });
	const need = async (resource: Resource, name: string): Promise<KubeObject> => {
		const object = await find(resource, name);
		if (object === undefined) throw new BackupError('KeyMissing', `${resource.kind} ${name} is not there`);
		return object;
	};
	const taken = new Map<string, Uint8Array>();
	const resource = await need(vaults, vault);
	taken.set(parts.resource, json(portable(resource)));
	const keySecret = await need(resources.secrets, `${vault}-keys-${KEY_VERSION}`);
	for (const file of Object.values(keyFileNames)) taken.set(parts.key(KEY_VERSION, file), entry(keySecret, file));
	if (kekFile === undefined) taken.set(parts.kek, entry(await need(resources.secrets, `${vault}-kek`), 'kek'));
	const verifiers = await need(resources.secrets, `${vault}-verifiers`);
	taken.set(parts.verifiers, entry(verifiers, 'verifiers.json'));
	for (const token of tokenNames(resource)) {
		const secret = await find(resources.secrets, `${vault}-token-${token}`);
		if (secret !== undefined) taken.set(parts.token(token), json(snapshotOf(secret)));
	}
	const ca = await find(resources.secrets, `${vault}-ca`);
	if (ca !== undefined) taken.set(parts.ca, json(snapshotOf(ca)));
	addCanary(taken, await need(resources.configMaps, `${vault}-canaries`));
	const { team, dimension, fingerprint } = parseKeyDescription(
		Buffer.from(taken.get(parts.key(KEY_VERSION, keyFileNames.description)) ?? []).toString('utf8'),
	);
	const description: Description = {
		...{ vault, namespace, team, dimension, fingerprint, keyVersions: [KEY_VERSION] },
		createdAt: options.now.toISOString(),
		kek: kekFile === undefined ? 'Secret' : 'File',
		writtenBy: options.writtenBy,
	};
	(await openArchivedKeys(description, taken, kekFile))[Symbol.dispose]();
	return { description, parts: taken };
}

/** The RuneVault as it can be applied again, here or elsewhere. */
function portable({ apiVersion, kind, metadata, spec }: KubeObject): KubeObject {
	const { name, labels, annotations } = metadata;
	const kept = Object.entries(annotations ?? {}).filter(([key]) => !key.startsWith('kubectl.kubernetes.io/'));
	return {
		apiVersion,
		kind,
		metadata: {
			name,
			...(labels === undefined ? {} : { labels }),
			...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }),
		},
		spec,
	};
}

function snapshotOf(secret: KubeObject): SecretSnapshot {
	const { name, annotations = {}, labels = {}, ownerReferences = [] } = secret.metadata;
	const { 'runevault.io/applied': _, ...kept } = annotations;
	const owner = ownerReferences.some(({ kind }) => kind === vaults.kind) ? 'RuneVault' : 'None';
	return { name, type: String(secret.type ?? 'Opaque'), owner, labels, annotations: kept, data: dataSchema.parse(secret.data ?? {}) };
}

const nameSchema = z.object({ name: z.string() });

/** Of the spec as it is, with the default of the API when it names none. */
function tokenNames({ spec }: KubeObject): string[] {
	const tokens: unknown = Object(Object(spec).access).tokens;
	if (!Array.isArray(tokens)) return ['team'];
	return tokens.flatMap(token => nameSchema.safeParse(token).data?.name ?? []);
}

function addCanary(taken: Map<string, Uint8Array>, map: KubeObject): void {
	const blob = dataSchema.safeParse(map.binaryData).data?.['0.bin'];
	const answers = z.object({ 0: z.string() }).safeParse(JSON.parse(dataSchema.safeParse(map.data).data?.['answers.json'] ?? '{}')).data;
	if (blob === undefined || answers === undefined) throw new BackupError('KeyMissing', `ConfigMap ${map.metadata.name} has no canary 0`);
	taken.set(parts.canary, Buffer.from(blob, 'base64'));
	taken.set(parts.answer, Buffer.from(answers[0]));
}

function entry(secret: KubeObject, key: string): Buffer {
	const value = dataSchema.safeParse(secret.data).data?.[key];
	if (value === undefined) throw new BackupError('KeyMissing', `Secret ${secret.metadata.name} has no ${key}`);
	return Buffer.from(value, 'base64');
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value, undefined, 2));
