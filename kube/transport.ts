/**
 * HTTP to the API server: JSON in, JSON out, nothing parsed away.
 *
 * Connections are kept alive and shared by requests and watches (HTTP/1.1: one watch, one connection, so none can starve another);
 * leases and probes have a second set, the `urgent` lane, so that a stalled watch or a burst of applies cannot delay a renewal. A 401 reads
 * the credentials again, once; 429 and 5xx with `Retry-After` are waited for while the request's own time lasts, as client-go does.
 */
import type { Dispatcher } from 'undici';
import { type Clock, systemClock } from './clock.ts';
import type { ClusterConfig } from './config.ts';
import { createConnections } from './connections.ts';
import { type Deadline, deadline, orAborted } from './deadline.ts';
import { fromStatus, KubeError } from './errors.ts';
import { lines } from './lines.ts';
import type { KubeObject } from './resources.ts';

export type Lane = 'default' | 'urgent';
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type KubeRequest = {
	method: Method;
	path: string;
	query?: Record<string, string>;
	/** Sent as JSON. */
	body?: unknown;
	contentType?: string;
	accept?: string;
	lane?: Lane;
	signal?: AbortSignal;
	/** Bounds the whole call, retries included; 30 s unless told. */
	timeoutMs?: number;
};

export type WatchRequest = {
	path: string;
	query?: Record<string, string>;
	accept?: string;
	lane?: Lane;
	signal: AbortSignal;
	/** The server has accepted the watch; the first event may be long in coming. */
	onOpen?: () => void;
};
export type WatchEvent = { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: KubeObject };

export interface Transport {
	/** Resolves to the parsed JSON, or the text of another media type. @throws KubeError for every answer but 2xx; status 0: there was none. */
	request<T = KubeObject>(request: KubeRequest): Promise<T>;
	/**
	 * Events until the server ends the watch or the signal is aborted: both end the iteration quietly.
	 * @throws KubeError for an ERROR event, a cut or silent connection and every answer but 200.
	 */
	watch(request: WatchRequest): AsyncIterable<WatchEvent>;
	close(): Promise<void>;
}

/** `verb` is the method, or WATCH for the time to a watch's first byte; `code` the status or `<error>`, as client-go labels them. */
export type Observe = (verb: string, code: string, seconds: number) => void;

export type TransportOptions = {
	observe?: Observe;
	userAgent?: string;
	/** A watch that brings no byte for so long may be dead. Bookmarks come once a minute, but only if something was written anywhere. */
	watchInactivityMs?: number;
	clock?: Clock;
};

type Call = Omit<Dispatcher.RequestOptions, 'signal'>;

const TIMEOUT_MS = 30_000;
const MAX_TRIES = 10;

export function createTransport(config: ClusterConfig, options: TransportOptions = {}): Transport {
	const { observe = () => undefined, userAgent = 'runevault', watchInactivityMs = 70_000, clock = systemClock } = options;
	const connections = createConnections();
	const base = new URL(config.server);
	const prefix = base.pathname.replace(/\/$/, '');

	async function send(verb: string, lane: Lane, isRefresh: boolean, signal: AbortSignal, call: Call): Promise<Dispatcher.ResponseData> {
		const { headers, tls } = await config.credentials(isRefresh);
		const startedAt = clock.now();
		let code = '<error>';
		try {
			const sent = connections.get(lane, tls).request({
				...call,
				origin: base.origin,
				path: prefix + call.path,
				headers: { 'user-agent': userAgent, ...call.headers, ...headers },
				signal,
			});
			// undici looks at the signal only once it has a connection, which a hung server may not give.
			const response = await orAborted(sent, signal, late => late.body.destroy());
			code = String(response.statusCode);
			return response;
		} finally {
			observe(verb, code, (clock.now() - startedAt) / 1000);
		}
	}

	async function once<T>(request: KubeRequest, isRefresh: boolean, signal: AbortSignal): Promise<T> {
		const { method, path, query, body, accept = 'application/json', contentType = 'application/json', lane = 'default' } = request;
		const response = await send(method, lane, isRefresh, signal, {
			method,
			path: withQuery(path, query),
			headers: { accept, ...(body === undefined ? {} : { 'content-type': contentType }) },
			body: body === undefined ? null : JSON.stringify(body),
			headersTimeout: 0,
			bodyTimeout: 0,
		});
		const answer = await read(response);
		if (response.statusCode >= 300) throw fromStatus(response.statusCode, answer, retryAfter(response));
		return answer as T;
	}

	return {
		async request<T>(request: KubeRequest): Promise<T> {
			const { timeoutMs = TIMEOUT_MS } = request;
			const endsAt = clock.now() + timeoutMs;
			using limit = deadline(clock, timeoutMs, request.signal);
			let isRefresh = false;
			for (let tries = 1; ; tries += 1) {
				try {
					return await once<T>(request, isRefresh, limit.signal);
				} catch (cause) {
					const error = toKubeError(cause, `${request.method} ${request.path}`, limit);
					const waitMs = retryDelay(error, request.method, tries, isRefresh);
					if (waitMs === undefined || clock.now() + waitMs >= endsAt || limit.signal.aborted) throw error;
					isRefresh ||= error.status === 401;
					await clock.sleep(waitMs, limit.signal);
				}
			}
		},

		async *watch({ path, query, accept = 'application/json', lane = 'default', signal, onOpen }) {
			const call = {
				method: 'GET' as const,
				path: withQuery(path, { ...query, watch: 'true' }),
				headers: { accept },
				headersTimeout: TIMEOUT_MS,
				bodyTimeout: watchInactivityMs,
			};
			try {
				let response = await send('WATCH', lane, false, signal, call);
				if (response.statusCode === 401) {
					await response.body.dump();
					response = await send('WATCH', lane, true, signal, call);
				}
				if (response.statusCode !== 200) throw fromStatus(response.statusCode, await read(response), retryAfter(response));
				onOpen?.();
				for await (const line of lines(response.body)) yield parseEvent(line);
			} catch (cause) {
				if (!signal.aborted) throw toKubeError(cause, `WATCH ${path}`);
			}
		},

		close: () => connections.close(),
	};
}

function withQuery(path: string, query: Record<string, string> = {}): string {
	const text = new URLSearchParams(query).toString();
	return text === '' ? path : `${path}?${text}`;
}

async function read({ body, headers, statusCode }: Dispatcher.ResponseData): Promise<unknown> {
	const text = await body.text();
	if (!String(headers['content-type'] ?? '').includes('json')) return text;
	try {
		return JSON.parse(text);
	} catch {
		// Without its cause: that quotes what it could not read, and this may be a Secret.
		throw new KubeError(0, 'Truncated', `the answer (${statusCode}) is not complete JSON`);
	}
}

function parseEvent(line: string): WatchEvent {
	let event: { type: WatchEvent['type'] | 'ERROR'; object: KubeObject };
	try {
		event = JSON.parse(line);
	} catch {
		throw new KubeError(0, 'Truncated', 'a watch event is not JSON');
	}
	if (event.type === 'ERROR') throw fromStatus(0, event.object);
	return { type: event.type, object: event.object };
}

function retryAfter({ headers }: Dispatcher.ResponseData): number | undefined {
	const seconds = Number.parseInt(String(headers['retry-after'] ?? ''), 10);
	return Number.isNaN(seconds) ? undefined : seconds;
}

/** Milliseconds until the next try, or nothing when the error is final. */
function retryDelay(error: KubeError, method: Method, tries: number, hasRefreshed: boolean): number | undefined {
	if (error.status === 401) return hasRefreshed ? undefined : 0;
	if ((error.status === 429 || error.status >= 500) && error.retryAfterSeconds !== undefined && tries < MAX_TRIES) {
		return error.retryAfterSeconds * 1000;
	}
	// A kept connection may be closed by the server just as it is used: a read is safe to repeat.
	return method === 'GET' && error.reason === 'NetworkError' && tries === 1 ? 0 : undefined;
}

function toKubeError(cause: unknown, what: string, limit?: Deadline): KubeError {
	if (cause instanceof KubeError) return cause;
	if (limit?.hasPassed) return new KubeError(0, 'Timeout', `${what}: no answer in time`, { cause });
	if (limit?.signal.aborted) return new KubeError(0, 'Aborted', `${what}: aborted`, { cause });
	const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
	if (code === 'UND_ERR_BODY_TIMEOUT') return new KubeError(0, 'Inactive', `${what}: silent for too long`, { cause });
	const reason = code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_CONNECT_TIMEOUT' ? 'Timeout' : 'NetworkError';
	const text = cause instanceof Error ? cause.message : String(cause);
	return new KubeError(0, reason, `${what}: ${code === '' ? text : code}`, { cause });
}
