/**
 * CoreDNS as a cluster has it: two copies behind the address that every pod asks. It knows the cluster's names and no others, since the
 * cluster has no way out.
 */
import { CLUSTER_DOMAIN, DNS_ADDRESS } from './plan.ts';

const namespace = 'kube-system';
const labels = { 'k8s-app': 'kube-dns' };
const metadata = { name: 'coredns', namespace };

const corefile = `.:53 {
  errors
  health
  ready
  kubernetes ${CLUSTER_DOMAIN} in-addr.arpa {
    ttl 5
  }
  cache 5
}
`;

const rbac = 'rbac.authorization.k8s.io';

/** Every object of it, for `kubectl apply`. @param image the loaded CoreDNS image */
export function dnsObjects(image: string, replicas: number): object[] {
	const probe = { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1, failureThreshold: 10 };
	const apart = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } };
	const pod = {
		serviceAccountName: 'coredns',
		dnsPolicy: 'Default',
		priorityClassName: 'system-cluster-critical',
		affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: apart }] } },
		containers: [
			{
				name: 'coredns',
				image,
				args: ['-conf', '/etc/coredns/Corefile'],
				volumeMounts: [{ name: 'config', mountPath: '/etc/coredns' }],
				readinessProbe: probe,
			},
		],
		volumes: [{ name: 'config', configMap: { name: 'coredns' } }],
	};
	return [
		{ apiVersion: 'v1', kind: 'ServiceAccount', metadata },
		{
			apiVersion: `${rbac}/v1`,
			kind: 'ClusterRole',
			metadata: { name: 'system:coredns' },
			rules: [
				{ apiGroups: [''], resources: ['services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
				{ apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
			],
		},
		{
			apiVersion: `${rbac}/v1`,
			kind: 'ClusterRoleBinding',
			metadata: { name: 'system:coredns' },
			roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'system:coredns' },
			subjects: [{ kind: 'ServiceAccount', ...metadata }],
		},
		{ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { Corefile: corefile } },
		{
			apiVersion: 'apps/v1',
			kind: 'Deployment',
			metadata,
			spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } },
		},
		{
			apiVersion: 'v1',
			kind: 'Service',
			metadata: { name: 'kube-dns', namespace },
			spec: {
				clusterIP: DNS_ADDRESS,
				selector: labels,
				ports: [
					{ name: 'dns', port: 53, protocol: 'UDP' },
					{ name: 'dns-tcp', port: 53, protocol: 'TCP' },
				],
			},
		},
	];
}
