/**
 * The way from this machine to a Service inside the cluster, as a `fetch` that dials the right address under the Service's own name, and
 * believes the authority of its vault alone.
 *
 * On the cluster of `test/cluster/` this machine has a route to cluster addresses, as a laptop behind a VPN has. Elsewhere kubectl
 * forwards a port to the primary's pod; a Service without selector cannot be forwarded, and a forward dies with its pod, so each lost
 * one is opened again to whoever is primary then.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { Agent, fetch as undiciFetch } from 'undici';
import { z } from 'zod';
import { CLUSTER_DOMAIN, DNS_ADDRESS } from '../cluster/plan.ts';
import { getObject, type Kubectl } from './kubectl.ts';

export type Reach = { readonly fetch: typeof fetch; close(): Promise<void> };

type Resolve = (host: string) => Promise<string>;

/** A `fetch` that asks `resolve` for the IPv4 address of each host it connects to. @param ca PEM */
function fetchVia(ca: string, resolve: Resolve, onError: (error: unknown) => Promise<void>): Reach {
	const agent = new Agent({
		connect: {
			timeout: 2_000,
			ca,
			lookup: (host, options, done) => {
				resolve(host).then(
					address => (options.all ? done(null, [{ address, family: 4 }]) : done(null, address, 4)),
					(error: NodeJS.ErrnoException) => done(error, ''),
				);
			},
		},
	});
	const send = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
		const request = new Request(input, init);
		const body = request.method === 'GET' ? null : Buffer.from(await request.arrayBuffer());
		try {
			const answer = await undiciFetch(request.url, {
				method: request.method,
				headers: [...request.headers],
				body,
				signal: request.signal,
				dispatcher: agent,
			});
			return new Response(answer.body === null ? null : await answer.arrayBuffer(), {
				status: answer.status,
				headers: [...answer.headers],
			});
		} catch (error) {
			await onError(error);
			throw error;
		}
	};
	return { fetch: send, close: () => agent.close() };
}

/** Dials one address whatever the host, as when a name leads to a load balancer. @param ca PEM */
export const reachThrough = (ca: string, address: string): Reach =>
	fetchVia(
		ca,
		async () => address,
		async () => undefined,
	);

/** Asks the cluster's own DNS and dials what it says: this machine can route to both. */
export function reachDirectly(ca: string): Reach {
	const resolver = new Resolver({ timeout: 1_000, tries: 3 });
	resolver.setServers([DNS_ADDRESS]);
	const resolve: Resolve = async host => {
		const [address] = await resolver.resolve4(`${host}.${CLUSTER_DOMAIN}`);
		if (address === undefined) throw new Error(`${host} has no address`);
		return address;
	};
	return fetchVia(ca, resolve, async () => undefined);
}

/** Dials the primary's pod through `kubectl port-forward` on the same port of loopback. */
export async function reachByPortForward(kubectl: Kubectl, namespace: string, vault: string, port: number, ca: string): Promise<Reach> {
	let forward: ChildProcess | undefined;
	const open = async () => {
		forward?.kill();
		const status = (await getObject(kubectl, 'runevault', vault, namespace))?.status;
		const { pod } = z.object({ pod: z.string() }).parse(status?.primary);
		forward = spawn('kubectl', ['port-forward', '-n', namespace, `pod/${pod}`, `${port}:${port}`], {
			env: { ...process.env, KUBECONFIG: kubectl.kubeconfig },
			stdio: ['ignore', 'pipe', 'ignore'],
		});
		await Promise.race([once(forward.stdout ?? forward, 'data'), once(forward, 'exit')]);
	};
	await open();
	const reach = fetchVia(ca, async () => '127.0.0.1', open);
	return {
		fetch: reach.fetch,
		close: async () => {
			forward?.kill();
			await reach.close();
		},
	};
}

/** One port of one pod, to be dialled from this machine. */
export type Port = { readonly host: string; readonly port: number; close(): void };

/** The way to a port of a pod, whoever is primary: by its address, or forwarded to a free port of loopback. */
export async function reachPod(
	{ kubectl, isRoutable }: { kubectl: Kubectl; isRoutable: boolean },
	namespace: string,
	pod: string,
	port: number,
): Promise<Port> {
	if (isRoutable) {
		const status = (await getObject(kubectl, 'pod', pod, namespace))?.status;
		return { host: z.object({ podIP: z.ipv4() }).parse(status).podIP, port, close: () => undefined };
	}
	const forward = spawn('kubectl', ['port-forward', '-n', namespace, `pod/${pod}`, `:${port}`], {
		env: { ...process.env, KUBECONFIG: kubectl.kubeconfig },
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	const [said] = await Promise.race([once(forward.stdout, 'data'), once(forward, 'exit')]);
	const local = /127\.0\.0\.1:(\d+) ->/.exec(String(said))?.[1];
	if (local === undefined) throw new Error(`port ${port} of ${pod} cannot be forwarded`);
	return { host: '127.0.0.1', port: Number(local), close: () => forward.kill() };
}
