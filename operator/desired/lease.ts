/** Lease `<name>-primary`: its holder is the primary, `leaseTransitions` the epoch. The operator makes it; the pods fill it in. */
import type { KubeObject } from '../../kube/resources.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf } from './metadata.ts';
import { namesOf } from './names.ts';

export function buildLease(vault: CheckedVault, inputs: Inputs): KubeObject {
	return {
		apiVersion: 'coordination.k8s.io/v1',
		kind: 'Lease',
		metadata: metadataOf(vault, inputs, namesOf(vault.name).lease, 'vault'),
	};
}
