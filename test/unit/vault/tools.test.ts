/** The tools, with the vendor's key and vectors. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { metadataKey, sealMetadata } from '../../../fhe/formats/metadata.ts';
import type { Keyring } from '../../../vault/keys/keyring.ts';
import { roundScore } from '../../../vault/tools/decrypt-scores.ts';
import {
	base64,
	fakeKeyring,
	type RunningVault,
	sha256,
	startVault,
	teamSecret,
	tokens,
	vector,
	vectorPath,
	vendorKeyring,
} from './builders.ts';

const blob = (name: string) => base64(vector(name));
const floats = (name: string) => new Float32Array(vector(name).buffer);
const rows = (results: unknown) => (Array.isArray(results) ? results : []);

describe('decrypt_scores', () => {
	let running: RunningVault;
	let keyring: Keyring;
	before(async () => {
		keyring = await vendorKeyring();
		running = await startVault({ keyring });
	});
	after(() => running.close());

	const decrypt = (args: Record<string, unknown>) => running.callTool('decrypt_scores', args);
	const textOf = (answer: Awaited<ReturnType<typeof decrypt>>) => answer.result?.content[0]?.text;

	it('[VLT-18] five rows when not told how many', async () => {
		const answer = await decrypt({ encrypted_blob_b64: blob('score-single.pb') });
		assert.equal(rows(answer.result?.structuredContent?.results).length, 5);
		assert.equal(answer.result?.structuredContent?.key_id, keyring.current.id);
	});

	it('[VLT-18] a message of several shards gives the expected top ten', async () => {
		const expected: { shard_idx: number; row_idx: number; score: number }[] = JSON.parse(
			readFileSync(vectorPath('score-sharded.top10.json'), 'utf8'),
		);
		const answer = await decrypt({ encrypted_blob_b64: blob('score-sharded.pb'), top_k: 10 });
		assert.deepEqual(
			rows(answer.result?.structuredContent?.results).map(({ index: _, ...hit }) => hit),
			expected.map(hit => ({ ...hit, score: roundScore(hit.score) })),
		);
	});

	it('[VLT-18] a plain SearchResult is shard 0', async () => {
		const scores = floats('result-0.f32');
		const best = scores.indexOf(scores.toSorted().at(-1) ?? 0);
		const answer = await decrypt({ encrypted_blob_b64: blob('result-0.bin'), top_k: 1 });
		assert.deepEqual(answer.result?.structuredContent?.results, [
			{ index: best, shard_idx: 0, row_idx: best, score: roundScore(scores[best] ?? 0) },
		]);
	});

	it('[VLT-18] a Query blob gives its coordinates, ranked', async () => {
		const coordinates = floats('query-1024.f32');
		const best = [...coordinates.keys()].toSorted((a, b) => (coordinates[b] ?? 0) - (coordinates[a] ?? 0)).slice(0, 3);
		const answer = await decrypt({ encrypted_blob_b64: blob('query-1024.bin'), top_k: 3 });
		assert.deepEqual(
			rows(answer.result?.structuredContent?.results).map(hit => hit.row_idx),
			best,
		);
	});

	it('[VLT-18] several blobs are ranked together, each a shard of its own, index counting through', async () => {
		const answer = await decrypt({ encrypted_blob_b64: [blob('result-2.bin'), blob('result-0.bin')], top_k: 10 });
		const results = rows(answer.result?.structuredContent?.results);
		const first = floats('result-2.f32').length;
		assert.ok(results.some(hit => hit.shard_idx === 0) || results.some(hit => hit.shard_idx === 1));
		for (const hit of results) assert.equal(hit.index, hit.shard_idx * first + hit.row_idx);
		for (const [at, hit] of results.entries()) assert.ok(at === 0 || results[at - 1].score >= hit.score);
	});

	it('[VLT-18] key_id chooses the key, and an unknown one is named', async () => {
		assert.equal((await decrypt({ encrypted_blob_b64: blob('result-0.bin'), key_id: keyring.current.id })).result?.isError, undefined);
		assert.equal(textOf(await decrypt({ encrypted_blob_b64: blob('result-0.bin'), key_id: 'other' })), 'key_id: no such key here');
	});

	it('[VLT-18] over the cap of rows', async () => {
		assert.equal((await decrypt({ encrypted_blob_b64: blob('result-0.bin'), top_k: 10 })).result?.isError, undefined);
		const answer = await decrypt({ encrypted_blob_b64: blob('result-0.bin'), top_k: 11 });
		assert.equal(answer.result?.isError, true);
		assert.equal(textOf(answer), 'Rate Limit Exceeded: Max top_k is 10');
		assert.deepEqual((({ status, error }) => ({ status, error }))(JSON.parse(running.sink.lines.at(-1) ?? '')), {
			status: 'denied',
			error: 'rate_limited',
		});
	});

	const bad: [string, Record<string, unknown>, RegExp][] = [
		['no blob', {}, /^encrypted_blob_b64: /],
		['an empty blob', { encrypted_blob_b64: '' }, /^encrypted_blob_b64: /],
		['no base64', { encrypted_blob_b64: '*'.repeat(100) }, /^encrypted_blob_b64: not base64$/],
		['a blob that is none', { encrypted_blob_b64: 'AAAA' }, /^encrypted_blob_b64: Deserialization failed: /],
		[
			'a newer format',
			{ encrypted_blob_b64: Buffer.from('EVIS0000').toString('base64') },
			/^encrypted_blob_b64: unsupported format version/,
		],
		[
			'the second of two blobs',
			{ encrypted_blob_b64: [blob('result-0.bin'), 'AAAA'] },
			/^encrypted_blob_b64\[1\]: Deserialization failed: /,
		],
		['17 blobs', { encrypted_blob_b64: Array(17).fill('AAAA') }, /^encrypted_blob_b64: /],
		['top_k 0', { encrypted_blob_b64: 'AAAA', top_k: 0 }, /^top_k: /],
		['top_k 1.5', { encrypted_blob_b64: 'AAAA', top_k: 1.5 }, /^top_k: /],
		['an argument that does not exist', { encrypted_blob_b64: 'AAAA', topk: 3 }, /^topk: /],
	];
	for (const [name, args, message] of bad) {
		it(`[VLT-19] ${name} is a tool error that names the argument`, async () => {
			const answer = await decrypt(args);
			assert.equal(answer.status, 200);
			assert.equal(answer.result?.isError, true);
			assert.match(textOf(answer) ?? '', message);
		});
	}

	it('[VLT-16] the record of a call: who, what, how many, which blob; no score', async () => {
		await decrypt({ encrypted_blob_b64: blob('result-0.bin'), top_k: 4 });
		const record = JSON.parse(running.sink.lines.at(-1) ?? '');
		assert.deepEqual(
			[record.user_id, record.method, record.top_k, record.result_count, record.status, record.key_version, record.epoch, record.source_ip],
			['team', 'decrypt_scores', 4, 4, 'success', 1, 7, '127.0.0.1'],
		);
		assert.equal(record.blob_sha256, sha256(vector('result-0.bin')));
	});

	it('[VLT-31] vault_status', async () => {
		const { result } = await running.callTool('vault_status', {}, tokens.admin);
		const { released_bits: bits, ...rest } = result?.structuredContent ?? {};
		const { released, left } = running.vault.ledger.balance({ name: 'admin', role: 'Admin', generation: 1, id: '' }, keyring.current);
		assert.deepEqual(bits, { key: released, limit_per_key: 3000, left, on_limit: 'Alert', today: 0 });
		assert.deepEqual(rest, {
			vault: 'acme',
			team: 'acme',
			vault_version: '0.1.0',
			role: 'primary',
			epoch: 7,
			key_id: keyring.current.id,
			key_version: 1,
			fingerprint: keyring.current.fingerprint,
			dimension: 1024,
			identity: { name: 'admin', role: 'Admin', generation: 1 },
			limits: { max_top_k: 10, calls_per_minute: 600, max_blobs_per_call: 16, max_body_bytes: 8_388_608, score_decimals: 4 },
			protection: { guard_rows: 0, score_noise: 0, provenance: 'Optional' },
		});
	});

	it("[VLT-21] get_public_key: files as text, EvalKey.json as a link, the caller's own metadata key", async () => {
		const { result } = await running.callTool('get_public_key', {});
		const key = result?.structuredContent ?? {};
		assert.equal(key.fingerprint, keyring.current.fingerprint);
		assert.equal(JSON.parse(String(key['EncKey.json'])).format_version, 1);
		assert.deepEqual(key['MetadataKey.json'], { agent_id: 'team', key: base64(metadataKey(teamSecret, 'team')) });
		const link = key['EvalKey.json'];
		assert.ok(typeof link === 'object' && link !== null && 'url' in link && 'sha256' in link && 'bytes' in link);
		const file = await fetch(new URL(String(link.url), running.origin), { headers: { authorization: `Bearer ${tokens.team}` } });
		const body = new Uint8Array(await file.arrayBuffer());
		assert.deepEqual([sha256(body), body.length], [link.sha256, link.bytes]);
		const inline = await running.callTool('get_public_key', { include: ['EvalKey.json'] });
		assert.equal(sha256(String(inline.result?.structuredContent?.['EvalKey.json'])), link.sha256);
	});

	it('[VLT-24] the metrics count it', async () => {
		const text = await (await fetch(`${running.internal}/metrics`)).text();
		assert.match(text, /vault_decryption_requests_total\{tool="decrypt_scores",status="success"\} [1-9]/);
		assert.match(text, /vault_decryption_errors_total\{tool="decrypt_scores"\} [1-9]/);
		assert.match(text, /vault_decryption_latency_seconds\{quantile="0.95",tool="decrypt_scores"\} 0\.\d+/);
	});
});

describe('roundScore', () => {
	for (const [score, rounded] of [
		[0.99979579, 0.9998],
		[-0.99979579, -0.9998],
		[1.00004, 1],
		[1.25, 1.25],
		[-0.00001, 0],
	] as const) {
		it(`${score} → ${rounded}`, () => assert.ok(Object.is(roundScore(score), rounded)));
	}
});

describe('decrypt_metadata', () => {
	let running: RunningVault;
	before(async () => {
		running = await startVault();
	});
	after(() => running.close());

	const envelope = (agent: string, text: string) =>
		sealMetadata(metadataKey(teamSecret, agent), { agent, index: 'decisions', record: 'r' }, text);
	const open = (list: unknown, token?: string) => running.callTool('decrypt_metadata', { encrypted_metadata_list: list }, token);

	it('[VLT-23] opens the envelopes of its own identity, in order', async () => {
		const answer = await open([envelope('team', 'one'), envelope('team', 'zwei'), envelope('team', '')]);
		assert.deepEqual(answer.result?.structuredContent, { decrypted_metadata: ['one', 'zwei', ''] });
	});
	it('[VLT-23] a Member does not open those of another, an Admin does', async () => {
		const answer = await open([envelope('team', 'one'), envelope('guest', 'secret')]);
		assert.equal(answer.result?.content[0]?.text, 'encrypted_metadata_list[1]: belongs to another identity');
		assert.equal(JSON.parse(running.sink.lines.at(-1) ?? '').status, 'denied');
		assert.deepEqual((await open([envelope('guest', 'x')], tokens.admin)).result?.structuredContent, { decrypted_metadata: ['x'] });
	});
	it('[VLT-23] a Member who claims the envelope of another as its own gets nothing', async () => {
		const stolen = JSON.stringify({ ...JSON.parse(envelope('guest', 'secret')), a: 'team' });
		assert.equal((await open([stolen])).result?.content[0]?.text, 'encrypted_metadata_list[0]: Decryption failed');
	});
	for (const [name, list] of [
		['no list', undefined],
		['an empty list', []],
		['1001 envelopes', Array(1001).fill('{}')],
		['no JSON', ['nothing']],
		['a number', [1]],
	] as const) {
		it(`[VLT-19] ${name} is a tool error that names the argument`, async () => {
			const answer = await open(list);
			assert.equal(answer.result?.isError, true);
			assert.match(answer.result?.content[0]?.text ?? '', /^encrypted_metadata_list/);
		});
	}
});

describe('what a client sees of a failure of ours', () => {
	it('[VLT-19] "internal error" with the id under which it is logged, and nothing else', async () => {
		const running = await startVault({
			keyring: fakeKeyring({
				metadataKey: () => {
					throw new Error('a detail nobody outside may see');
				},
			}),
		});
		const answer = await running.callTool('get_public_key', {});
		assert.equal(answer.result?.isError, true);
		const record = JSON.parse(running.sink.lines.at(-1) ?? '');
		assert.equal(answer.result?.content[0]?.text, `internal error (${record.request_id})`);
		assert.deepEqual([record.status, record.error], ['error', 'internal']);
		await running.close();
	});
});
