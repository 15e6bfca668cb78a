/**
 * Writes audit records as JSON lines. `write` resolves when the line has been handed to the operating system, and the answer waits for
 * it: what was decrypted without a record is not given away.
 */
import type { Writable } from 'node:stream';
import { VaultError } from '../../fhe/errors.ts';
import { type AuditRecord, appendRecord, chainStart } from './chain.ts';

export type AuditLog = {
	/** @throws VaultError `audit_unavailable` when the sink does not take the line. */
	write(record: AuditRecord): Promise<void>;
};

/** A log over one stream. Lines are numbered in the order of the calls. */
export function createAuditLog(sink: Writable): AuditLog {
	let end = chainStart;
	// The failure is told by the callback of each write; without a listener it would end the process as well.
	sink.on('error', () => undefined);
	return {
		write(record) {
			const next = appendRecord(end, record);
			end = next.end;
			return new Promise((resolve, reject) => {
				sink.write(`${next.line}\n`, cause => {
					if (cause) reject(new VaultError('audit_unavailable', 'the audit record could not be written', { cause }));
					else resolve();
				});
			});
		},
	};
}
