/** One audit record of a decryption that went well. */
import type { AuditRecord } from '../../../vault/audit/chain.ts';

export const record = (change: Partial<AuditRecord> = {}): AuditRecord => ({
	timestamp: '2026-11-23T12:00:00.000Z',
	user_id: 'team',
	method: 'decrypt_scores',
	status: 'success',
	source_ip: '10.0.0.1',
	latency_ms: 1.5,
	request_id: 'r',
	epoch: 7,
	...change,
});
