/**
 * ConfigMap `<name>-ledger`: the account of released bits, which the pods fill in. The operator makes it, and keeps in it what the status
 * tells, below which the account never falls, whoever deletes or edits it. Like the key whose account it is, it has no owner: both outlive the
 * RuneVault, and are found again by the next one of that name.
 */
import { floorField } from '../../crds/ledger.ts';
import type { KubeObject } from '../../kube/resources.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf } from './metadata.ts';
import { namesOf } from './names.ts';

export function buildLedger(vault: CheckedVault, inputs: Inputs): KubeObject {
	const { ownerReferences: _, ...metadata } = metadataOf(vault, inputs, namesOf(vault.name).ledger, 'vault');
	const { fingerprint, releasedBits } = inputs;
	const floor =
		fingerprint === undefined || releasedBits === undefined ? {} : { data: { [floorField(fingerprint)]: String(releasedBits) } };
	return { apiVersion: 'v1', kind: 'ConfigMap', metadata, ...floor };
}
