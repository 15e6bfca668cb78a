/**
 * The first check, on the request's head alone: whether it is for us, from a place we allow, and of a shape we read.
 *
 * `Host` and `Origin` defend against DNS rebinding (MCP specification, transports, security). A GET or DELETE on /mcp must be 405:
 * 404, 400 or 200 send MCP clients into loops. Compressed bodies are refused because their size is not known before they are read.
 */
import type { Vault } from '../vault.ts';
import type { PublicMiddleware } from './app.ts';
import { discardBody } from './body.ts';
import { MAX_BODY_BYTES } from './limits.ts';
import { type Refusal, refuse, rpcCode, tooLarge } from './refusal.ts';
import { parseTarget } from './target.ts';

/** Paths of the public listener and the methods they take. */
const routes: Record<string, readonly string[]> = {
	'/mcp': ['POST'],
	'/health': ['GET', 'HEAD'],
	'/v1/keys/EncKey.json': ['GET', 'HEAD'],
	'/v1/keys/EvalKey.json': ['GET', 'HEAD'],
};

/** All values of the headers that matter, as sent: a header sent twice shows as two values. */
export type RequestHead = {
	httpVersion: string;
	method: string;
	path: string;
	/** Of an absolute target; undefined for a plain path. */
	targetHost: string | undefined;
	host: readonly string[];
	origin: readonly string[];
	contentType: readonly string[];
	contentEncoding: readonly string[];
	contentLength: string | undefined;
	transferEncoding: readonly string[];
};

export type GuardPolicy = { isOurHost: (host: string) => boolean; origins: readonly string[] };

/** Returns why the request is refused, or undefined. Total: any strings. */
export function checkHead(head: RequestHead, policy: GuardPolicy): Refusal | undefined {
	if (head.httpVersion !== '1.1' && head.httpVersion !== '1.0') return unknownVersion;
	// HTTP/1.0 has no chunks: what stands before us may have read another end of the body (RFC 9112, section 6.1).
	if (head.httpVersion === '1.0' && head.transferEncoding.length > 0) return faultyFraming;
	const [host, ...otherHosts] = head.host;
	const { targetHost = host } = head;
	if (host === undefined || targetHost === undefined || otherHosts.length > 0 || ![host, targetHost].every(policy.isOurHost)) {
		return { status: 421, code: rpcCode.invalidRequest, message: 'Misdirected request: this host is not served here' };
	}
	// The host that was asked is ours, so an Origin of that very host is no foreign page.
	const origins = [...policy.origins, `http://${targetHost}`, `https://${targetHost}`];
	if (head.origin.some(origin => !origins.includes(origin))) {
		return { status: 403, code: rpcCode.refused, message: 'Forbidden origin', audit: 'forbidden_origin' };
	}
	const methods = Object.hasOwn(routes, head.path) ? routes[head.path] : undefined;
	if (methods === undefined) return head.method === 'POST' && head.path === '/register' ? noRegistration : notFound;
	if (!methods.includes(head.method)) {
		return { status: 405, code: rpcCode.refused, message: 'Method not allowed', headers: { Allow: methods.join(', ') } };
	}
	return head.method === 'POST' ? checkBodyHead(head) : undefined;
}

export function guard({ config, ownHosts }: Vault): PublicMiddleware {
	const policy: GuardPolicy = { isOurHost: hostMatcher([...config.hosts, ...ownHosts]), origins: config.origins };
	return async (ctx, next) => {
		const target = parseTarget(ctx.url);
		if (target === undefined) {
			refuse(ctx, ctx.state.call, { status: 400, code: rpcCode.invalidRequest, message: 'The request target must be a path' });
			return;
		}
		ctx.url = target.local;
		const { headersDistinct, httpVersion } = ctx.req;
		const refusal = checkHead(
			{
				httpVersion,
				method: ctx.method,
				path: ctx.path,
				targetHost: target.host,
				host: headersDistinct.host ?? [],
				origin: headersDistinct.origin ?? [],
				contentType: headersDistinct['content-type'] ?? [],
				contentEncoding: headersDistinct['content-encoding'] ?? [],
				contentLength: ctx.headers['content-length'],
				transferEncoding: headersDistinct['transfer-encoding'] ?? [],
			},
			policy,
		);
		if (refusal === undefined) return next();
		if (refusal.status === 413) await discardBody(ctx.req);
		refuse(ctx, ctx.state.call, refusal);
	};
}

const notFound: Refusal = { status: 404, code: rpcCode.invalidRequest, message: 'Not found' };
/** Where MCP clients without a token end that have found no OAuth server: they show their user what is said here. */
const noRegistration: Refusal = {
	...notFound,
	oauthError: 'There is no OAuth here: put the token of this Vault into the configuration of your client, as a bearer token',
};
const unknownVersion: Refusal = {
	status: 505,
	code: rpcCode.invalidRequest,
	message: 'HTTP/1.1 is spoken here',
	headers: { Connection: 'close' },
};
const faultyFraming: Refusal = {
	status: 400,
	code: rpcCode.invalidRequest,
	message: 'HTTP/1.0 has no Transfer-Encoding',
	headers: { Connection: 'close' },
};

function checkBodyHead(head: RequestHead): Refusal | undefined {
	const [type, ...otherTypes] = head.contentType;
	const essence = type?.split(';', 1)[0]?.trim().toLowerCase();
	if (essence !== 'application/json' || otherTypes.length > 0) {
		return { status: 415, code: rpcCode.invalidRequest, message: 'Content-Type must be application/json' };
	}
	const isEncoded = head.contentEncoding.some(encoding => encoding.trim().toLowerCase() !== 'identity');
	// "gzip, chunked" is another way to compress.
	if (isEncoded || head.transferEncoding.some(coding => coding.trim().toLowerCase() !== 'chunked')) {
		return {
			status: 415,
			code: rpcCode.invalidRequest,
			message: 'Encoded bodies are not accepted',
			headers: { 'Accept-Encoding': 'identity' },
		};
	}
	return Number(head.contentLength ?? 0) > MAX_BODY_BYTES ? tooLarge : undefined;
}

/**
 * Whether a Host header names this Vault. An entry without a port allows every port; one that starts with a dot allows every name below
 * it, for the pods of a headless Service.
 */
export function hostMatcher(hosts: readonly string[]): (host: string) => boolean {
	const exact = new Set(hosts.filter(host => !host.startsWith('.')).map(host => host.toLowerCase()));
	const suffixes = hosts.filter(host => host.startsWith('.')).map(host => host.toLowerCase());
	return header => {
		const host = header.toLowerCase();
		const name = host.replace(/:\d{1,5}$/, '');
		return exact.has(host) || exact.has(name) || suffixes.some(suffix => name.endsWith(suffix) && name.length > suffix.length);
	};
}
