/**
 * How much a token may do in a minute, in units of work. The refusal is at HTTP level, so that proxies and load balancers see it too.
 * Reading keys and status is free: it costs nothing that the in-flight limit does not bound.
 */
import { MAX_BLOBS } from '../tools/decrypt-scores.ts';
import type { Vault } from '../vault.ts';
import type { PublicMiddleware } from './app.ts';
import { refuse, rpcCode } from './refusal.ts';

export function admit({ buckets, metrics }: Vault): PublicMiddleware {
	return async (ctx, next) => {
		const { call } = ctx.state;
		const units = workUnits(call.body);
		const seconds = units === 0 || call.identity === undefined ? undefined : buckets.take(call.identity.name, units);
		if (seconds === undefined) return next();
		metrics.rateLimited();
		refuse(ctx, call, {
			status: 429,
			code: rpcCode.refused,
			message: 'Rate limit exceeded: too many calls a minute',
			retryAfterSeconds: seconds,
			audit: 'rate_limited',
		});
	};
}

/** What a message costs: one unit a ciphertext blob, one a list of metadata, nothing otherwise. Total: the body is any JSON value. */
export function workUnits(body: unknown): number {
	if (field(body, 'method') !== 'tools/call') return 0;
	const params = field(body, 'params');
	const name = field(params, 'name');
	if (name === 'decrypt_metadata') return 1;
	if (name !== 'decrypt_scores') return 0;
	const blobs = field(field(params, 'arguments'), 'encrypted_blob_b64');
	return Array.isArray(blobs) ? Math.min(Math.max(blobs.length, 1), MAX_BLOBS) : 1;
}

/** An own property of a value that may be anything. */
export function field(value: unknown, name: string): unknown {
	return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}
