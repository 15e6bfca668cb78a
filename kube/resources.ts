/**
 * What a Kubernetes object looks like to us, and where each kind lives.
 *
 * Objects are raw JSON: nothing is parsed into classes, so a field that a newer API server knows and we do not survives every
 * read-modify-write.
 */

export type OwnerReference = {
	apiVersion: string;
	kind: string;
	name: string;
	uid: string;
	controller?: boolean;
	blockOwnerDeletion?: boolean;
};

export type ObjectMeta = {
	name: string;
	namespace?: string;
	uid?: string;
	resourceVersion?: string;
	generation?: number;
	generateName?: string;
	creationTimestamp?: string;
	deletionTimestamp?: string;
	labels?: Record<string, string>;
	annotations?: Record<string, string>;
	ownerReferences?: OwnerReference[];
	finalizers?: string[];
	[field: string]: unknown;
};

export type KubeObject = { apiVersion: string; kind: string; metadata: ObjectMeta; [field: string]: unknown };

export type KubeList<T extends KubeObject = KubeObject> = {
	apiVersion: string;
	kind: string;
	metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
	items: T[];
};

/** A kind of object and its place in the API. The core group is the empty string. */
export type Resource = {
	readonly group: string;
	readonly version: string;
	readonly plural: string;
	readonly kind: string;
	readonly namespaced: boolean;
};

function resource(group: string, version: string, plural: string, kind: string, namespaced = true): Resource {
	return Object.freeze({ group, version, plural, kind, namespaced });
}

export const resources = {
	configMaps: resource('', 'v1', 'configmaps', 'ConfigMap'),
	customResourceDefinitions: resource('apiextensions.k8s.io', 'v1', 'customresourcedefinitions', 'CustomResourceDefinition', false),
	deployments: resource('apps', 'v1', 'deployments', 'Deployment'),
	endpointSlices: resource('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
	events: resource('events.k8s.io', 'v1', 'events', 'Event'),
	ingresses: resource('networking.k8s.io', 'v1', 'ingresses', 'Ingress'),
	jobs: resource('batch', 'v1', 'jobs', 'Job'),
	leases: resource('coordination.k8s.io', 'v1', 'leases', 'Lease'),
	namespaces: resource('', 'v1', 'namespaces', 'Namespace', false),
	networkPolicies: resource('networking.k8s.io', 'v1', 'networkpolicies', 'NetworkPolicy'),
	nodes: resource('', 'v1', 'nodes', 'Node', false),
	podDisruptionBudgets: resource('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget'),
	pods: resource('', 'v1', 'pods', 'Pod'),
	roleBindings: resource('rbac.authorization.k8s.io', 'v1', 'rolebindings', 'RoleBinding'),
	roles: resource('rbac.authorization.k8s.io', 'v1', 'roles', 'Role'),
	secrets: resource('', 'v1', 'secrets', 'Secret'),
	serviceAccounts: resource('', 'v1', 'serviceaccounts', 'ServiceAccount'),
	services: resource('', 'v1', 'services', 'Service'),
	statefulSets: resource('apps', 'v1', 'statefulsets', 'StatefulSet'),
} as const satisfies Record<string, Resource>;

/** `v1` for the core group, else `group/version`: what an object of this kind carries as `apiVersion`. */
export function apiVersionOf({ group, version }: Resource): string {
	return group === '' ? version : `${group}/${version}`;
}

export type Place = { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined };

/**
 * The URL path of a collection (no name), an object or its subresource. Without a namespace, a namespaced kind is addressed in all
 * namespaces, which only reads may do.
 */
export function resourcePath(target: Resource, { namespace, name, subresource }: Place = {}): string {
	const root = target.group === '' ? `/api/${target.version}` : `/apis/${target.group}/${target.version}`;
	const space = target.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
	const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
	const part = subresource === undefined ? '' : `/${subresource}`;
	return `${root}${space}/${target.plural}${object}${part}`;
}

/** `namespace/name`, or just `name` for an object of the cluster: what queues and stores call an object. */
export function keyOf({ metadata }: { metadata: { name: string; namespace?: string } }): string {
	return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

/** The two halves of a key made by `keyOf`. */
export function splitKey(key: string): { namespace?: string; name: string } {
	const slash = key.indexOf('/');
	return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
