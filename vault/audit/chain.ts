/**
 * The hash chain of the audit log: each line carries the SHA-256 of the line before it, so that a line taken out, changed or put in
 * shows. A process starts a chain of its own with `seq` 1 and 64 zeros.
 */
import { createHash } from 'node:crypto';

/** One record, without the fields the chain adds. Never a token, score, ciphertext or key byte. */
export type AuditRecord = {
	timestamp: string;
	/** The token's name; null when nobody was authenticated. */
	user_id: string | null;
	method: string;
	top_k?: number;
	result_count?: number;
	status: 'success' | 'denied' | 'error';
	source_ip: string;
	latency_ms: number;
	key_version?: number;
	blob_sha256?: string;
	request_id: string;
	epoch: number;
	/** A code of a closed list. */
	error?: string;
};

export type ChainEnd = { seq: number; hash: string };

export const chainStart: ChainEnd = { seq: 0, hash: '0'.repeat(64) };

/** The next line (without its newline) and the chain's end after it. */
export function appendRecord(end: ChainEnd, record: AuditRecord): { line: string; end: ChainEnd } {
	const { timestamp, ...rest } = record;
	const line = JSON.stringify({ timestamp, seq: end.seq + 1, prev: end.hash, ...rest });
	return { line, end: { seq: end.seq + 1, hash: createHash('sha256').update(line, 'utf8').digest('hex') } };
}
