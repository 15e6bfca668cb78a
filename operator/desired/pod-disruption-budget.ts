/** PodDisruptionBudget `<name>`: one pod at a time, and only where there is another: with one replica it would block every drain. */
import type { KubeObject } from '../../kube/resources.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf, selectorOf } from './metadata.ts';
import { namesOf } from './names.ts';

export function buildPodDisruptionBudget(vault: CheckedVault, inputs: Inputs): KubeObject | undefined {
	if (vault.spec.replicas < 2) return undefined;
	return {
		apiVersion: 'policy/v1',
		kind: 'PodDisruptionBudget',
		metadata: metadataOf(vault, inputs, namesOf(vault.name).workload, 'vault'),
		spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(vault) }, unhealthyPodEvictionPolicy: 'AlwaysAllow' },
	};
}
