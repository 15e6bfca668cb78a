/** Audit logs as the Vault writes them, made by the Vault's own code. */
import { type AuditRecord, appendRecord, type ChainEnd, chainStart } from '../../../../vault/audit/chain.ts';
import { record as aRecord } from '../../vault/audit-record.ts';

/** The lines of these records, from some end of a chain on. */
export function chainOf(records: readonly AuditRecord[], from: ChainEnd = chainStart): { lines: string[]; end: ChainEnd } {
	let end = from;
	const lines = records.map(record => {
		const next = appendRecord(end, record);
		end = next.end;
		return next.line;
	});
	return { lines, end };
}

/** `count` lines; each has its own request id. */
export const aChain = (count: number, name = 'r', from?: ChainEnd) =>
	chainOf(
		Array.from({ length: count }, (_, i) =>
			aRecord({ request_id: `${name}${i}`, timestamp: new Date(Date.UTC(2026, 0, 1, 0, i)).toISOString() }),
		),
		from,
	);
