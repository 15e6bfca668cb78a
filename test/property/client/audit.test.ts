/**
 * Any log the Vault writes is a whole chain to the plug-in; and whatever is done to one of its lines, it no longer is. Two things cannot
 * show by the chain alone, and do with a witness: a change of the last line, and its loss.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { beginFile, endFile, firstFault, newReading, type Options, takeLine } from '../../../client/kubectl/audit-report.ts';
import { type AuditRecord, appendRecord, chainStart } from '../../../vault/audit/chain.ts';
import { chainOf } from '../../unit/client/kubectl/audit-lines.ts';

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });

const record: fc.Arbitrary<AuditRecord> = fc
	.record({
		timestamp: fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }).map(date => date.toISOString()),
		user_id: fc.option(fc.string({ unit: 'grapheme' })),
		method: fc.constantFrom('http', 'decrypt_scores', 'audit'),
		top_k: optional(fc.nat(50)),
		result_count: optional(fc.nat(50)),
		status: fc.constantFrom('success', 'denied', 'error'),
		source_ip: fc.constantFrom('', '10.0.0.1', '::1'),
		latency_ms: fc.double({ min: 0, max: 1e6, noNaN: true }),
		key_version: optional(fc.nat(9)),
		blob_sha256: optional(hex),
		request_id: fc.uuid(),
		epoch: fc.nat(),
		error: optional(fc.string({ unit: 'binary' })),
		torn_bytes: optional(fc.nat()),
		refused_calls: optional(fc.nat()),
	})
	.map(({ ...each }) => Object.assign(each));

const log = fc
	.uniqueArray(record, { minLength: 2, maxLength: 12, selector: ({ request_id }) => request_id })
	.map(records => chainOf(records));

const options = (change: Partial<Options> = {}): Options => ({
	isPartial: false,
	hasRestarts: false,
	isAmongLogs: false,
	witness: undefined,
	...change,
});

function fault(lines: readonly string[], rules: Options): string | undefined {
	const read = lines.reduce((reading, line) => takeLine(reading, Buffer.from(line), rules), beginFile(newReading, 'log'));
	return firstFault(endFile(read, 0), rules);
}

/**
 * What may be done to one line: the lines after it, whether it was done to the end of the log and nothing else, and whether what came in is
 * a whole chain of its own, which is what several processes look like.
 */
type Tampering = { name: string; lines: string[]; isAtEnd: boolean; isWhole?: boolean };

const tampering = (lines: readonly string[]): fc.Arbitrary<Tampering> => {
	const { length } = lines;
	const at = (name: string, index: number, ...into: string[]): Tampering => ({
		name,
		lines: lines.toSpliced(index, 1, ...into),
		isAtEnd: index === length - 1,
	});
	const line = (index: number) => lines[index] ?? '';
	const index = fc.nat(length - 1);
	const changed = fc
		.tuple(index, fc.nat(), fc.constantFrom(...'0aX"{} '))
		.map(([i, where, character]) => {
			const position = where % line(i).length;
			return at('change', i, line(i).slice(0, position) + character + line(i).slice(position + 1));
		})
		.filter(({ lines: after }) => after.some((each, i) => each !== line(i)));
	const edited = fc.tuple(index, fc.constantFrom('user_id', 'status', 'result_count', 'extra')).map(([i, field]) => {
		const value = field === 'status' ? 'denied' : field === 'user_id' ? 'someone' : 99;
		return at('edit', i, JSON.stringify({ ...JSON.parse(line(i)), [field]: value, latency_ms: 0.25 }));
	});
	const dropped = index.map(i => at('drop', i));
	const repeated = index.map(i => ({ ...at('repeat', i, line(i), line(i)), isAtEnd: false }));
	const swapped = fc
		.tuple(index, index)
		.filter(([i, j]) => i < j)
		.map(([i, j]) => ({ name: 'swap', lines: lines.with(i, line(j)).with(j, line(i)), isAtEnd: false }));
	const moved = fc.tuple(index, index).map(([from, to]) => ({ ...at('copy', to, line(from), line(to)), isAtEnd: false }));
	// Somebody who knows the format: fits the line before, so that only what follows tells.
	const forged = fc.nat(length - 1).map(i => {
		const end = i === 0 ? chainStart : { seq: i, hash: JSON.parse(line(i)).prev };
		const { line: forgery } = appendRecord(end, { ...JSON.parse(line(i)), seq: undefined, prev: undefined, user_id: 'forged' });
		const fitting = JSON.stringify({ ...JSON.parse(forgery), seq: end.seq + 1, prev: end.hash });
		return { ...at('forge', i, fitting, line(i)), isAtEnd: false, isWhole: i === 0 };
	});
	return fc.oneof(changed, edited, dropped, repeated, swapped, moved, forged);
};

const tampered = log.chain(({ lines, end }) => tampering(lines).map(done => ({ ...done, end })));

describe('the audit chain that the Vault writes and the plug-in reads', () => {
	it('[CLI-20] is whole, however it was written, and ends in the hash the Vault goes on from', () => {
		fc.assert(
			fc.property(log, fc.nat(), ({ lines, end }, cut) => {
				assert.equal(fault(lines, options({ witness: end.hash })), undefined);
				const from = cut % lines.length;
				assert.equal(fault(lines.slice(from), options({ isPartial: true })), undefined);
				assert.equal(fault([...lines.slice(0, from), 'a log line', ...lines.slice(from)], options({ isAmongLogs: true })), undefined);
			}),
			{ numRuns: 100 },
		);
	});

	it('[CLI-20] is broken by whatever is done to one of its lines, except at its very end', () => {
		fc.assert(
			fc.property(tampered, fc.boolean(), ({ lines, isAtEnd, isWhole, name }, hasRestarts) => {
				fc.pre(!isAtEnd && !(isWhole && hasRestarts));
				assert.notEqual(fault(lines, options({ hasRestarts })), undefined, name);
			}),
			{ numRuns: 1000 },
		);
	});

	it('[CLI-20] is broken there too, when the hash of the end was noted', () => {
		fc.assert(
			fc.property(tampered, fc.record({ hasRestarts: fc.boolean(), isAmongLogs: fc.boolean() }), ({ lines, end, isWhole, name }, rules) => {
				fc.pre(!(isWhole && rules.hasRestarts));
				assert.notEqual(fault(lines, options({ ...rules, witness: end.hash })), undefined, name);
			}),
			{ numRuns: 1000 },
		);
	});

	it('reads any bytes without an exception', () => {
		fc.assert(
			fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), fc.boolean(), (lines, isAmongLogs) => {
				const rules = options({ isAmongLogs });
				firstFault(
					endFile(
						lines.reduce((reading, line) => takeLine(reading, line, rules), beginFile(newReading, 'log')),
						3,
					),
					rules,
				);
			}),
			{ numRuns: 200 },
		);
	});
});
