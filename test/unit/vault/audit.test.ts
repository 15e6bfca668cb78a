/** The audit chain and its writer. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { appendRecord, chainStart } from '../../../vault/audit/chain.ts';
import { createAuditLog } from '../../../vault/audit/log.ts';
import { recordOf } from '../../../vault/http/audit.ts';
import { record } from './audit-record.ts';

const sinkTo = (lines: string[]) =>
	new Writable({
		write(chunk, _encoding, done) {
			lines.push(String(chunk));
			done();
		},
	});

describe('audit', () => {
	it('[VLT-16] each line carries its number and the hash of the line before', () => {
		const first = appendRecord(chainStart, record());
		const second = appendRecord(first.end, record({ status: 'denied' }));
		const [a, b] = [JSON.parse(first.line), JSON.parse(second.line)];
		assert.deepEqual([a.seq, a.prev, b.seq], [1, '0'.repeat(64), 2]);
		assert.equal(b.prev, createHash('sha256').update(first.line).digest('hex'));
		assert.deepEqual(Object.keys(a).slice(0, 3), ['timestamp', 'seq', 'prev']);
	});

	it('[VLT-16] lines come whole and in the order of the calls', async () => {
		const lines: string[] = [];
		const log = createAuditLog(sinkTo(lines));
		await Promise.all(Array.from({ length: 20 }, (_, i) => log.write(record({ result_count: i }))));
		assert.deepEqual(
			lines.map(line => JSON.parse(line).seq),
			Array.from({ length: 20 }, (_, i) => i + 1),
		);
		assert.ok(lines.every(line => line.endsWith('\n')));
	});

	it('[VLT-17] a sink that does not take the line is an error', async () => {
		const log = createAuditLog(new Writable({ write: (_chunk, _encoding, done) => done(new Error('disk full')) }));
		await assert.rejects(log.write(record()), { code: 'audit_unavailable' });
	});
});

describe('recordOf', () => {
	const call = () => ({ requestId: 'r', startedAt: 0, sourceIp: '10.0.0.1', signal: new AbortController().signal });
	it('a handshake leaves no record', () => assert.equal(recordOf(call(), 0, 1), undefined));
	it('[VLT-16] a denial leaves one without a name', () => {
		const refusal = { status: 401, code: -32001, message: '', audit: 'token_unknown' } as const;
		const written = recordOf({ ...call(), refusal }, 0, 1);
		assert.deepEqual([written?.user_id, written?.status, written?.error], [null, 'denied', 'token_unknown']);
	});
	it('[VLT-16] a run leaves its figures', () => {
		const tool = {
			name: 'decrypt_scores',
			status: 'success',
			milliseconds: 1,
			topK: 5,
			resultCount: 5,
			keyVersion: 1,
			blobSha256: 'ab',
		} as const;
		const { latency_ms: _, ...written } =
			recordOf({ ...call(), tool, identity: { name: 'team', role: 'Member', generation: 1, id: '0123456789abcdef' } }, 0, 7) ?? record();
		assert.deepEqual(written, {
			timestamp: '1970-01-01T00:00:00.000Z',
			user_id: 'team',
			source_ip: '10.0.0.1',
			request_id: 'r',
			epoch: 7,
			method: 'decrypt_scores',
			status: 'success',
			top_k: 5,
			result_count: 5,
			key_version: 1,
			blob_sha256: 'ab',
		});
	});
});
