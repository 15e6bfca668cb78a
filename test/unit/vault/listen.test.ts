/** What one listener takes of slow, many and leaving clients. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, it, type TestContext } from 'node:test';
import { MAX_INFLIGHT } from '../../../vault/http/limits.ts';
import { listen } from '../../../vault/http/listen.ts';
import { type RunningVault, startVault, tokens } from './builders.ts';

/** Everything a connection receives until it is closed. */
const received = async (socket: Socket) => {
	let text = '';
	socket.on('data', data => (text += data));
	// Closing with unread bytes resets the connection.
	socket.on('error', () => undefined);
	await once(socket, 'close');
	return text;
};

/** A listener that is closed with its test. */
async function open(t: TestContext, handler: RequestListener, limits: NonNullable<Parameters<typeof listen>[1]['limits']> = {}) {
	const listener = await listen(handler, { host: '127.0.0.1', port: 0, limits });
	let isClosed = false;
	t.after(() => isClosed || listener.close(0));
	return {
		port: listener.port,
		close(graceMs: number) {
			isClosed = true;
			return listener.close(graceMs);
		},
	};
}

describe('a listener', () => {
	const quick = { headersTimeoutMs: 50, requestTimeoutMs: 100, checkIntervalMs: 20 };

	for (const [name, sent] of [
		['a head that never ends', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\n'],
		['a body that never ends', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{'],
	] as const) {
		it(`[VLT-30] ${name}: 408 and the connection is closed`, async t => {
			const listener = await open(t, async req => void req.resume(), quick);
			const socket = connect(listener.port, '127.0.0.1');
			socket.write(sent);
			assert.match(await received(socket), /^HTTP\/1\.1 408 /);
		});
	}

	it('[VLT-30] more connections than allowed are dropped', async t => {
		const listener = await open(t, (_req, res) => void res.end(), { maxConnections: 1 });
		const first = connect(listener.port, '127.0.0.1');
		await once(first, 'connect');
		const second = connect(listener.port, '127.0.0.1');
		assert.equal(await received(second), '');
		first.destroy();
	});

	it('says which address it could not have', async t => {
		const listener = await open(t, () => undefined);
		await assert.rejects(
			listen(() => undefined, { host: '127.0.0.1', port: listener.port }),
			{
				code: 'invalid_argument',
				message: `cannot listen on 127.0.0.1:${listener.port}`,
			},
		);
	});

	it('[VLT-29] closing lets a request finish and cuts what is left after the grace', async t => {
		const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
		const listener = await open(t, async (_req, res) => void answered.then(() => res.end('done')));
		const response = fetch(`http://127.0.0.1:${listener.port}/`);
		const hanging = connect(listener.port, '127.0.0.1');
		hanging.on('error', () => undefined);
		hanging.write('GET / HTTP/1.1\r\n');
		await once(hanging, 'connect');
		const closed = listener.close(200);
		answer();
		assert.equal(await (await response).text(), 'done');
		await closed;
	});
});

describe('requests at once', () => {
	let running: RunningVault;
	beforeEach(async () => {
		running = await startVault();
	});
	afterEach(() => running.close());

	it('[VLT-30] over the limit get 503 with Retry-After, until others have gone', async () => {
		const port = Number(new URL(running.origin).port);
		const head = `POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${tokens.team}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`;
		const sockets = Array.from({ length: MAX_INFLIGHT }, () => connect(port, '127.0.0.1'));
		for (const socket of sockets) socket.write(head);
		const inflight = async () => /^vault_inflight (\d+)$/m.exec(await (await fetch(`${running.internal}/metrics`)).text())?.[1];
		while ((await inflight()) !== String(MAX_INFLIGHT)) await new Promise(resolve => setImmediate(resolve));
		const refused = await fetch(`${running.origin}/health`);
		assert.equal(refused.status, 503);
		assert.equal(refused.headers.get('retry-after'), '1');
		for (const socket of sockets) socket.destroy();
		while ((await inflight()) !== '0') await new Promise(resolve => setImmediate(resolve));
		assert.equal((await fetch(`${running.origin}/health`)).status, 200);
	});
});
