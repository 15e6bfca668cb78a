/**
 * A listener: one HTTP server with the limits that keep slow and greedy clients from holding it. With `tls` it is the same listener
 * over TLS 1.3; nothing above it changes.
 */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { VaultError } from '../../fhe/errors.ts';
import { connectionLimits } from './limits.ts';

export type ListenOptions = {
	/** All addresses when absent. */
	host?: string;
	/** 0 takes any free port. */
	port: number;
	tls?: { cert: string; key: string };
	/** Other limits than those of a pod, for tests. */
	limits?: Partial<typeof connectionLimits>;
};

export type Listener = {
	/** The port in use, also when 0 was asked for. */
	readonly port: number;
	/** Takes no new connections, lets requests finish for up to `graceMs`, then cuts what is left. */
	close(graceMs: number): Promise<void>;
};

/**
 * Starts to listen.
 * @throws VaultError `invalid_argument` when the address cannot be had.
 */
export async function listen(handler: RequestListener, { host, port, tls, limits: given }: ListenOptions): Promise<Listener> {
	const limits = { ...connectionLimits, ...given };
	const options: ServerOptions = {
		headersTimeout: limits.headersTimeoutMs,
		requestTimeout: limits.requestTimeoutMs,
		keepAliveTimeout: limits.keepAliveTimeoutMs,
		connectionsCheckingInterval: limits.checkIntervalMs,
	};
	const server =
		tls === undefined
			? createServer(options, handler)
			: createTlsServer({ ...options, ...tls, minVersion: 'TLSv1.3', handshakeTimeout: limits.headersTimeoutMs }, handler);
	// Whoever asks first, before sending a body, is answered by the handler: 100 is for those who may send one (body.ts).
	server.on('checkContinue', handler);
	server.timeout = limits.stallTimeoutMs;
	server.maxRequestsPerSocket = limits.maxRequestsPerSocket;
	server.maxConnections = limits.maxConnections;
	server.listen({ port, ...(host === undefined ? {} : { host }) });
	try {
		await once(server, 'listening');
	} catch (cause) {
		throw new VaultError('invalid_argument', `cannot listen on ${host ?? '*'}:${port}`, { cause, field: 'ports' });
	}
	return { port: portOf(server), close: graceMs => closeServer(server, graceMs) };
}

function portOf(server: Server): number {
	const address = server.address();
	return typeof address === 'object' && address !== null ? address.port : 0;
}

/** `server.close` also closes idle connections, and each busy one when its answer is out. */
async function closeServer(server: Server, graceMs: number): Promise<void> {
	const closed = once(server, 'close');
	server.close();
	const deadline = new AbortController();
	const late = sleep(graceMs, undefined, { signal: deadline.signal }).then(
		() => server.closeAllConnections(),
		() => undefined,
	);
	await closed;
	deadline.abort();
	await late;
}
