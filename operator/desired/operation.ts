/**
 * What a RuneVaultBackup or RuneVaultRestore owns while it is under way: a Job of the vault image and, where it asks the API server, the rights
 * to what it needs. All of it is called like the operation, and its rights go as soon as it is done.
 */
import type { KubeObject, OwnerReference } from '../../kube/resources.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { buildVaultJob, TERMINATION_LOG } from './job.ts';
import { type Component, stableLabels } from './metadata.ts';
import { LABELS, PATHS } from './names.ts';
import { nodeFlags } from './permission.ts';
import * as pod from './pod.ts';

export type OperationInputs = Pick<Inputs, 'image' | 'version'>;

/** Who owns it, and for which vault it runs. */
export type Operation = {
	kind: 'RuneVaultBackup' | 'RuneVaultRestore';
	name: string;
	uid: string;
	/** Of a vault that is gone, one with the defaults. */
	vault: CheckedVault;
};

export type Rule = { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] };
export type Volume = { volume: object; mount: { name: string; mountPath: string; readOnly?: boolean } };

export type JobPart = {
	/** Of the Job, its account and rights. */
	name: string;
	component: Component;
	args: string[];
	volumes: Volume[];
	/** None: the pod cannot ask the API server. */
	rules?: Rule[];
};

const ownerOf = ({ kind, name, uid }: Operation): OwnerReference => ({
	...{ apiVersion: 'runevault.io/v1alpha1', kind, name, uid },
	...{ controller: true, blockOwnerDeletion: false },
});

function metadataOf(operation: Operation, { version }: OperationInputs, name: string, component: Component): KubeObject['metadata'] {
	const labels = { ...stableLabels(operation.vault, component), [LABELS.version]: version };
	return { name, namespace: operation.vault.namespace, labels, ownerReferences: [ownerOf(operation)] };
}

/** The Job, after what it needs. */
export function buildOperation(operation: Operation, inputs: OperationInputs, part: JobPart): KubeObject[] {
	const { vault } = operation;
	const { name, component, rules } = part;
	const metadata = metadataOf(operation, inputs, name, component);
	const rbac = 'rbac.authorization.k8s.io';
	const access: KubeObject[] =
		rules === undefined
			? []
			: [
					{ apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false },
					{ apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules },
					{
						apiVersion: `${rbac}/v1`,
						kind: 'RoleBinding',
						metadata,
						roleRef: { apiGroup: rbac, kind: 'Role', name },
						subjects: [{ kind: 'ServiceAccount', name, namespace: vault.namespace }],
					},
				];
	return [...access, buildJob(operation, inputs, part, metadata)];
}

function buildJob(operation: Operation, inputs: OperationInputs, part: JobPart, metadata: KubeObject['metadata']): KubeObject {
	const { vault } = operation;
	const { name, component, args, volumes, rules } = part;
	return buildVaultJob(vault, inputs, {
		metadata,
		component,
		serviceAccountName: rules === undefined ? undefined : name,
		flags: flagsOf(part),
		args,
		env: [
			{ name: 'POD_NAMESPACE', value: vault.namespace },
			{ name: 'OWNED_LABELS', value: JSON.stringify(stableLabels(vault, component === 'restore' ? 'keygen' : component)) },
			{ name: 'OWNER_REFERENCE', value: JSON.stringify(ownerOf(operation)) },
		],
		volumes: volumes.map(({ volume }) => volume),
		mounts: volumes.map(({ mount }) => mount),
		ttlSeconds: 3600,
	});
}

/** What it may touch is what is mounted. */
function flagsOf({ volumes }: JobPart): string[] {
	const folders = (isReadOnly: boolean) =>
		volumes.filter(({ mount }) => (mount.readOnly === true) === isReadOnly).map(({ mount }) => `${mount.mountPath}/`);
	return nodeFlags([TERMINATION_LOG, ...folders(false)], folders(true));
}

/** The KEK of a vault that keeps it in a file. */
export const kekOption = (vault: CheckedVault): Pick<JobPart, 'args' | 'volumes'> =>
	vault.spec.keys.kek.type === 'File'
		? { args: ['--kek', pod.kekFile(vault)], volumes: [{ volume: pod.kekVolume(vault), mount: pod.mount('kek', PATHS.kek) }] }
		: { args: [], volumes: [] };

/** One entry of a Secret as a file. */
export function secretVolume(name: string, secretName: string, mountPath: string, ...keys: string[]): Volume {
	const items = keys.map(key => ({ key, path: key }));
	return { volume: { name, secret: { secretName, items, defaultMode: 0o440 } }, mount: pod.mount(name, mountPath) };
}
