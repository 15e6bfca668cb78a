/** Connections that are used on after a refusal or hold several requests, and limits at one less, exactly and one more. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { metadataKey, sealMetadata } from '../../../fhe/formats/metadata.ts';
import { MAX_BODY_BYTES } from '../../../vault/http/limits.ts';
import { fakeKeyring, teamSecret } from './builders.ts';
import { call, health, openWire, ping, post, startWatchedVault, type WatchedVault } from './wire.ts';

const guess = { token: 'Authorization: Bearer guess' };
const nested = (levels: number) =>
	`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${'['.repeat(levels - 2)}${']'.repeat(levels - 2)}}}`;
const toolCall = (name: string, args: unknown) =>
	JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } });

describe('connections that are used on', { timeout: 20_000 }, () => {
	let running: WatchedVault;
	before(async () => {
		running = await startWatchedVault();
	});
	after(() => running.close());

	it('[VLT-61] ten requests at once: answered in order, each counted, each denial on record', async () => {
		const answered = ['2xx', '4xx'].map(code => `vault_http_responses_total{code="${code}"}`);
		const before = await Promise.all(answered.map(running.metric));
		const records = running.sink.lines.length;
		const wire = openWire(running.origin);
		const numbered = (id: number) => ping.replace('"id":1', `"id":${id}`);
		wire.send([1, 2, 3, 4, 5].map(id => call(numbered(id)) + call(ping, guess)).join(''));
		for (const id of [1, 2, 3, 4, 5]) {
			assert.equal(JSON.parse((await wire.next())?.body ?? '').id, id);
			assert.equal((await wire.next())?.status, 401);
		}
		await running.idle();
		assert.deepEqual(
			await Promise.all(answered.map(running.metric)),
			before.map(count => count + 5),
		);
		assert.equal(running.sink.lines.length, records + 5);
		wire.socket.destroy();
		await running.assertWell();
	});

	const hidden = `${health}${call(ping)}`;
	const refusals: [name: string, request: string, status: number][] = [
		['no token', call(hidden, { token: '' }), 401],
		['a bad token', call(hidden, guess), 401],
		['an unknown path', call(hidden, { target: '/register' }), 404],
		['a body for a GET', `GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`, 200],
		['a method that is not taken', call(hidden).replace('POST', 'DELETE'), 405],
		['a foreign host', call(hidden).replace('Host: localhost', 'Host: evil.example'), 421],
		['a foreign origin', call(hidden, { headers: ['Origin: https://evil.example'] }), 403],
		['a compressed body', call(hidden, { headers: ['Content-Encoding: gzip'] }), 415],
		['a body that is no JSON', call(hidden), 400],
		['a batch', call(`[${ping}]`), 400],
		['33 levels', call(nested(33)), 400],
		['chunks without a token', post(['Transfer-Encoding: chunked'], `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`, guess), 401],
	];
	for (const [name, request, status] of refusals) {
		it(`[VLT-61] [VLT-68] ${name}: ${status}, its body is no request, and the next two calls are served`, async () => {
			const wire = openWire(running.origin);
			wire.send(request + call(ping));
			assert.deepEqual(await wire.statuses(2), [status, 200]);
			wire.send(call(ping));
			assert.deepEqual(await wire.statuses(1), [200]);
			wire.socket.destroy();
			await running.assertWell();
		});
	}

	it('[VLT-12] [VLT-61] a body over the cap: 413, and what stands behind it is not read', async () => {
		const wire = openWire(running.origin);
		wire.send(post([`Content-Length: ${MAX_BODY_BYTES + 1}`], ' '.repeat(MAX_BODY_BYTES + 1)) + call(ping));
		assert.deepEqual(await wire.statuses(2), [413, undefined]);
		await running.assertWell();
	});
});

describe('limits at their edges', { timeout: 30_000 }, () => {
	let running: WatchedVault;
	before(async () => {
		running = await startWatchedVault({ keyring: fakeKeyring() });
	});
	after(() => running.close());
	const envelope = sealMetadata(metadataKey(teamSecret, 'team'), { agent: 'team', index: 'i', record: 'r' }, 'x');

	const bodies: [limit: string, at: (n: number) => string, limit: number, taken: number, refused: number][] = [
		['a declared body of 8 MiB', n => call(ping.padEnd(n)), MAX_BODY_BYTES, 200, 413],
		[
			'a body of 8 MiB in chunks',
			n => post(['Transfer-Encoding: chunked'], `${n.toString(16)}\r\n${ping.padEnd(n)}\r\n0\r\n\r\n`),
			MAX_BODY_BYTES,
			200,
			413,
		],
		['32 levels', n => call(nested(n)), 32, 200, 400],
		[
			'a token of 512 characters, which is not known but read',
			n => call(ping, { token: `Authorization: Bearer ${'a'.repeat(n)}` }),
			512,
			401,
			401,
		],
	];
	for (const [name, at, limit, taken, refused] of bodies) {
		for (const [n, status] of [
			[limit - 1, taken],
			[limit, taken],
			[limit + 1, refused],
		] as const) {
			it(`[VLT-67] ${name}: ${n} gets ${status}`, async () => {
				const wire = openWire(running.origin);
				wire.send(at(n));
				assert.deepEqual(await wire.statuses(1), [status]);
				wire.socket.destroy();
				await running.assertWell();
			});
		}
	}
	it('[VLT-67] a token over 512 characters is malformed, one of 512 is only unknown', () => {
		const reasons = running.sink.lines.map(line => JSON.parse(line).error);
		assert.deepEqual(reasons, ['token_unknown', 'token_unknown', 'token_malformed']);
	});

	const lists: [name: string, body: (n: number) => string, limit: number, message: RegExp][] = [
		[
			'blobs',
			n => toolCall('decrypt_scores', { encrypted_blob_b64: Array(n).fill('AAAA') }),
			16,
			/^encrypted_blob_b64: (Too big|Invalid input)/,
		],
		[
			'envelopes',
			n => toolCall('decrypt_metadata', { encrypted_metadata_list: Array(n).fill(envelope) }),
			1000,
			/^encrypted_metadata_list: Too big/,
		],
		[
			'characters of key_id',
			n => toolCall('decrypt_scores', { encrypted_blob_b64: 'AAAA', key_id: 'k'.repeat(n) }),
			256,
			/^key_id: Too big/,
		],
		['top_k', n => toolCall('decrypt_scores', { encrypted_blob_b64: 'AAAA', top_k: n }), 10, /^Rate Limit Exceeded: Max top_k/],
	];
	for (const [name, body, limit, message] of lists) {
		for (const n of [limit - 1, limit, limit + 1]) {
			it(`[VLT-67] ${n} ${name}: ${n > limit ? 'too many' : 'read'}`, async () => {
				const answer = await (await running.post(body(n))).text();
				const text: string = JSON.parse(answer).result.content[0].text;
				if (n > limit) assert.match(text, message);
				else assert.doesNotMatch(text, message);
				await running.assertWell();
			});
		}
	}
});
