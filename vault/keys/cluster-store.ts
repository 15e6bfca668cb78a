/**
 * Where keygen keeps what it makes: Secrets `<name>-kek` and `<name>-keys-<version>`, ConfigMap `<name>-canaries`. The key Secret and
 * the KEK have no owner, so that nothing is lost with the RuneVault; the canaries go with it.
 *
 * The API speaks JSON, so the KEK of a Secret is text on its way in and out of here, which nothing can wipe. All else of a key is sealed by
 * then. With the KEK in a file (kek.ts) no key byte is ever text.
 */
import { z } from 'zod';
import { VaultError } from '../../fhe/errors.ts';
import { isAlreadyExists } from '../../kube/errors.ts';
import { create, get } from '../../kube/objects.ts';
import { type KubeObject, type OwnerReference, type Resource, resources } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import type { KeySecret, KeyStore } from './generate.ts';
import { keyFileNames, parseKeyDescription } from './key-files.ts';
import { KeygenError } from './keygen-error.ts';

export type ClusterStoreOptions = {
	transport: Transport;
	namespace: string;
	/** Name of the RuneVault. */
	vault: string;
	labels: Record<string, string>;
	owner?: OwnerReference;
};

const FINGERPRINT_ANNOTATION = 'runevault.io/fingerprint';
const KEY_TYPE = 'runevault.io/fhe-key';

const dataSchema = z.record(z.string(), z.string());

export function clusterKeyStore({ transport, namespace, vault, labels, owner }: ClusterStoreOptions): KeyStore {
	const read = (resource: Resource, name: string) => get(transport, resource, { namespace, name });
	/** What exists afterwards: ours, or what another run created first. */
	const ensure = async (resource: Resource, object: KubeObject): Promise<KubeObject> => {
		try {
			return await create(transport, resource, object, { fieldManager: 'runevault-keygen' });
		} catch (error) {
			const existing = isAlreadyExists(error) ? await read(resource, object.metadata.name) : undefined;
			if (existing === undefined) throw error;
			return existing;
		}
	};
	const kekName = `${vault}-kek`;
	const keyName = (version: number) => `${vault}-keys-${version}`;
	const canariesName = `${vault}-canaries`;

	return {
		async kek() {
			const secret = await read(resources.secrets, kekName);
			return secret && readKekSecret(secret);
		},
		async createKek(kek) {
			const created = await ensure(resources.secrets, {
				apiVersion: 'v1',
				kind: 'Secret',
				metadata: { name: kekName, namespace, labels },
				type: 'Opaque',
				immutable: true,
				data: { kek: base64(kek) },
			});
			return readKekSecret(created);
		},
		async key(version) {
			const secret = await read(resources.secrets, keyName(version));
			return secret && readKeySecret(secret);
		},
		async createKey(key) {
			const created = await ensure(resources.secrets, {
				apiVersion: 'v1',
				kind: 'Secret',
				metadata: {
					name: keyName(key.description.version),
					namespace,
					labels,
					annotations: { [FINGERPRINT_ANNOTATION]: key.description.fingerprint },
				},
				type: KEY_TYPE,
				immutable: true,
				data: {
					[keyFileNames.secretKey]: base64(key.sealedSecretKey),
					[keyFileNames.teamSecret]: base64(key.sealedTeamSecret),
					[keyFileNames.description]: base64(Buffer.from(JSON.stringify(key.description))),
				},
			});
			return readKeySecret(created);
		},
		hasCanaries: async () => (await read(resources.configMaps, canariesName)) !== undefined,
		async createCanaries(blobs, answers) {
			await ensure(resources.configMaps, {
				apiVersion: 'v1',
				kind: 'ConfigMap',
				metadata: { name: canariesName, namespace, labels, ...(owner === undefined ? {} : { ownerReferences: [owner] }) },
				data: { 'answers.json': JSON.stringify(answers) },
				binaryData: Object.fromEntries(blobs.map((blob, i) => [`${i}.bin`, base64(blob)])),
			});
		},
	};
}

/** Labels get lost, so what is there counts as ours as long as it is a KEK. */
function readKekSecret(secret: KubeObject): Uint8Array {
	const kek = find(secret, 'kek');
	if (kek?.length === 32) return kek;
	kek?.fill(0);
	throw new KeygenError('KekSecretTaken', `Secret ${secret.metadata.name}: kek must have 32 bytes`);
}

function readKeySecret(secret: KubeObject): KeySecret {
	return {
		sealedSecretKey: entry(secret, keyFileNames.secretKey),
		sealedTeamSecret: entry(secret, keyFileNames.teamSecret),
		description: parseKeyDescription(entry(secret, keyFileNames.description).toString('utf8')),
	};
}

function entry(secret: KubeObject, name: string): Buffer {
	const value = find(secret, name);
	if (value === undefined) throw new VaultError('key_missing', `Secret ${secret.metadata.name} has no ${name}`);
	return value;
}

function find(secret: KubeObject, name: string): Buffer | undefined {
	const value = dataSchema.safeParse(secret.data).data?.[name];
	return value === undefined ? undefined : Buffer.from(value, 'base64');
}

function base64(bytes: Uint8Array): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
