/**
 * The two Services and the route of the first.
 *
 * Service `<name>` has no selector: its EndpointSlice `<name>-primary` is filled in by the pod that holds the Lease. The operator applies
 * only what around it does not change, so that neither overwrites the other.
 */
import type { KubeObject } from '../../kube/resources.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf, selectorOf } from './metadata.ts';
import { INTERNAL_PORT, namesOf, PUBLIC_PORT } from './names.ts';

const publicPort = { name: 'mcp', port: PUBLIC_PORT, protocol: 'TCP', appProtocol: 'http' };
const internalPort = { name: 'internal', port: INTERNAL_PORT, protocol: 'TCP', appProtocol: 'http' };
const target = <P extends { name: string }>(port: P) => ({ ...port, targetPort: port.name });

/** For clients: whoever is primary. */
export function buildService(vault: CheckedVault, inputs: Inputs): KubeObject {
	return {
		apiVersion: 'v1',
		kind: 'Service',
		metadata: metadataOf(vault, inputs, namesOf(vault.name).service, 'vault'),
		spec: { type: 'ClusterIP', ports: [{ ...publicPort, targetPort: PUBLIC_PORT }] },
	};
}

/** Headless: stable names for pods, and what Prometheus scrapes. */
export function buildPodService(vault: CheckedVault, inputs: Inputs): KubeObject {
	return {
		apiVersion: 'v1',
		kind: 'Service',
		metadata: metadataOf(vault, inputs, namesOf(vault.name).podService, 'pods'),
		spec: {
			type: 'ClusterIP',
			clusterIP: 'None',
			publishNotReadyAddresses: true,
			selector: selectorOf(vault),
			ports: [target(publicPort), target(internalPort)],
		},
	};
}

export function buildEndpointSlice(vault: CheckedVault, inputs: Inputs): KubeObject {
	const names = namesOf(vault.name);
	const labels = { 'kubernetes.io/service-name': names.service, 'endpointslice.kubernetes.io/managed-by': 'runevault.io' };
	return {
		apiVersion: 'discovery.k8s.io/v1',
		kind: 'EndpointSlice',
		metadata: metadataOf(vault, inputs, names.endpointSlice, 'vault', { labels }),
		addressType: 'IPv4',
		ports: [publicPort],
	};
}
