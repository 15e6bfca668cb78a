/**
 * The two Services and the route of the first.
 *
 * With `routing: Primary`, Service `<name>` has no selector: its EndpointSlice `<name>-primary` is filled in by the pod that holds the Lease.
 * The operator applies only what around it does not change, so that neither overwrites the other. With `routing: AllReady` it has one, and
 * Kubernetes routes to every ready pod; our slice stays until that has happened, so that a change of routing loses no call.
 */
import type { KubeObject } from '../../kube/resources.ts';
import { isPublicTls } from './certificate.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf, selectorOf } from './metadata.ts';
import { INTERNAL_PORT, LABELS, namesOf, PUBLIC_PORT, SLICE_MANAGER, SLICE_SERVICE } from './names.ts';
import { traefikName } from './traefik.ts';

/** `appProtocol` tells proxies how to speak to the pods; Gateways go by it. */
const publicPort = (vault: CheckedVault) => ({
	name: 'mcp',
	port: PUBLIC_PORT,
	protocol: 'TCP',
	appProtocol: isPublicTls(vault) ? 'https' : 'http',
});
const internalPort = { name: 'internal', port: INTERNAL_PORT, protocol: 'TCP', appProtocol: 'https' };
const target = <P extends { name: string }>(port: P) => ({ ...port, targetPort: port.name });

/** Traefik goes by annotations of the Service when an Ingress leads to it. */
function traefikAnnotations(vault: CheckedVault, inputs: Inputs): Record<string, string> {
	const transport = traefikName(vault, inputs);
	return {
		...(isPublicTls(vault) ? { 'traefik.ingress.kubernetes.io/service.serversscheme': 'https' } : {}),
		...(transport === undefined ? {} : { 'traefik.ingress.kubernetes.io/service.serverstransport': transport }),
	};
}

/** For clients: whoever is primary, or every ready pod. */
export function buildService(vault: CheckedVault, inputs: Inputs): KubeObject {
	const annotations = traefikAnnotations(vault, inputs);
	const scheme = Object.keys(annotations).length > 0 ? { annotations } : {};
	return {
		apiVersion: 'v1',
		kind: 'Service',
		metadata: metadataOf(vault, inputs, namesOf(vault.name).service, 'vault', scheme),
		spec: {
			type: 'ClusterIP',
			ports: [{ ...publicPort(vault), targetPort: PUBLIC_PORT }],
			...(vault.spec.routing === 'AllReady' ? { selector: selectorOf(vault) } : {}),
		},
	};
}

/** Headless: stable names for pods, and what Prometheus scrapes. */
export function buildPodService(vault: CheckedVault, inputs: Inputs): KubeObject {
	const labels: Record<string, string> = vault.spec.monitoring.serviceMonitor === 'Shared' ? { [LABELS.monitor]: 'shared' } : {};
	return {
		apiVersion: 'v1',
		kind: 'Service',
		metadata: metadataOf(vault, inputs, namesOf(vault.name).podService, 'pods', { labels }),
		spec: {
			type: 'ClusterIP',
			clusterIP: 'None',
			publishNotReadyAddresses: true,
			selector: selectorOf(vault),
			ports: [target(publicPort(vault)), target(internalPort)],
		},
	};
}

export function buildEndpointSlice(vault: CheckedVault, inputs: Inputs): KubeObject | undefined {
	if (vault.spec.routing === 'AllReady' && inputs.hasPodRoute) return undefined;
	const names = namesOf(vault.name);
	const labels = { [SLICE_SERVICE]: names.service, [SLICE_MANAGER]: 'runevault.io' };
	return {
		apiVersion: 'discovery.k8s.io/v1',
		kind: 'EndpointSlice',
		metadata: metadataOf(vault, inputs, names.endpointSlice, 'vault', { labels }),
		addressType: 'IPv4',
		ports: [publicPort(vault)],
	};
}
