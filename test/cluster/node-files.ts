/** The files a node starts from: containerd's, the container network's, the kubelet's. Pure text. */
import { join } from 'node:path';
import { stringify } from 'yaml';
import { running } from './paths.ts';
import { CLUSTER_DOMAIN, DNS_ADDRESS, type NodePlan } from './plan.ts';

export const PAUSE_IMAGE = 'localhost/pause:1';

/**
 * containerd 1.6 without snapshotters and folders that this cluster has no use for. `restrict_oom_score_adj`: inside a container or a
 * small machine the daemon may not raise priorities; AppArmor profiles cannot be loaded there either.
 */
export function renderContainerd(node: NodePlan): string {
	const directory = running.node(node.name);
	const unused = ['aufs', 'btrfs', 'devmapper', 'zfs'].map(name => `io.containerd.snapshotter.v1.${name}`);
	return `version = 2
root = "${join(directory, 'containerd')}"
state = "${join(directory, 'containerd-state')}"
disabled_plugins = ${JSON.stringify([...unused, 'io.containerd.internal.v1.opt', 'io.containerd.tracing.processor.v1.otlp'])}

[grpc]
address = "${running.containerd(node.name)}"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${PAUSE_IMAGE}"
disable_apparmor = true
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "${join(directory, 'cni')}"
`;
}

/** Pods get routed cables and addresses of the node's own range; nothing is masqueraded, so pods see each other's real addresses. */
export function renderNetwork(node: NodePlan): string {
	const ipam = {
		type: 'host-local',
		dataDir: join(running.node(node.name), 'addresses'),
		ranges: [[{ subnet: node.podCidr }]],
		routes: [{ dst: '0.0.0.0/0' }],
	};
	const plugins = [
		{ type: 'ptp', ipMasq: false, ipam },
		{ type: 'portmap', capabilities: { portMappings: true } },
	];
	return `${JSON.stringify({ cniVersion: '1.0.0', name: 'pods', plugins }, null, 2)}\n`;
}

/** `syncFrequency` and the way Secrets are refreshed stay at their defaults: what works here must work on anybody's cluster. */
export function renderKubelet(node: NodePlan): string {
	const directory = running.node(node.name);
	return stringify({
		apiVersion: 'kubelet.config.k8s.io/v1beta1',
		kind: 'KubeletConfiguration',
		authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: join(running.pki, 'ca.crt') } },
		authorization: { mode: 'Webhook' },
		tlsCertFile: join(running.pki, `${node.name}.crt`),
		tlsPrivateKeyFile: join(running.pki, `${node.name}.key`),
		address: '0.0.0.0',
		clusterDNS: [DNS_ADDRESS],
		clusterDomain: CLUSTER_DOMAIN,
		resolvConf: '/etc/resolv.conf',
		containerRuntimeEndpoint: `unix://${running.containerd(node.name)}`,
		podLogsDir: join(directory, 'pod-logs'),
		volumePluginDir: join(directory, 'volume-plugins'),
		cgroupDriver: 'cgroupfs',
		cgroupRoot: node.cgroup,
		failCgroupV1: false,
		failSwapOn: false,
		evictionHard: { 'memory.available': '50Mi' },
		imageGCHighThresholdPercent: 100,
		nodeStatusUpdateFrequency: '4s',
	});
}
