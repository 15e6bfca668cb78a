/**
 * Kept-alive connections to the API server, one set a lane.
 *
 * A set belongs to one TLS identity. When the CA or the client certificate has changed, new requests get a new set and the old one is left to
 * finish what it has.
 */
import { Agent } from 'undici';
import type { TlsOptions } from './config.ts';
import type { Lane } from './transport.ts';

/** Below the API server's own idle limit of 90 s, so that we never send into a connection it is closing. */
const IDLE_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
const TCP_KEEPALIVE_MS = 30_000;

export type Connections = { get(lane: Lane, tls: TlsOptions): Agent; close(): Promise<void> };

export function createConnections(): Connections {
	let identity: TlsOptions | undefined;
	let agents: Partial<Record<Lane, Agent>> = {};
	let leaving: Promise<void>[] = [];

	function retire(): void {
		leaving = Object.values(agents).map(agent => agent.close());
		for (const left of leaving) left.catch(() => undefined);
		agents = {};
	}

	return {
		get(lane, tls) {
			if (identity !== tls) retire();
			identity = tls;
			agents[lane] ??= createAgent(tls);
			return agents[lane];
		},
		async close() {
			const all = Object.values(agents);
			agents = {};
			await Promise.allSettled([...all.map(agent => agent.destroy()), ...leaving]);
		},
	};
}

function createAgent(tls: TlsOptions): Agent {
	return new Agent({
		allowH2: false,
		keepAliveTimeout: IDLE_MS,
		keepAliveMaxTimeout: IDLE_MS,
		connect: { ...tls, timeout: CONNECT_TIMEOUT_MS, keepAlive: true, keepAliveInitialDelay: TCP_KEEPALIVE_MS },
	});
}
