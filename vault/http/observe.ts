/**
 * The outermost step: gives the request its call, counts it, bounds how many are served at once, and turns whatever is thrown inside
 * into an answer. A client sees "internal error" and an id; the log has the rest under the same id.
 */
import { randomUUID } from 'node:crypto';
import type { Context } from 'koa';
import { VaultError } from '../../fhe/errors.ts';
import type { Call } from '../call.ts';
import { statusOf } from '../errors.ts';
import type { Vault } from '../vault.ts';
import type { PublicMiddleware } from './app.ts';
import { MAX_INFLIGHT } from './limits.ts';
import { refuse, rpcCode } from './refusal.ts';

export function observe({ metrics, log, state }: Vault): PublicMiddleware {
	let inflight = 0;
	return async (ctx, next) => {
		const call = newCall(ctx);
		ctx.state.call = call;
		ctx.set('X-Request-Id', call.requestId);
		ctx.set('X-Content-Type-Options', 'nosniff');
		ctx.set('Cache-Control', 'no-store');
		// Node's parser drops what was sent behind a request that asks for an upgrade, so none may follow it.
		if (state.isClosing || ctx.req.headers.upgrade !== undefined) ctx.set('Connection', 'close');
		inflight += 1;
		metrics.inflight(1);
		try {
			if (inflight > MAX_INFLIGHT) refuse(ctx, call, busy);
			else await next();
		} catch (error) {
			answerError(ctx, call, error);
			if (!call.signal.aborted && ctx.status === 500) log.error({ err: error, requestId: call.requestId }, 'request failed');
		} finally {
			inflight -= 1;
			metrics.inflight(-1);
			metrics.answered(call.signal.aborted ? CLIENT_GONE : ctx.status);
		}
	};
}

/** Nobody got the answer; counted among the faults of clients, so that leaving early raises no alert of ours. */
const CLIENT_GONE = 499;

const busy = { status: 503, code: rpcCode.refused, message: 'Too many requests at once', retryAfterSeconds: 1 } as const;

function newCall(ctx: Context): Call {
	const gone = new AbortController();
	ctx.res.once('close', () => {
		if (!ctx.res.writableFinished) gone.abort();
	});
	return { requestId: randomUUID(), startedAt: performance.now(), sourceIp: addressOf(ctx.req.socket.remoteAddress), signal: gone.signal };
}

/** The address of the connection, an IPv4 one without the prefix it has on a socket of both families. Headers about it are not believed. */
function addressOf(remote: string | undefined): string {
	return remote?.replace(/^::ffff:/, '') ?? '';
}

function answerError(ctx: Context, call: Call, error: unknown): void {
	ctx.status = error instanceof VaultError ? statusOf(error.code) : 500;
	const message = ctx.status === 500 ? `internal error (${call.requestId})` : error instanceof VaultError ? error.message : '';
	ctx.body = { jsonrpc: '2.0', id: call.rpcId ?? null, error: { code: -32603, message } };
}
