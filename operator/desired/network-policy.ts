/**
 * NetworkPolicy `<name>`: the public port for whoever the spec names, the internal port for the operator and for Prometheus. It filters
 * by port, which is why probes and metrics have a port of their own.
 */
import type { KubeObject } from '../../kube/resources.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf, selectorOf } from './metadata.ts';
import { INTERNAL_PORT, LABELS, MANAGER, namesOf, PUBLIC_PORT } from './names.ts';

const ports = (port: number) => [{ protocol: 'TCP', port }];

export function buildNetworkPolicy(vault: CheckedVault, inputs: Inputs): KubeObject | undefined {
	const { networkPolicy, monitoring } = vault.spec;
	if (networkPolicy.state !== 'Enabled') return undefined;
	const operator = {
		namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': inputs.operatorNamespace } },
		podSelector: { matchLabels: { [LABELS.name]: MANAGER } },
	};
	const prometheus = { namespaceSelector: {}, podSelector: { matchLabels: { [LABELS.name]: 'prometheus' } } };
	return {
		apiVersion: 'networking.k8s.io/v1',
		kind: 'NetworkPolicy',
		metadata: metadataOf(vault, inputs, namesOf(vault.name).workload, 'vault'),
		spec: {
			podSelector: { matchLabels: selectorOf(vault) },
			policyTypes: ['Ingress'],
			ingress: [
				{ ports: ports(PUBLIC_PORT), ...(networkPolicy.from === undefined ? {} : { from: networkPolicy.from }) },
				{ ports: ports(INTERNAL_PORT), from: [operator, ...(monitoring.serviceMonitor === 'Disabled' ? [] : [prometheus])] },
			],
		},
	};
}
