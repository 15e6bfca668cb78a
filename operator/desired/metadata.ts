/** Labels and owner of every object a builder makes. */
import type { KubeObject } from '../../kube/resources.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { LABELS, MANAGER } from './names.ts';

export type Component = 'vault' | 'pods' | 'keygen' | 'token' | 'access' | 'config' | 'tls' | 'backup' | 'drill' | 'restore';

/** What selects the Vault pods. Immutable in a StatefulSet, so it holds nothing that could ever change. */
export const selectorOf = (vault: CheckedVault): Record<string, string> => ({
	[LABELS.vault]: vault.name,
	[LABELS.component]: 'vault',
});

/** Labels that survive an upgrade of the operator unchanged, as pod templates need them. */
export const stableLabels = (vault: CheckedVault, component: Component): Record<string, string> => ({
	[LABELS.name]: 'runevault-vault',
	[LABELS.component]: component,
	[LABELS.managedBy]: MANAGER,
	[LABELS.partOf]: MANAGER,
	[LABELS.vault]: vault.name,
});

/** The owner, by which the garbage collector removes what is owned. */
export const ownerOf = (vault: CheckedVault) => ({
	apiVersion: 'runevault.io/v1alpha1',
	kind: 'RuneVault',
	name: vault.name,
	uid: vault.uid,
	controller: true,
	blockOwnerDeletion: true,
});

/** Metadata of an owned object. */
export function metadataOf(
	vault: CheckedVault,
	inputs: Pick<Inputs, 'version'>,
	name: string,
	component: Component,
	extra: { labels?: Record<string, string>; annotations?: Record<string, string> } = {},
): KubeObject['metadata'] {
	return {
		name,
		namespace: vault.namespace,
		labels: { ...extra.labels, ...stableLabels(vault, component), [LABELS.version]: inputs.version },
		...(extra.annotations === undefined ? {} : { annotations: extra.annotations }),
		ownerReferences: [ownerOf(vault)],
	};
}
