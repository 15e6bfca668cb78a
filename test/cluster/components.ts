/** The command line of every component, in the order in which they start. Pure. */
import { join } from 'node:path';
import { inNetwork } from './network.ts';
import { program, running } from './paths.ts';
import { GATEWAY, HOST_ADDRESS, type NodePlan, POD_CIDR, PORTS, SERVICE_CIDR } from './plan.ts';
import type { Command } from './processes.ts';

const pki = (file: string): string => join(running.pki, file);
const kubernetes = (name: string): string => program('kubernetes', name);
const flags = (values: Record<string, string>): string[] => Object.entries(values).map(([name, value]) => `--${name}=${value}`);

/** etcd does not wait for the disk: what this cluster knows may be lost with the machine. */
export function etcd(): Command {
	const clients = `http://127.0.0.1:${PORTS.etcd}`;
	const peers = `http://127.0.0.1:${PORTS.etcdPeers}`;
	const values = {
		'data-dir': running.etcd,
		'unsafe-no-fsync': 'true',
		'listen-client-urls': clients,
		'advertise-client-urls': clients,
		'listen-peer-urls': peers,
		'initial-advertise-peer-urls': peers,
		'initial-cluster': `default=${peers}`,
	};
	return { name: 'etcd', command: [kubernetes('etcd'), ...flags(values)] };
}

/** It calls kubelets by address, since the host resolves no node names. */
export function apiServer(): Command {
	const values = {
		'etcd-servers': `http://127.0.0.1:${PORTS.etcd}`,
		'secure-port': String(PORTS.apiServer),
		'advertise-address': HOST_ADDRESS,
		'service-cluster-ip-range': SERVICE_CIDR,
		'client-ca-file': pki('ca.crt'),
		'tls-cert-file': pki('apiserver.crt'),
		'tls-private-key-file': pki('apiserver.key'),
		'kubelet-certificate-authority': pki('ca.crt'),
		'kubelet-client-certificate': pki('apiserver-kubelet-client.crt'),
		'kubelet-client-key': pki('apiserver-kubelet-client.key'),
		'kubelet-preferred-address-types': 'InternalIP',
		'service-account-issuer': 'https://kubernetes.default.svc',
		'service-account-key-file': pki('sa.pub'),
		'service-account-signing-key-file': pki('sa.key'),
		'authorization-mode': 'Node,RBAC',
		'enable-admission-plugins': 'NodeRestriction',
		'allow-privileged': 'true',
	};
	return { name: 'kube-apiserver', command: [kubernetes('kube-apiserver'), ...flags(values)] };
}

/** Without these, the manager's clients hold themselves back to 20 calls a second and take five seconds to start. */
const fast = { 'kube-api-qps': '200', 'kube-api-burst': '400' };

/** No leader election, as there is one of each; the nodes' pod ranges are ours to give, not a controller's. */
export function controllers(): Command[] {
	const manager = {
		kubeconfig: pki('controller-manager.conf'),
		'service-account-private-key-file': pki('sa.key'),
		'root-ca-file': pki('ca.crt'),
		'use-service-account-credentials': 'true',
		'leader-elect': 'false',
		'cluster-cidr': POD_CIDR,
		'allocate-node-cidrs': 'false',
		controllers: '*,-node-ipam-controller',
		...fast,
	};
	const scheduler = { kubeconfig: pki('scheduler.conf'), 'leader-elect': 'false', ...fast };
	return [
		{ name: 'kube-controller-manager', command: [kubernetes('kube-controller-manager'), ...flags(manager)] },
		{ name: 'kube-scheduler', command: [kubernetes('kube-scheduler'), ...flags(scheduler)] },
	];
}

/**
 * The node's box: network, mount and process namespaces of its own around one first process. When that process is killed the kernel kills
 * everything in the box and drops its mounts, which is a node's crash, and also the whole of a clean-up. The folders that kubelet,
 * containerd and the network plugins take for granted are the node's own inside.
 */
export function box(node: NodePlan): Command {
	const own = join(running.node(node.name), 'own');
	const folders = ['/run/containerd', '/run/netns', '/var/lib/cni', '/var/lib/kubelet', '/var/log'];
	const binds = folders.map(folder => `mkdir -p ${own}${folder} ${folder}; mount --bind ${own}${folder} ${folder}`);
	const script = ['set -e', ...binds, `touch ${boxIsMade(node)}`, `exec ${program('pause')}`].join('\n');
	const unshare = ['unshare', '--mount', '--propagation=private', '--pid', '--fork', '--kill-child', '--mount-proc'];
	return { name: `${node.name}-box`, command: [...inNetwork(node.namespace), ...unshare, 'sh', '-c', script] };
}

/** The file that appears when the box can be entered. */
export function boxIsMade(node: NodePlan): string {
	return join(running.node(node.name), 'box-is-made');
}

/** @param pid of the process that made the box, which stands outside of its process namespace */
function inBox(pid: number, command: readonly string[]): string[] {
	const namespaces = `/proc/${pid}/ns`;
	return ['nsenter', `--net=${namespaces}/net`, `--mount=${namespaces}/mnt`, `--pid=${namespaces}/pid_for_children`, ...command];
}

export function containerd(node: NodePlan, boxPid: number): Command {
	const config = join(running.node(node.name), 'containerd.toml');
	return { name: `${node.name}-containerd`, command: inBox(boxPid, ['containerd', '--config', config]) };
}

/** Zeroes leave the machine's connection tracking as it is. @param nodeName whose Service rules it takes on */
function proxy(nodeName: string): string[] {
	const values = {
		kubeconfig: pki('proxy.conf'),
		'proxy-mode': 'iptables',
		'cluster-cidr': POD_CIDR,
		'hostname-override': nodeName,
		'conntrack-max-per-core': '0',
		'conntrack-tcp-timeout-established': '0s',
		'conntrack-tcp-timeout-close-wait': '0s',
	};
	return [kubernetes('kube-proxy'), ...flags(values)];
}

export function nodeAgents(node: NodePlan, boxPid: number): Command[] {
	const directory = running.node(node.name);
	const kubelet = {
		kubeconfig: pki(`${node.name}.conf`),
		config: join(directory, 'kubelet.yaml'),
		'root-dir': join(directory, 'kubelet'),
		'hostname-override': node.name,
		'node-ip': node.address,
	};
	return [
		{ name: `${node.name}-kubelet`, command: inBox(boxPid, [kubernetes('kubelet'), ...flags(kubelet)]) },
		{ name: `${node.name}-kube-proxy`, command: inBox(boxPid, proxy(node.name)) },
	];
}

/** The host's way to Service addresses. A kube-proxy must speak for a node that exists: the first. */
export function gateway(node: NodePlan): Command {
	return { name: 'gateway-kube-proxy', command: [...inNetwork(GATEWAY.namespace), ...proxy(node.name)] };
}
