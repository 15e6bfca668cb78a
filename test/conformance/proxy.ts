/**
 * A reverse proxy on loopback for the tests: gives a program that cannot send a token one, and notes which MCP revisions it saw on the
 * wire, so that what a client says about itself need not be believed. Everything else goes through as it is, `Host` included.
 */
import { request as send } from 'node:http';
import { listen } from '../../vault/http/listen.ts';

export type Proxy = {
	/** The URL to use in place of the Vault's. */
	readonly url: string;
	/** `MCP-Protocol-Version` of the requests that were answered with success, each once. */
	revisions(): string[];
	close(): Promise<void>;
};

/** @param token put into each request when given */
export async function startProxy(target: string, token?: string): Promise<Proxy> {
	const { hostname, port, pathname } = new URL(target);
	const seen = new Set<string>();
	const listener = await listen(
		(incoming, outgoing) => {
			const revision = incoming.headers['mcp-protocol-version'];
			const headers = token === undefined ? incoming.headers : { ...incoming.headers, authorization: `Bearer ${token}` };
			const onward = send({ hostname, port, path: incoming.url, method: incoming.method, headers }, answer => {
				if (answer.statusCode === 200 && typeof revision === 'string') seen.add(revision);
				outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
				answer.pipe(outgoing);
			});
			onward.on('error', () => outgoing.destroy());
			outgoing.on('close', () => onward.destroy());
			incoming.pipe(onward);
		},
		{ host: '127.0.0.1', port: 0 },
	);
	return {
		url: `http://127.0.0.1:${listener.port}${pathname}`,
		revisions: () => [...seen].sort(),
		close: () => listener.close(0),
	};
}
