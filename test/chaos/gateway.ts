/**
 * Where the gateway's kube-proxy leads clients. It follows the EndpointSlice a second later, and a connection made in between stays with
 * the former primary, which goes on answering as a standby: a fault of the new primary would then not be seen.
 */
import { inNetwork } from '../cluster/network.ts';
import { GATEWAY } from '../cluster/plan.ts';
import { run, until } from '../install/run.ts';
import type { Stage } from './stage.ts';

/** Addresses by `namespace/service`, from the comments that kube-proxy writes into the table. @param rules as `iptables-save` prints them */
export function parseRoutes(rules: string): Map<string, string[]> {
	const routes = new Map<string, string[]>();
	for (const [, service = '', address = ''] of rules.matchAll(/--comment "([^"\s:]+):mcp -> ([\d.]+):\d+"/g)) {
		routes.set(service, [...(routes.get(service) ?? []), address]);
	}
	return routes;
}

/** Waits until new connections to each lane lead to its primary and to nothing else. */
export async function untilRouted({ cluster, lanes }: Stage): Promise<void> {
	const [program = '', ...args] = [...inNetwork(GATEWAY.namespace), 'iptables-save', '-t', 'nat'];
	await until(
		'the gateway leads to every primary',
		async () => {
			const [rules, views] = await Promise.all([run(program, args), Promise.all(lanes.map(({ vault }) => cluster.lane(vault)))]);
			const routes = parseRoutes(rules);
			return lanes.every(({ vault }, at) => {
				const view = views[at];
				const primary = view?.pods.find(pod => pod.name === view.status.primary?.pod);
				const addresses = routes.get(`${vault.namespace}/${vault.name}`);
				return addresses?.length === 1 && addresses[0] === primary?.address;
			});
		},
		60_000,
		250,
	);
}
