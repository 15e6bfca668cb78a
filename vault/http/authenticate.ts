/**
 * Who calls: bearer token → identity, or 401. The answer names no resource metadata, so that clients ask their user for a token instead
 * of starting an OAuth dance that leads nowhere. An address that fails too often gets 429 (auth/lockout.ts).
 */
import { parseBearer } from '../auth/bearer.ts';
import type { AuthFailure } from '../metrics.ts';
import type { Vault } from '../vault.ts';
import type { PublicMiddleware } from './app.ts';
import { type Refusal, refuse, rpcCode } from './refusal.ts';

const unauthenticated: Refusal = {
	status: 401,
	code: rpcCode.unauthenticated,
	message: 'Unauthorized: a valid bearer token is needed',
	headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
};

export function authenticate({ state, lockout, metrics }: Vault): PublicMiddleware {
	return async (ctx, next) => {
		const { call } = ctx.state;
		const bearer = parseBearer(ctx.req.headersDistinct.authorization ?? []);
		const verdict = bearer.kind === 'token' ? state.verifiers?.check(bearer.token) : undefined;
		if (verdict?.ok) {
			metrics.authAttempt(undefined);
			call.identity = verdict.identity;
			return next();
		}
		const failure: AuthFailure = bearer.kind === 'token' ? (verdict?.reason ?? 'unknown') : bearer.kind;
		metrics.authAttempt(failure);
		const seconds = lockout.fail(call.sourceIp);
		if (seconds !== undefined) metrics.lockedOut();
		refuse(ctx, call, seconds === undefined ? { ...unauthenticated, audit: `token_${failure}` } : lockedOut(seconds));
	};
}

function lockedOut(seconds: number): Refusal {
	return {
		status: 429,
		code: rpcCode.refused,
		message: 'Too many failed attempts from this address',
		retryAfterSeconds: seconds,
		audit: 'address_locked',
	};
}
