/**
 * The network as lists of commands: one bridge, a namespace and a cable a node, one more for the gateway, routes between them.
 *
 * Pods hang on their node by routed cables (the `ptp` plugin), not on a bridge of their own: each packet then passes the node's
 * netfilter, both ways, and Service addresses work between two pods of one node without the kernel's bridge filter.
 */
import { BRIDGE, GATEWAY, HOST_ADDRESS, type NodePlan, SERVICE_CIDR } from './plan.ts';

type CommandLine = readonly string[];

/** A rule that marks itself, so that it is found and removed again. Lets the bridge's traffic through a host that forwards nothing. */
export function forwardRule(direction: '-i' | '-o'): CommandLine {
	return ['FORWARD', direction, BRIDGE, '-m', 'comment', '--comment', 'runevault-cluster', '-j', 'ACCEPT'];
}

/** Runs a command inside a network namespace; unlike `ip netns exec`, this leaves /sys, and so the control groups, in sight. */
export function inNetwork(namespace: string): CommandLine {
	return ['nsenter', `--net=/run/netns/${namespace}`];
}

function box(namespace: string, link: string, address: string): CommandLine[] {
	return [
		['ip', 'netns', 'add', namespace],
		['ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace],
		['ip', 'link', 'set', link, 'master', BRIDGE, 'up'],
		['ip', '-n', namespace, 'link', 'set', 'lo', 'up'],
		['ip', '-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0'],
		['ip', '-n', namespace, 'link', 'set', 'eth0', 'up'],
		['ip', '-n', namespace, 'route', 'add', 'default', 'via', HOST_ADDRESS],
		[...inNetwork(namespace), 'sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward'],
	];
}

/** What brings the network up from nothing, in order. */
export function networkUp(nodes: readonly NodePlan[]): CommandLine[] {
	const toPods = (node: NodePlan) => ['route', 'add', node.podCidr, 'via', node.address];
	return [
		['ip', 'link', 'add', BRIDGE, 'type', 'bridge'],
		['ip', 'addr', 'add', `${HOST_ADDRESS}/24`, 'dev', BRIDGE],
		['ip', 'link', 'set', BRIDGE, 'up'],
		['iptables', '--wait', '-I', ...forwardRule('-i')],
		['iptables', '--wait', '-I', ...forwardRule('-o')],
		...nodes.flatMap(node => box(node.namespace, node.link, node.address)),
		...box(GATEWAY.namespace, GATEWAY.link, GATEWAY.address),
		...nodes.flatMap(node => [
			['ip', ...toPods(node)],
			['ip', '-n', GATEWAY.namespace, ...toPods(node)],
			...nodes.filter(other => other !== node).map(other => ['ip', '-n', node.namespace, ...toPods(other)]),
		]),
		['ip', 'route', 'add', SERVICE_CIDR, 'via', GATEWAY.address],
	];
}

/**
 * What removes all of it but the forwarding rules. The bridge takes the host's routes with it, a namespace its end of the cable.
 *
 * @param isThere whether a part exists, so that a half-made network goes too
 */
export function networkDown(nodes: readonly NodePlan[], isThere: (kind: 'namespace' | 'link', name: string) => boolean): CommandLine[] {
	const links = [...nodes, GATEWAY].map(each => each.link);
	const namespaces = [...nodes, GATEWAY].map(each => each.namespace);
	return [
		...[...links, BRIDGE].filter(name => isThere('link', name)).map(name => ['ip', 'link', 'delete', name]),
		...namespaces.filter(name => isThere('namespace', name)).map(name => ['ip', 'netns', 'delete', name]),
	];
}
