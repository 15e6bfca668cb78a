/** A folder of a node on this machine as a volume of the cluster: what is written there can be read here. */
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { running } from '../cluster/paths.ts';
import { applyManifest } from './installation.ts';
import type { Kubectl } from './kubectl.ts';

const NODE = 'node1';
const SIZE = '64Mi';

/** Makes a PersistentVolume and a storage class's name, both `name`. @returns the folder, as this machine sees it */
export async function makeVolume(kubectl: Kubectl, name: string): Promise<string> {
	// Inside its box the node has this folder as its own /var/log.
	const folder = join(running.node(NODE), 'own', 'var', 'log', name);
	await mkdir(folder, { recursive: true });
	await chmod(folder, 0o770);
	const hostname = { key: 'kubernetes.io/hostname', operator: 'In', values: [NODE] };
	await applyManifest(kubectl, {
		apiVersion: 'v1',
		kind: 'PersistentVolume',
		metadata: { name },
		spec: {
			capacity: { storage: SIZE },
			accessModes: ['ReadWriteOnce'],
			storageClassName: name,
			local: { path: `/var/log/${name}` },
			nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [hostname] }] } },
		},
	});
	return folder;
}

/** Takes the PersistentVolume away; the folder stays as it is. */
export const removeVolume = (kubectl: Kubectl, name: string): Promise<string> =>
	kubectl(['delete', 'persistentvolume', name, '--ignore-not-found', '--timeout=30s']);

/** Claims the whole volume for a namespace. */
export const claimVolume = (kubectl: Kubectl, volume: string, namespace: string, name: string): Promise<void> =>
	applyManifest(kubectl, {
		apiVersion: 'v1',
		kind: 'PersistentVolumeClaim',
		metadata: { namespace, name },
		spec: { accessModes: ['ReadWriteOnce'], storageClassName: volume, resources: { requests: { storage: SIZE } } },
	});
