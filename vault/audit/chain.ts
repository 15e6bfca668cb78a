/**
 * The hash chain of the audit log: each line carries the SHA-256 of the line before it, so that a line taken out, changed or put in
 * shows. A chain begins with `seq` 1 and 64 zeros: on standard output with each process, on a volume once.
 *
 * `client/kubectl/audit-chain.ts` reads what is written here and may not import it; a test holds both equal.
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
	/** Bits of the key that the answer may have given away at worst. */
	released_bits?: number;
	blob_sha256?: string;
	request_id: string;
	epoch: number;
	/** A code of a closed list. */
	error?: string;
	/** Of a note: how many bytes of a line that a crash cut off were removed. */
	torn_bytes?: number;
	/** Of a note: how many calls were refused because their record could not be written. */
	refused_calls?: number;
};

export type ChainEnd = { seq: number; hash: string };

export const chainStart: ChainEnd = { seq: 0, hash: '0'.repeat(64) };

const hashOf = (line: string | Uint8Array): string => createHash('sha256').update(line).digest('hex');

/** The next line (without its newline) and the chain's end after it. */
export function appendRecord(end: ChainEnd, record: AuditRecord): { line: string; end: ChainEnd } {
	const { timestamp, ...rest } = record;
	const line = JSON.stringify({ timestamp, seq: end.seq + 1, prev: end.hash, ...rest });
	return { line, end: { seq: end.seq + 1, hash: hashOf(line) } };
}

/** The chain's end after a line that was written before, or undefined when it is no line of a chain. */
export function endAfter(line: Uint8Array): ChainEnd | undefined {
	try {
		const { seq, prev } = Object(JSON.parse(Buffer.from(line).toString('utf8')));
		if (!Number.isSafeInteger(seq) || seq < 1 || typeof prev !== 'string' || !/^[0-9a-f]{64}$/.test(prev)) return undefined;
		return { seq, hash: hashOf(line) };
	} catch {
		return undefined;
	}
}

type Note = { error: 'torn_line'; torn_bytes: number } | { error: 'audit_unavailable'; refused_calls: number };

/** A record of the log about itself: nobody called, so nobody is named. */
export function noteOf(now: number, note: Note): AuditRecord {
	const nobody = { user_id: null, source_ip: '', latency_ms: 0, request_id: '', epoch: 0 };
	return { timestamp: new Date(now).toISOString(), method: 'audit', status: 'error', ...nobody, ...note };
}
