/**
 * A refusal: what a check returns instead of letting a request on. The checks are pure and total; one adapter writes the answer, always
 * as a JSON-RPC error so that MCP clients can read it, with the HTTP status that proxies see.
 */
import type { Context } from 'koa';
import type { Call } from '../call.ts';
import { MAX_BODY_BYTES } from './limits.ts';

export type Refusal = {
	status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 421 | 429 | 503 | 505;
	message: string;
	/** A JSON-RPC error code. */
	code: number;
	headers?: Record<string, string>;
	/** Goes into `Retry-After`, `data.retryAfterSeconds` and the message, because some clients show nothing but that. */
	retryAfterSeconds?: number;
	/** The answer is an OAuth error with this description (RFC 7591, section 3.2.2), for a client that came to register. */
	oauthError?: string;
	/** What the audit record says; nothing is recorded without. */
	audit?: string;
};

/** JSON-RPC codes: the standard ones and, below −32000, what a server may define. */
export const rpcCode = {
	parseError: -32700,
	invalidRequest: -32600,
	refused: -32000,
	unauthenticated: -32001,
} as const;

export const tooLarge: Refusal = {
	status: 413,
	code: rpcCode.invalidRequest,
	message: `The body is over ${MAX_BODY_BYTES} bytes`,
	headers: { Connection: 'close' },
};

/** Writes a refusal as the answer. An unknown path gets an empty body, which is what OAuth discovery expects. */
export function refuse(ctx: Context, call: Call, refusal: Refusal): void {
	call.refusal = refusal;
	ctx.status = refusal.status;
	for (const [name, value] of Object.entries(refusal.headers ?? {})) ctx.set(name, value);
	if (refusal.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(refusal.retryAfterSeconds));
	if (refusal.oauthError !== undefined) {
		ctx.body = { error: 'invalid_request', error_description: refusal.oauthError };
		return;
	}
	if (refusal.status === 404) {
		ctx.body = '';
		return;
	}
	const { code, message, retryAfterSeconds } = refusal;
	const error =
		retryAfterSeconds === undefined
			? { code, message }
			: { code, message: `${message}; try again in ${retryAfterSeconds} s`, data: { retryAfterSeconds } };
	ctx.body = { jsonrpc: '2.0', id: call.rpcId ?? null, error };
}
