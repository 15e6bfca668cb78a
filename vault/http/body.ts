/**
 * Reads a request body, up to the cap, into one value. What a request may hold in memory is bounded here, and over all requests by the
 * in-flight limit of `observe`.
 */
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { beginPhase } from '../call.ts';
import type { PublicMiddleware } from './app.ts';
import { parseBody, rpcIdOf } from './json.ts';
import { MAX_BODY_BYTES } from './limits.ts';
import { refuse, tooLarge } from './refusal.ts';

const DISCARD_BYTES = 4 * MAX_BODY_BYTES;
const DISCARD_MS = 1000;

export function readBody(): PublicMiddleware {
	return async (ctx, next) => {
		const { call } = ctx.state;
		// Only here are we sure to want the body; any other expectation was answered 417 by Node.
		if (ctx.req.headers.expect !== undefined && ctx.req.httpVersion === '1.1') ctx.res.writeContinue();
		const endPhase = beginPhase(call, 'read body');
		const bytes = await collect(ctx.req, MAX_BODY_BYTES);
		if (bytes === undefined) {
			await discardBody(ctx.req);
			refuse(ctx, call, tooLarge);
			return;
		}
		const parsed = parseBody(bytes);
		if (!parsed.ok) {
			refuse(ctx, call, parsed.refusal);
			return;
		}
		const id = rpcIdOf(parsed.value);
		if (id !== undefined) call.rpcId = id;
		call.body = parsed.value;
		endPhase();
		await next();
	};
}

/** The whole body, or undefined as soon as it is over `limit`. A client that goes away rejects. */
async function collect(req: IncomingMessage, limit: number): Promise<Buffer | undefined> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of req.iterator({ destroyOnReturn: false })) {
		if (!Buffer.isBuffer(chunk)) throw new TypeError('a request body is bytes');
		size += chunk.length;
		if (size > limit) return undefined;
		chunks.push(chunk);
	}
	return Buffer.concat(chunks, size);
}

/**
 * Reads on for a moment without keeping anything. Most clients look for the answer only when they have sent all, and closing a
 * connection with unread bytes resets it, which would take the 413 away from them.
 */
export async function discardBody(req: IncomingMessage): Promise<void> {
	let size = 0;
	const discard = async () => {
		for await (const chunk of req.iterator({ destroyOnReturn: false })) {
			size += chunk.length;
			if (size > DISCARD_BYTES) return;
		}
	};
	await Promise.race([discard().catch(() => undefined), sleep(DISCARD_MS, undefined, { ref: false })]);
}
