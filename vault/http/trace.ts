/**
 * A span of each message that a member sends, made when it is over. It stands around the audit record, whose writing is part of the call.
 * What is refused before its body is read makes none: whoever has no token could fill the collector.
 */
import { VaultError } from '../../fhe/errors.ts';
import type { Call, Phase } from '../call.ts';
import { contextsOf } from '../tracing/context.ts';
import type { Tracing } from '../tracing/otlp.ts';
import { type Outcome, spanAttributes, spanName } from '../tracing/span.ts';
import type { Vault } from '../vault.ts';
import { field } from './admit.ts';
import type { PublicMiddleware } from './app.ts';

/** An answer with an error and without a tool is never longer. */
const MAX_ERROR_BYTES = 2048;

export function traceCalls(tracing: Tracing, { now }: Vault): PublicMiddleware {
	return async (ctx, next) => {
		const { call } = ctx.state;
		call.phases = [];
		let failure: { failure: string } | undefined;
		try {
			await next();
		} catch (error) {
			failure = { failure: error instanceof VaultError ? error.code : 'internal' };
			throw error;
		} finally {
			if (call.body !== undefined) {
				const rpcError = call.tool === undefined ? rpcErrorOf(ctx.body) : undefined;
				const outcome = { httpStatus: ctx.status, ...(rpcError === undefined ? {} : { rpcError }), ...failure };
				tracing.record(spanOf(call, outcome, ctx.req.headersDistinct, now()));
			}
		}
	};
}

function spanOf(call: Call, outcome: Outcome, headers: NodeJS.Dict<string[]>, now: number) {
	const { body, phases = [] } = call;
	const method = field(body, 'method');
	const params = field(body, 'params');
	const attributes = spanAttributes(call, method, headers['mcp-protocol-version']?.[0] ?? field(params, 'protocolVersion'), outcome);
	/** From the monotonic clock to the epoch. */
	const offset = now - performance.now();
	const ofEpoch = ({ name, startedAt, endedAt }: Phase): Phase => ({ name, startedAt: startedAt + offset, endedAt: endedAt + offset });
	return {
		...ofEpoch({ name: spanName(call, method), startedAt: call.startedAt, endedAt: performance.now() }),
		attributes,
		isError: 'error.type' in attributes,
		...contextsOf(field(field(params, '_meta'), 'traceparent'), headers.traceparent ?? []),
		phases: phases.map(ofEpoch),
	};
}

/** The code of the error in an answer; undefined when there is none, or the answer is none of JSON-RPC. */
function rpcErrorOf(body: unknown): number | undefined {
	let answer = body;
	if (Buffer.isBuffer(body)) {
		if (body.length > MAX_ERROR_BYTES) return undefined;
		try {
			answer = JSON.parse(body.toString());
		} catch {
			return undefined;
		}
	}
	const code = field(field(answer, 'error'), 'code');
	return typeof code === 'number' ? code : undefined;
}
