/**
 * Writes audit records as JSON lines. `write` resolves when the line is as safe as its sink can make it, and the answer waits for it:
 * what was decrypted without a record is not given away.
 */
import type { Writable } from 'node:stream';
import { VaultError } from '../../fhe/errors.ts';
import { type AuditRecord, appendRecord, chainStart } from './chain.ts';

export type AuditLog = {
	/** @throws VaultError `audit_unavailable` when the sink does not take the line. */
	write(record: AuditRecord): Promise<void>;
	/** Tells when records can no longer be written, with the reason, and (undefined) when they can again. */
	watch(listener: (problem: string | undefined) => void): void;
	/** Since the start. */
	readonly written: Readonly<Written>;
	/** Where records are kept; absent where they only pass through. */
	freeBytes?(): Promise<number>;
};

export type Written = { lines: number; bytes: number };

export const unavailable = (cause: unknown): VaultError =>
	new VaultError('audit_unavailable', 'the audit record could not be written', { cause });

export const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** A log over one stream: a line is written when the operating system has it. Lines are numbered in the order of the calls. */
export function createAuditLog(sink: Writable): AuditLog {
	let end = chainStart;
	let tell: (problem: string | undefined) => void = () => undefined;
	const written: Written = { lines: 0, bytes: 0 };
	// The failure is told by the callback of each write; without a listener it would end the process as well.
	sink.on('error', () => undefined);
	return {
		written,
		watch(listener) {
			tell = listener;
		},
		write(record) {
			const next = appendRecord(end, record);
			end = next.end;
			return new Promise((resolve, reject) => {
				const line = Buffer.from(`${next.line}\n`);
				sink.write(line, cause => {
					tell(cause ? reasonOf(cause) : undefined);
					if (cause) return reject(unavailable(cause));
					written.lines += 1;
					written.bytes += line.length;
					resolve();
				});
			});
		},
	};
}
