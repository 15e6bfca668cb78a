/**
 * Writes the record of a call after the work and before the answer. Tool calls and denials (401, 403, 429) are recorded; handshakes,
 * listings and health are not. When the record cannot be written nothing is answered but 503, and the pod is not ready.
 */
import { VaultError } from '../../fhe/errors.ts';
import type { AuditRecord } from '../audit/chain.ts';
import { beginPhase, type Call } from '../call.ts';
import { roleOf } from '../state.ts';
import type { Vault } from '../vault.ts';
import type { PublicMiddleware } from './app.ts';

export function audit({ audit: auditLog, state, metrics, now }: Vault): PublicMiddleware {
	return async (ctx, next) => {
		await next();
		const record = recordOf(ctx.state.call, now(), roleOf(state).epoch);
		if (record === undefined) return;
		const endPhase = beginPhase(ctx.state.call, 'write audit record');
		try {
			await auditLog.write(record);
			endPhase();
		} catch (cause) {
			metrics.auditFailure();
			throw new VaultError('audit_unavailable', 'The audit log is not available', { cause });
		}
	};
}

/** The record of a call, or undefined when it is of a kind that leaves none. Pure but for the monotonic clock. */
export function recordOf(call: Call, now: number, epoch: number): AuditRecord | undefined {
	const base = {
		timestamp: new Date(now).toISOString(),
		user_id: call.identity?.name ?? null,
		source_ip: call.sourceIp,
		latency_ms: Math.round((performance.now() - call.startedAt) * 1000) / 1000,
		request_id: call.requestId,
		epoch,
	};
	if (call.refusal?.audit !== undefined) return { ...base, method: 'http', status: 'denied', error: call.refusal.audit };
	const run = call.tool;
	if (run === undefined) return undefined;
	return {
		...base,
		method: run.name,
		status: run.status,
		...(run.topK === undefined ? {} : { top_k: run.topK }),
		...(run.resultCount === undefined ? {} : { result_count: run.resultCount }),
		...(run.keyVersion === undefined ? {} : { key_version: run.keyVersion }),
		...(run.releasedBits === undefined ? {} : { released_bits: run.releasedBits }),
		...(run.blobSha256 === undefined ? {} : { blob_sha256: run.blobSha256 }),
		...(run.error === undefined ? {} : { error: run.error }),
	};
}
