/**
 * The cluster as a plan: its names, addresses and ports, computed and never looked up.
 *
 * Everything here is machine-wide (a bridge, network namespaces, the ports 6443 and 2379), so there is one cluster a machine, whatever
 * checkout started it. The host is the control plane and the router; each node is a box of namespaces on one bridge; one more network
 * namespace, the gateway, does nothing but translate Service addresses for the host, as a VPN's gateway would for a laptop.
 */
export const BRIDGE = 'rv0';
export const HOST_ADDRESS = '10.89.0.1';
export const POD_CIDR = '10.90.0.0/16';
export const SERVICE_CIDR = '10.91.0.0/16';
export const API_SERVICE_ADDRESS = '10.91.0.1';
export const DNS_ADDRESS = '10.91.0.10';
export const CLUSTER_DOMAIN = 'cluster.local';
export const GATEWAY = { namespace: 'runevault-gateway', link: 'rv-gateway', address: '10.89.0.5' } as const;

/** Ports of the host's loopback and bridge that the control plane listens on. */
export const PORTS = { apiServer: 6443, etcd: 2379, etcdPeers: 2380, controllerManager: 10257, scheduler: 10259 } as const;

export const MAX_NODES = 9;

export type NodePlan = {
	/** The name in `kubectl get nodes`. */
	readonly name: string;
	/** The network namespace, as `ip netns` shows it. */
	readonly namespace: string;
	/** The host's end of the node's cable; taking it down cuts the node off. */
	readonly link: string;
	readonly address: string;
	readonly podCidr: string;
	/** Below each cgroup hierarchy's mount point. */
	readonly cgroup: string;
};

/** All control groups of the cluster lie below this one. */
export const CGROUP = '/runevault';

/** @param count from 1 to 9. @throws RangeError outside that. */
export function planNodes(count: number): NodePlan[] {
	if (!Number.isInteger(count) || count < 1 || count > MAX_NODES) throw new RangeError(`NODES must be 1 to ${MAX_NODES}, not ${count}`);
	return Array.from({ length: count }, (_, index) => {
		const number = index + 1;
		return {
			name: `node${number}`,
			namespace: `runevault-node${number}`,
			link: `rv-node${number}`,
			address: `10.89.0.1${number}`,
			podCidr: `10.90.${number}.0/24`,
			cgroup: `${CGROUP}/node${number}`,
		};
	});
}
