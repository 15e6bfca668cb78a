/** An HTTP server on loopback that answers as the test says, and counts connections. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { ClusterConfig } from '../../../kube/config.ts';
import { KubeError } from '../../../kube/errors.ts';
import { createTransport, type Transport, type TransportOptions, type WatchEvent } from '../../../kube/transport.ts';

export type Received = {
	method: string;
	url: string;
	authorization: string | undefined;
	contentType: string | undefined;
	accept: string | undefined;
	body: string;
};
export type Stub = { transport: Transport; connections: () => number; received: Received[]; refreshes: () => number; server: string };
export type Answer = (request: Received, response: ServerResponse, count: number) => void;

/** Runs the test against the stub. The token is `token-<n>`, n growing with each refresh. */
export async function withStub(answer: Answer, test: (stub: Stub) => Promise<void>, options: TransportOptions = {}): Promise<void> {
	const received: Received[] = [];
	const sockets = new Set<Socket>();
	let connections = 0;
	let refreshes = 0;
	const server = createServer(async (request, response) => {
		const call = { ...describe(request), body: await text(request) };
		received.push(call);
		answer(call, response, received.length);
	});
	server.on('connection', socket => {
		connections += 1;
		sockets.add(socket);
		socket.once('close', () => sockets.delete(socket));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const tls = {};
	const config: ClusterConfig = {
		server: url,
		namespace: 'rune',
		async credentials(refresh = false) {
			if (refresh) refreshes += 1;
			return { headers: { authorization: `Bearer token-${refreshes}` }, tls };
		},
	};
	const transport = createTransport(config, options);
	try {
		await test({ transport, connections: () => connections, received, refreshes: () => refreshes, server: url });
	} finally {
		await transport.close();
		for (const socket of sockets) socket.destroy();
		server.close();
		await once(server, 'close');
	}
}

export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
	response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export function status(code: number, reason: string): unknown {
	return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: `refused: ${reason}` };
}

function describe({ method = '', url = '', headers }: IncomingMessage) {
	return { method, url, authorization: headers.authorization, contentType: headers['content-type'], accept: headers.accept };
}

async function text(request: IncomingMessage): Promise<string> {
	let all = '';
	for await (const chunk of request.setEncoding('utf8')) all += chunk;
	return all;
}

/** The KubeError a call is refused with. */
export async function refusal(promise: Promise<unknown>): Promise<KubeError> {
	const error = await promise.then(
		() => undefined,
		cause => cause,
	);
	assert.ok(error instanceof KubeError, `a KubeError, not ${error}`);
	return error;
}

export async function collect(watch: AsyncIterable<WatchEvent>): Promise<WatchEvent[]> {
	const events: WatchEvent[] = [];
	for await (const event of watch) events.push(event);
	return events;
}
