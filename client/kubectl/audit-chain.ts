/**
 * Whether lines are an audit chain, line by line. Pure.
 *
 * The reading twin of `vault/audit/chain.ts`, which the client may not import: each line holds its number and the SHA-256 of the bytes
 * of the line before, the first one 1 and 64 zeros. `test/property/client/audit.test.ts` has this side read what that side writes.
 *
 * What a chain cannot show: that its last line was changed or taken off, and that somebody who may write the file computed all of it anew.
 * Both show against a hash that was noted before and elsewhere: the witness.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';

/** May have more fields than these: a newer Vault may tell more. */
const recordSchema = z.looseObject({
	timestamp: z.iso.datetime({ error: 'must be a time' }),
	seq: z.int().min(1),
	prev: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits'),
	user_id: z.string().nullable(),
	method: z.string().min(1),
	status: z.enum(['success', 'denied', 'error']),
	source_ip: z.string(),
	latency_ms: z.number().min(0),
	request_id: z.string(),
	epoch: z.int().min(0),
	error: z.string().optional(),
});

const ZEROS = '0'.repeat(64);

export type AuditLine = { seq: number; prev: string; timestamp: string; hash: string };
export type Place = { file: string; line: number };

/** The line as far as the chain goes by it, or what is wrong with it. */
export function readLine(bytes: Uint8Array): AuditLine | { wrong: string } {
	let value: unknown;
	try {
		value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
	} catch {
		return { wrong: 'is not JSON' };
	}
	const read = recordSchema.safeParse(value);
	if (!read.success) {
		const issue = read.error.issues[0];
		return { wrong: `is no audit record: ${[...(issue?.path ?? []), issue?.message].join(': ')}` };
	}
	const { seq, prev, timestamp } = read.data;
	return { seq, prev, timestamp, hash: createHash('sha256').update(bytes).digest('hex') };
}

/** Whether this is a line of another kind, such as the logs that `kubectl logs` mixes in: one that never was a record. */
export function isForeign(bytes: Uint8Array): boolean {
	const text = Buffer.from(bytes).toString('utf8');
	return !(text.includes('"seq"') && text.includes('"prev"'));
}

export type Rules = {
	/** The first of all lines need not be the beginning of its chain. */
	isPartial: boolean;
	/** A file may hold several chains, one after the other: those of several processes. */
	hasRestarts: boolean;
};

/** How far one has read. `lost`: the line before could not be read, so that nothing is known of what this one must say. */
export type Position = { last: AuditLine | 'lost' | undefined; isNewFile: boolean; beginnings: ReadonlyMap<string, Place> };

export const beforeAll: Position = { last: undefined, isNewFile: true, beginnings: new Map() };

export type Step = { kind: 'follows' | 'begins' | 'partial' } | { kind: 'broken'; why: string };

const broken = (why: string): Step => ({ kind: 'broken', why });

/** How a line fits what was read before it. */
export function fit({ last, isNewFile, beginnings }: Position, line: AuditLine, rules: Rules): Step {
	if (last === 'lost') return { kind: 'follows' };
	if (last !== undefined && line.seq === last.seq + 1) {
		if (line.prev === last.hash) return { kind: 'follows' };
		return broken('prev is not the SHA-256 of the line before: one of the two was changed');
	}
	if (line.seq === 1) {
		if (line.prev !== ZEROS) return broken('seq is 1, and prev is not 64 zeros');
		const before = beginnings.get(line.hash);
		if (before !== undefined) return broken(`repeats line ${before.line} of ${before.file}, where a chain begins`);
		if (isNewFile || rules.hasRestarts) return { kind: 'begins' };
		return broken('a chain begins anew in the middle (--restarts, when the log is of several processes)');
	}
	if (last === undefined) {
		if (rules.isPartial) return { kind: 'partial' };
		return broken(`seq is ${line.seq}: the beginning is missing (--partial, when that is known)`);
	}
	return broken(`seq is ${line.seq} and not ${last.seq + 1}${isNewFile ? ': it does not go on from the file before' : ''}`);
}
