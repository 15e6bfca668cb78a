/** The public listener over real HTTP: every refusal of vault.md, and what stands around the tools. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { fakeKeyring, type RunningVault, startVault, tokens } from './builders.ts';

const answerOf = async (response: Response): Promise<{ error: { code: number } }> => JSON.parse(await response.text());
const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

describe('the public listener', () => {
	let running: RunningVault;
	before(async () => {
		running = await startVault({ config: { limits: { topK: 10, callsPerMinute: 600, failedAuthPerMinute: 1000 } } });
	});
	after(() => running.close());

	const lastRecord = () => JSON.parse(running.sink.lines.at(-1) ?? '{}');

	for (const [name, authorization] of [
		['no token', undefined],
		['an unknown token', 'Bearer evt_acme_unknown'],
		['an expired token', `Bearer ${tokens.expired}`],
		['another scheme', `Basic ${tokens.team}`],
	] as const) {
		it(`[VLT-3] ${name}: 401 that says Bearer and names no resource metadata`, async () => {
			const response = await running.post(list, { authorization });
			assert.equal(response.status, 401);
			assert.equal(response.headers.get('www-authenticate'), 'Bearer error="invalid_token"');
			assert.equal((await answerOf(response)).error.code, -32001);
			assert.equal(lastRecord().status, 'denied');
		});
	}
	it('[VLT-1] a token in the query string is not looked at', async () => {
		const response = await fetch(`${running.origin}/mcp?access_token=${tokens.team}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(list),
		});
		assert.equal(response.status, 401);
	});
	for (const path of [
		'/.well-known/oauth-protected-resource',
		'/.well-known/oauth-authorization-server/mcp',
		'/register',
		'/',
		'/metrics',
		'/probe',
	]) {
		it(`[VLT-3] ${path}: 404 with an empty body`, async () => {
			const response = await fetch(`${running.origin}${path}`);
			assert.equal(response.status, 404);
			assert.equal(await response.text(), '');
		});
	}
	it('[VLT-113] POST /register: 404, with an OAuth error that says what to do', async () => {
		const response = await fetch(`${running.origin}/register`, { method: 'POST', body: '{}' });
		assert.equal(response.status, 404);
		assert.deepEqual(await response.json(), {
			error: 'invalid_request',
			error_description: 'There is no OAuth here: put the token of this Vault into the configuration of your client, as a bearer token',
		});
	});
	for (const method of ['GET', 'DELETE', 'PUT', 'OPTIONS']) {
		it(`[VLT-9] ${method} /mcp: 405 with Allow: POST`, async () => {
			const response = await fetch(`${running.origin}/mcp`, { method });
			assert.equal(response.status, 405);
			assert.equal(response.headers.get('allow'), 'POST');
		});
	}
	it('[VLT-7] a host that is not ours: 421', async () => {
		const status = await new Promise(resolve => {
			request(`${running.origin}/health`, { headers: { host: 'evil.example' } }, answer => resolve(answer.resume().statusCode)).end();
		});
		assert.equal(status, 421);
	});
	it('[VLT-7] a foreign origin: 403, on record; an allowed one passes', async () => {
		assert.equal((await running.post(list, { origin: 'https://evil.example' })).status, 403);
		assert.equal(lastRecord().error, 'forbidden_origin');
		assert.equal((await running.post(list, { origin: 'https://app.example.com' })).status, 200);
	});
	it('[VLT-10] text: 415', async () => assert.equal((await running.post(list, { 'content-type': 'text/plain' })).status, 415));
	it('[VLT-10] a compressed body: 415', async () => assert.equal((await running.post(list, { 'content-encoding': 'gzip' })).status, 415));
	for (const [name, body, code] of [
		['a batch', [list], -32600],
		['33 levels', `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`, -32600],
		['no JSON', '{"jsonrpc":', -32700],
	] as const) {
		it(`[VLT-11] ${name}: 400`, async () => {
			const response = await running.post(body);
			assert.equal(response.status, 400);
			assert.equal((await answerOf(response)).error.code, code);
		});
	}
	it('[VLT-12] a declared length over the cap: 413 and Connection: close', async () => {
		const response = await running.post(`"${'a'.repeat(8 * 1024 * 1024)}"`);
		assert.equal(response.status, 413);
		assert.equal(response.headers.get('connection'), 'close');
	});
	it('[VLT-12] a body that grows over the cap without declaring it: 413', async () => {
		const chunk = Buffer.alloc(1024 * 1024, 'a');
		const status = await new Promise((resolve, reject) => {
			const headers = { authorization: `Bearer ${tokens.team}`, 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
			const sending = request(`${running.origin}/mcp`, { method: 'POST', headers }, answer => resolve(answer.resume().statusCode));
			sending.on('error', reject);
			for (let i = 0; i < 9; i++) sending.write(chunk);
			sending.end();
		});
		assert.equal(status, 413);
	});
	it('[VLT-12] a body of exactly the cap is read', async () => {
		assert.equal((await running.post(JSON.stringify(list).padEnd(8 * 1024 * 1024))).status, 200);
	});
	it('[VLT-110] a subscription, which would be a stream without end, is no method here', async () => {
		const _meta = {
			'io.modelcontextprotocol/protocolVersion': '2026-07-28',
			'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
			'io.modelcontextprotocol/clientCapabilities': {},
		};
		const listen = { jsonrpc: '2.0', id: 1, method: 'subscriptions/listen', params: { _meta, notifications: { toolsListChanged: true } } };
		const response = await running.post(listen, { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' });
		assert.equal(response.status, 404);
		assert.equal(response.headers.get('content-type'), 'application/json');
		assert.deepEqual(await response.json(), { jsonrpc: '2.0', id: 1, error: { code: -32601, message: 'Method not found' } });
	});
	it('every answer carries the id under which it is logged, and is not to be cached', async () => {
		const response = await running.post(list);
		assert.match(response.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
		assert.equal(response.headers.get('cache-control'), 'no-store');
		assert.equal(response.headers.get('x-powered-by'), null);
	});
	it('[VLT-30] a client that goes away in the middle of its body leaves nothing behind', async () => {
		const { port } = new URL(running.origin);
		const socket = connect(Number(port), '127.0.0.1');
		socket.write(
			`POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${tokens.team}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"json`,
		);
		await new Promise(resolve => setImmediate(resolve));
		socket.destroy();
		assert.equal((await running.post(list)).status, 200);
	});
	it('[VLT-16] nothing that was refused before a token was shown names a user, and no record holds a token', () => {
		const records = running.sink.lines.map(line => JSON.parse(line));
		assert.ok(records.length > 0);
		for (const record of records) assert.equal(record.user_id, null);
		for (const token of Object.values(tokens)) assert.ok(!running.sink.lines.join('\n').includes(token));
	});
});

describe('limits', () => {
	it('[VLT-4] failed attempts of an address end in 429; a valid token still passes', async () => {
		const running = await startVault({ config: { limits: { topK: 10, callsPerMinute: 600, failedAuthPerMinute: 3 } } });
		const statuses = [];
		for (let i = 0; i < 5; i++) statuses.push((await running.post(list, { authorization: 'Bearer guess' })).status);
		assert.deepEqual(statuses, [401, 401, 401, 429, 429]);
		const locked = await running.post(list, { authorization: undefined });
		assert.match(locked.headers.get('retry-after') ?? '', /^\d+$/);
		assert.equal((await running.post(list)).status, 200);
		await running.close();
	});

	it('[VLT-5][VLT-112] a token over its rate: 429 with Retry-After and the same in the error, and others go on', async () => {
		const running = await startVault({ config: { limits: { topK: 10, callsPerMinute: 3, failedAuthPerMinute: 20 } } });
		const call = {
			jsonrpc: '2.0',
			id: 'x',
			method: 'tools/call',
			params: { name: 'decrypt_scores', arguments: { encrypted_blob_b64: ['AA==', 'AA=='] } },
		};
		assert.equal((await running.post(call)).status, 200);
		const refused = await running.post(call);
		assert.equal(refused.status, 429);
		const seconds = Number(refused.headers.get('retry-after'));
		assert.ok(seconds >= 1 && seconds <= 20);
		assert.deepEqual(await refused.json(), {
			jsonrpc: '2.0',
			id: 'x',
			error: {
				code: -32000,
				message: `Rate limit exceeded: too many calls a minute; try again in ${seconds} s`,
				data: { retryAfterSeconds: seconds },
			},
		});
		assert.equal((await running.post(call, { authorization: `Bearer ${tokens.guest}` })).status, 200);
		assert.equal((await running.post(list)).status, 200, 'listing costs nothing');
		assert.equal(JSON.parse(running.sink.lines[1] ?? '').error, 'rate_limited');
		await running.close();
	});
});

describe('the audit record comes before the answer', () => {
	it('[VLT-17] a sink that fails: 503, not ready, and nothing of the result', async () => {
		const running = await startVault();
		running.sink.isBroken = true;
		const answer = await running.callTool('vault_status', {});
		assert.equal(answer.status, 503);
		assert.equal(answer.result, undefined);
		assert.equal((await fetch(`${running.internal}/readyz`)).status, 503);
		await running.close();
	});
});

describe('key files', () => {
	let running: RunningVault;
	before(async () => {
		running = await startVault();
	});
	after(() => running.close());
	const get = (name: string, headers: Record<string, string> = {}) =>
		fetch(`${running.origin}/v1/keys/${name}`, { headers: { authorization: `Bearer ${tokens.team}`, ...headers } });

	it('[VLT-15] the whole file, with its digest as ETag', async () => {
		const response = await get('EvalKey.json');
		assert.equal(response.status, 200);
		assert.equal(await response.text(), '{"eval":"0123456789"}');
		assert.equal(response.headers.get('etag'), fakeKeyring().files['EvalKey.json'].etag);
		assert.equal(response.headers.get('accept-ranges'), 'bytes');
	});
	it('[VLT-15] a range', async () => {
		const response = await get('EvalKey.json', { range: 'bytes=9-12' });
		assert.equal(response.status, 206);
		assert.equal(response.headers.get('content-range'), 'bytes 9-12/21');
		assert.equal(await response.text(), '0123');
	});
	it('[VLT-15] a range beyond the end: 416', async () => assert.equal((await get('EvalKey.json', { range: 'bytes=21-' })).status, 416));
	it('[VLT-15] the ETag known: 304', async () => {
		const { etag } = fakeKeyring().files['EncKey.json'];
		assert.equal((await get('EncKey.json', { 'if-none-match': `"other", W/${etag}` })).status, 304);
	});
	it('[VLT-15] If-Range of another file: the whole', async () => {
		assert.equal((await get('EvalKey.json', { range: 'bytes=0-1', 'if-range': '"other"' })).status, 200);
	});
	it('[VLT-15] without a token: 401; a file that is not public: 404', async () => {
		assert.equal((await get('EncKey.json', { authorization: 'Bearer x' })).status, 401);
		assert.equal((await get('SecKey.json')).status, 404);
	});
});
