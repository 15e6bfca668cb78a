/** Clients that starve, crowd or leave the public listener, which has short limits here. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { listen } from '../../../vault/http/listen.ts';
import { base64, fakeKeyring, type RunningVault, tokens, vector, vendorKeyring } from './builders.ts';
import { call, health, openWire, post, startWatchedVault } from './wire.ts';

const guess = { token: 'Authorization: Bearer guess' };

/** Over a connection of its own; undefined when it was dropped. */
async function statusOfHealth({ origin }: RunningVault): Promise<number | undefined> {
	const wire = openWire(origin);
	wire.send(health);
	const [status] = await wire.statuses(1);
	wire.socket.destroy();
	return status;
}

/** A Vault that is closed with its test: one left open would keep the process from ending when the test fails. */
async function start(t: TestContext, options?: Parameters<typeof startWatchedVault>[0]) {
	const running = await startWatchedVault(options);
	t.after(() => running.close());
	return running;
}

describe('clients that starve, crowd or leave', { timeout: 20_000 }, () => {
	const quick = { headersTimeoutMs: 60, requestTimeoutMs: 120, checkIntervalMs: 20, stallTimeoutMs: 200 };
	const slow: [name: string, sent: string, statuses: (number | undefined)[]][] = [
		['that say nothing', '', [408, undefined]],
		['that do not end their head', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\n', [408, undefined]],
		['that do not end their body', post(['Content-Length: 100'], '{'), [408, undefined]],
		['that do not end a chunk', post(['Transfer-Encoding: chunked'], 'ffffffffffffff\r\n{'), [408, undefined]],
		['that are refused before they end their body', post(['Content-Length: 100'], '{', guess), [401, 408, undefined]],
	];
	for (const [name, sent, statuses] of slow) {
		it(`[VLT-65] ${name} are closed`, async t => {
			const running = await start(t, { limits: quick });
			const wire = openWire(running.origin);
			wire.send(sent);
			assert.deepEqual(await wire.statuses(statuses.length), statuses);
			await running.assertWell();
		});
	}

	it('[VLT-65] that drip a head byte by byte are closed as well', async t => {
		const running = await start(t, { limits: quick });
		const wire = openWire(running.origin);
		const dripping = setInterval(() => wire.send('X'), 10);
		wire.send('GET /health HTTP/1.1\r\nHost: localhost\r\nX: ');
		assert.deepEqual(await wire.statuses(1), [408]);
		clearInterval(dripping);
	});

	it('[VLT-65] that ask for much and read nothing are closed', async t => {
		const body = Buffer.alloc(32 * 1024 * 1024);
		const file = { body, sha256: '', etag: '"0"' };
		const running = await start(t, {
			limits: { ...quick, maxConnections: 1 },
			keyring: fakeKeyring({ files: { 'EncKey.json': file, 'EvalKey.json': file } }),
		});
		const socket = connect(Number(new URL(running.origin).port), '127.0.0.1').on('error', () => undefined);
		socket.pause();
		socket.write(`GET /v1/keys/EvalKey.json HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${tokens.team}\r\n\r\n`);
		while ((await running.metric('vault_http_responses_total{code="2xx"}')) === 0) await new Promise(resolve => setImmediate(resolve));
		// The only connection there may be: the next one is served when it has been cut.
		while ((await statusOfHealth(running)) !== 200);
		let received = 0;
		socket.on('data', data => (received += data.length)).resume();
		await once(socket, 'close');
		assert.ok(received < body.length, `${received} bytes`);
	});

	it('[VLT-65] that open a TLS connection and say nothing are closed', async () => {
		const listener = await listen(() => undefined, { host: '127.0.0.1', port: 0, tls: { cert: '', key: '' }, limits: quick });
		const socket = connect(listener.port, '127.0.0.1')
			.resume()
			.on('error', () => undefined);
		await once(socket, 'close');
		await listener.close(0);
	});

	it('[VLT-30] that hold all connections: the next ones are dropped, and served when there is room', async t => {
		const running = await start(t, { limits: { maxConnections: 8 } });
		const wires = Array.from({ length: 40 }, () => openWire(running.origin));
		for (const wire of wires) wire.send(health);
		const served = (await Promise.all(wires.map(wire => wire.statuses(1)))).filter(([status]) => status === 200);
		assert.equal(served.length, 8);
		for (const wire of wires) wire.socket.destroy();
		while ((await statusOfHealth(running)) !== 200);
		await running.assertWell();
	});

	it('[VLT-30] that send more requests over one connection than it takes: the rest is not served', async t => {
		const running = await start(t, { limits: { maxRequestsPerSocket: 3 } });
		const wire = openWire(running.origin);
		wire.send(health.repeat(5));
		assert.deepEqual(await wire.statuses(4), [200, 200, 200, 503]);
		wire.socket.destroy();
		await running.assertWell();
	});

	it('[VLT-66] that leave in the middle of a body', async t => {
		const running = await start(t);
		for (const [sent, inflight] of [
			[post(['Content-Length: 100'], '{'), 1],
			[post(['Transfer-Encoding: chunked'], '5\r\n{'), 1],
		] as const) {
			const wire = openWire(running.origin);
			wire.send(sent);
			while ((await running.metric('vault_inflight')) !== inflight) await new Promise(resolve => setImmediate(resolve));
			wire.socket.destroy();
			await running.idle();
		}
		assert.equal(await running.metric('vault_http_responses_total{code="5xx"}'), 0);
		assert.equal(await running.metric('vault_http_responses_total{code="4xx"}'), 2);
		await running.assertWell();
	});

	it('[VLT-66] that leave while their blobs are decrypted: the rest is dropped, and the record says why', async t => {
		const keyring = await vendorKeyring();
		const running = await start(t, { keyring });
		const wire = openWire(running.origin);
		const { decryptor } = keyring.current;
		let decrypted = 0;
		const leaving: typeof decryptor = Object.assign(Object.create(decryptor), {
			scores: (...args: Parameters<typeof decryptor.scores>) => {
				decrypted++;
				wire.socket.destroy();
				return decryptor.scores(...args);
			},
		});
		Object.assign(keyring, { current: { ...keyring.current, decryptor: leaving } });
		const encrypted_blob_b64 = Array(16).fill(base64(vector('result-0.bin')));
		wire.send(
			call(
				JSON.stringify({
					jsonrpc: '2.0',
					id: 1,
					method: 'tools/call',
					params: { name: 'decrypt_scores', arguments: { encrypted_blob_b64 } },
				}),
			),
		);
		while (running.sink.lines.length === 0) await new Promise(resolve => setImmediate(resolve));
		assert.ok(decrypted < 16, `${decrypted} blobs`);
		const record = JSON.parse(running.sink.lines[0] ?? '');
		assert.deepEqual([record.status, record.error], ['error', 'client_gone']);
		assert.equal(await running.metric('vault_decryption_errors_total{tool="decrypt_scores"}'), 0);
		await running.assertWell();
	});
});
