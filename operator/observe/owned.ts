/** The kinds a RuneVault owns, where each lives in the API, and whose object one is. */
import { type KubeObject, type Resource, resources } from '../../kube/resources.ts';
import { LABELS, MANAGER } from '../desired/names.ts';
import * as views from './views.ts';

const serviceMonitors: Resource = {
	group: 'monitoring.coreos.com',
	version: 'v1',
	plural: 'servicemonitors',
	kind: 'ServiceMonitor',
	namespaced: true,
};

const certificates: Resource = {
	group: 'cert-manager.io',
	version: 'v1',
	plural: 'certificates',
	kind: 'Certificate',
	namespaced: true,
};

const ofGateways = (plural: string, kind: string): Resource => ({
	group: 'gateway.networking.k8s.io',
	version: 'v1',
	plural,
	kind,
	namespaced: true,
});

const ofTraefik = (plural: string, kind: string): Resource => ({
	group: 'traefik.io',
	version: 'v1alpha1',
	plural,
	kind,
	namespaced: true,
});

type WatchedKind = {
	resource: Resource;
	/** Ask the server for metadata alone: of Secrets, no byte of content ever reaches the operator's caches. */
	metadataOnly?: true;
	project: (object: KubeObject) => KubeObject;
};

const metadata = (resource: Resource): WatchedKind => ({ resource, metadataOnly: true, project: views.projection() });
const some = (resource: Resource, keep: (object: KubeObject) => Record<string, unknown>): WatchedKind => ({
	resource,
	project: views.projection(keep),
});

/** Everything that is watched by the label `managed-by`, by kind. Pods and ServiceMonitors apart, the operator writes all of them. */
export const WATCHED = {
	BackendTLSPolicy: metadata(ofGateways('backendtlspolicies', 'BackendTLSPolicy')),
	Certificate: metadata(certificates),
	ConfigMap: some(resources.configMaps, views.keepOfConfigMap),
	EndpointSlice: some(resources.endpointSlices, views.keepOfEndpointSlice),
	HTTPRoute: metadata(ofGateways('httproutes', 'HTTPRoute')),
	Ingress: metadata(resources.ingresses),
	Job: some(resources.jobs, views.keepOfJob),
	Lease: some(resources.leases, views.keepOfLease),
	Middleware: metadata(ofTraefik('middlewares', 'Middleware')),
	NetworkPolicy: metadata(resources.networkPolicies),
	Pod: some(resources.pods, views.keepOfPod),
	PodDisruptionBudget: metadata(resources.podDisruptionBudgets),
	Role: metadata(resources.roles),
	RoleBinding: metadata(resources.roleBindings),
	Secret: metadata(resources.secrets),
	ServersTransport: metadata(ofTraefik('serverstransports', 'ServersTransport')),
	Service: metadata(resources.services),
	ServiceAccount: metadata(resources.serviceAccounts),
	ServiceMonitor: metadata(serviceMonitors),
	StatefulSet: some(resources.statefulSets, views.keepOfStatefulSet),
} as const satisfies Record<string, WatchedKind>;

export type OwnedKind = keyof typeof WATCHED;
export const OWNED_KINDS = Object.keys(WATCHED) as OwnedKind[];

/** Kinds of others, which a cluster may learn and forget at any time. */
export const OPTIONAL_KINDS = [
	'BackendTLSPolicy',
	'Certificate',
	'HTTPRoute',
	'Middleware',
	'ServersTransport',
	'ServiceMonitor',
] as const satisfies OwnedKind[];
export type OptionalKind = (typeof OPTIONAL_KINDS)[number];

export const isOwnedKind = (kind: string): kind is OwnedKind => Object.hasOwn(WATCHED, kind);

/** @throws Error for a kind the operator does not own: a fault of ours. */
export function resourceOf(kind: string): Resource {
	if (!isOwnedKind(kind)) throw new Error(`the operator owns no ${kind}`);
	return WATCHED[kind].resource;
}

/**
 * Whose an object of our name is:
 * - `ours`: this RuneVault controls it, or nobody does and it carries our labels;
 * - `predecessor`: a RuneVault of the same name that is gone controls it; the garbage collector will take it;
 * - `taken`: somebody else's.
 */
export function claim(object: KubeObject, vault: { name: string; uid: string }): 'ours' | 'predecessor' | 'taken' {
	const { labels = {}, ownerReferences = [] } = object.metadata;
	const controller = ownerReferences.find(owner => owner.controller === true);
	if (controller !== undefined) {
		if (controller.uid === vault.uid) return 'ours';
		return controller.kind === 'RuneVault' && controller.name === vault.name ? 'predecessor' : 'taken';
	}
	const isLabelled = labels[LABELS.managedBy] === MANAGER && labels[LABELS.vault] === vault.name;
	return isLabelled ? 'ours' : 'taken';
}
