/**
 * What the Vault pods and the keygen Job may do, by name of object: the pods the Lease, the EndpointSlice and the ledger, the Job the two key
 * Secrets and the canaries. `create` cannot be bound to a name, so only the short-lived Job has it, and its Role goes when it is done. A Secret to
 * import from, and a KEK that is a file, are mounted by the kubelet: the Job needs no right to either.
 */
import type { KubeObject } from '../../kube/resources.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { type Component, metadataOf } from './metadata.ts';
import { namesOf } from './names.ts';

type Rule = { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] };

function account(vault: CheckedVault, inputs: Inputs, name: string, component: Component): KubeObject {
	return {
		apiVersion: 'v1',
		kind: 'ServiceAccount',
		metadata: metadataOf(vault, inputs, name, component),
		automountServiceAccountToken: false,
	};
}

function role(vault: CheckedVault, inputs: Inputs, name: string, component: Component, rules: Rule[]): KubeObject {
	return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: metadataOf(vault, inputs, name, component), rules };
}

function binding(vault: CheckedVault, inputs: Inputs, name: string, component: Component): KubeObject {
	return {
		apiVersion: 'rbac.authorization.k8s.io/v1',
		kind: 'RoleBinding',
		metadata: metadataOf(vault, inputs, name, component),
		roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
		subjects: [{ kind: 'ServiceAccount', name, namespace: vault.namespace }],
	};
}

/** ServiceAccount, Role and RoleBinding of the Vault pods. */
export function buildVaultAccess(vault: CheckedVault, inputs: Inputs): KubeObject[] {
	const { workload, lease, endpointSlice, ledger } = namesOf(vault.name);
	const rules: Rule[] = [
		{
			apiGroups: ['coordination.k8s.io'],
			resources: ['leases'],
			resourceNames: [lease],
			verbs: ['get', 'list', 'watch', 'update'],
		},
		{
			apiGroups: ['discovery.k8s.io'],
			resources: ['endpointslices'],
			resourceNames: [endpointSlice],
			verbs: ['get', 'list', 'watch', 'patch'],
		},
		{ apiGroups: [''], resources: ['configmaps'], resourceNames: [ledger], verbs: ['get', 'patch'] },
	];
	return [
		account(vault, inputs, workload, 'vault'),
		role(vault, inputs, workload, 'vault', rules),
		binding(vault, inputs, workload, 'vault'),
	];
}

/** The same of the keygen Job, for as long as it is wanted. */
export function buildKeygenAccess(vault: CheckedVault, inputs: Inputs): KubeObject[] {
	if (!inputs.isKeygenWanted) return [];
	const { keygen, keySecret, kekSecret, canaries } = namesOf(vault.name);
	const read = vault.spec.keys.kek.type === 'File' ? [keySecret] : [keySecret, kekSecret];
	const rules: Rule[] = [
		{ apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: ['create'] },
		{ apiGroups: [''], resources: ['secrets'], resourceNames: read, verbs: ['get'] },
		{ apiGroups: [''], resources: ['configmaps'], resourceNames: [canaries], verbs: ['get'] },
	];
	return [account(vault, inputs, keygen, 'keygen'), role(vault, inputs, keygen, 'keygen', rules), binding(vault, inputs, keygen, 'keygen')];
}
