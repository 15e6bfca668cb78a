/**
 * A listener: one HTTP server with the limits that keep slow and greedy clients from holding it. With `tls` it is the same listener
 * over TLS 1.3; nothing above it changes. A certificate of the client's is asked for where `ca` names who signs them, and need not come:
 * what may be answered without one is for the handler to say.
 */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { VaultError } from '../../fhe/errors.ts';
import type { CertificateFiles } from './certificate.ts';
import { connectionLimits } from './limits.ts';

export type ListenOptions = {
	/** All addresses when absent. */
	host?: string;
	/** 0 takes any free port. */
	port: number;
	tls?: CertificateFiles;
	/** Other limits than those of a pod, for tests. */
	limits?: Partial<typeof connectionLimits>;
};

export type Listener = {
	/** The port in use, also when 0 was asked for. */
	readonly port: number;
	/** Shows another certificate from the next connection on; those that are open stay. */
	renew(tls: CertificateFiles): void;
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
	const tlsServer = tls && createTlsServer({ ...options, ...secure(tls), handshakeTimeout: limits.headersTimeoutMs }, handler);
	const server = tlsServer ?? createServer(options, handler);
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
	return { port: portOf(server), renew: next => renewServer(tlsServer, next), close: graceMs => closeServer(server, graceMs) };
}

const secure = (tls: CertificateFiles) =>
	({ ...tls, minVersion: 'TLSv1.3', ...(tls.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: false }) }) as const;

function renewServer(server: TlsServer | undefined, tls: CertificateFiles): void {
	if (server === undefined) throw new Error('a listener without TLS has no certificate');
	server.setSecureContext(secure(tls));
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
