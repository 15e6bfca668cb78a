import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { staticConfig } from '../../../kube/config.ts';
import { isAlreadyExists, isConflict, isTransient } from '../../../kube/errors.ts';
import { get, update } from '../../../kube/objects.ts';
import { resources } from '../../../kube/resources.ts';
import { createTransport } from '../../../kube/transport.ts';
import { collect, json, refusal, status, withStub } from './api-stub.ts';
import { configMap } from './builders.ts';

const path = '/api/v1/namespaces/rune/configmaps/a';
const place = { namespace: 'rune', name: 'a' };

describe('transport', () => {
	it('[KUB-1] 100 calls one after the other need two connections at most, and the urgent lane has its own', async () => {
		const ok = (_request: unknown, response: ServerResponse) => json(response, 200, configMap('a', 1));
		await withStub(ok, async ({ transport, connections }) => {
			for (let call = 0; call < 100; call += 1) await transport.request({ method: 'GET', path });
			const needed = connections();
			assert.ok(needed <= 2, `${needed} connections`);
			for (let call = 0; call < 10; call += 1) await transport.request({ method: 'GET', path, lane: 'urgent' });
			assert.ok(connections() > needed && connections() <= needed + 2);
		});
	});

	it('[KUB-1] an open watch holds up neither calls nor other watches', async () => {
		const answer = ({ url }: { url: string }, response: ServerResponse) => {
			if (!url.includes('watch=true')) return json(response, 200, configMap('a', 1));
			response.writeHead(200, { 'content-type': 'application/json' });
			response.write(`${JSON.stringify({ type: 'ADDED', object: configMap('a', 1) })}\n`);
		};
		await withStub(answer, async ({ transport }) => {
			const stop = new AbortController();
			const watches = [1, 2, 3].map(() => transport.watch({ path, query: {}, signal: stop.signal })[Symbol.asyncIterator]());
			for (const watch of watches) assert.equal((await watch.next()).value?.type, 'ADDED');
			assert.equal((await transport.request({ method: 'GET', path })).metadata.name, 'a');
			stop.abort();
			for (const watch of watches) assert.equal((await watch.next()).done, true);
		});
	});

	it('[KUB-2] a 401 reads the credentials again, once', async () => {
		const answer = ({ authorization }: { authorization: string | undefined }, response: ServerResponse) =>
			authorization === 'Bearer token-1' ? json(response, 200, configMap('a', 1)) : json(response, 401, status(401, 'Unauthorized'));
		await withStub(answer, async ({ transport, refreshes, received }) => {
			assert.equal((await transport.request({ method: 'PUT', path, body: { x: 1 } })).metadata.name, 'a');
			assert.equal(refreshes(), 1);
			assert.equal(received[1]?.body, '{"x":1}');
		});
		await withStub(
			(_request, response) => json(response, 401, status(401, 'Unauthorized')),
			async ({ transport, received }) => {
				assert.equal((await refusal(transport.request({ method: 'GET', path }))).status, 401);
				assert.equal(received.length, 2);
				const watch = transport.watch({ path, query: {}, signal: new AbortController().signal });
				assert.equal((await refusal(collect(watch))).status, 401);
				assert.equal(received.length, 4);
			},
		);
	});

	it('[KUB-3] Retry-After is waited for while the time of the call lasts', async () => {
		const answer = (_request: unknown, response: ServerResponse, count: number) =>
			count === 1 ? json(response, 429, status(429, 'TooManyRequests'), { 'retry-after': '1' }) : json(response, 200, configMap('a', 1));
		await withStub(answer, async ({ transport, received }) => {
			const startedAt = performance.now();
			await transport.request({ method: 'POST', path, body: {} });
			assert.ok(performance.now() - startedAt >= 990);
			assert.equal(received.length, 2);
		});
		await withStub(answer, async ({ transport, received }) => {
			const error = await refusal(transport.request({ method: 'GET', path, timeoutMs: 900 }));
			assert.deepEqual([error.status, error.retryAfterSeconds, received.length], [429, 1, 1]);
		});
	});

	it('[KUB-3] errors without Retry-After are not repeated', async () => {
		const answer = (_request: unknown, response: ServerResponse) => json(response, 500, status(500, 'InternalError'));
		await withStub(answer, async ({ transport, received }) => {
			assert.equal((await refusal(transport.request({ method: 'GET', path }))).reason, 'InternalError');
			assert.equal(received.length, 1);
		});
	});

	it('[KUB-3] a read on a connection that the server closes is repeated once, a write is not', async () => {
		const answer = (_request: unknown, response: ServerResponse, count: number) =>
			count % 2 === 1 ? void response.socket?.destroy() : json(response, 200, configMap('a', 1));
		await withStub(answer, async ({ transport, received }) => {
			assert.equal((await transport.request({ method: 'GET', path })).metadata.name, 'a');
			assert.equal(received.length, 2);
			const error = await refusal(transport.request({ method: 'POST', path, body: {} }));
			assert.deepEqual([error.status, error.reason, isTransient(error)], [0, 'NetworkError', true]);
		});
	});

	it('[KUB-3] a call ends in its time, or when its signal says so', async () => {
		const silent = () => undefined;
		await withStub(silent, async ({ transport }) => {
			assert.equal((await refusal(transport.request({ method: 'GET', path, timeoutMs: 50 }))).reason, 'Timeout');
			const stop = new AbortController();
			setTimeout(() => stop.abort(), 50);
			const error = await refusal(transport.request({ method: 'GET', path, signal: stop.signal }));
			assert.deepEqual([error.reason, isTransient(error)], ['Aborted', false]);
		});
	});

	it('[KUB-3] a call ends in its time even when the server accepts connections and says nothing', async () => {
		const mute = createServer().listen(0, '127.0.0.1');
		const accepted: Socket[] = [];
		mute.on('connection', socket => accepted.push(socket));
		await once(mute, 'listening');
		// TLS is expected, and its handshake never comes.
		const config = staticConfig(`https://127.0.0.1:${(mute.address() as AddressInfo).port}`, { headers: {}, tls: {} });
		const transport = createTransport(config);
		const startedAt = performance.now();
		assert.equal((await refusal(transport.request({ method: 'GET', path, timeoutMs: 100 }))).reason, 'Timeout');
		const stop = new AbortController();
		setTimeout(() => stop.abort(), 100);
		await collect(transport.watch({ path, query: {}, signal: stop.signal }));
		assert.ok(performance.now() - startedAt < 3000);
		await transport.close();
		// undici ends no handshake early, and would keep this process waiting for it.
		for (const socket of accepted) socket.destroy();
		mute.close();
	});

	it('[KUB-4] fields we do not know survive a read and a write', async () => {
		const object = {
			...configMap('a', 1),
			spec: { futureField: { deep: [1, 2, { x: null }] } },
			metadata: { ...configMap('a', 1).metadata, newer: 'kept' },
		};
		let stored: unknown;
		const answer = ({ method, body }: { method: string; body: string }, response: ServerResponse) => {
			if (method === 'PUT') stored = JSON.parse(body);
			json(response, 200, object);
		};
		await withStub(answer, async ({ transport }) => {
			const read = await get(transport, resources.configMaps, place);
			assert.ok(read !== undefined);
			await update(transport, resources.configMaps, read);
			assert.deepEqual(stored, object);
		});
	});

	it('[KUB-1] tells its observer method, status and seconds', async () => {
		const seen: string[] = [];
		const observe = (verb: string, code: string, seconds: number) => void seen.push(`${verb} ${code} ${seconds >= 0 && seconds < 5}`);
		const answer = ({ method, url }: { method: string; url: string }, response: ServerResponse) => {
			if (method === 'DELETE') return void response.socket?.destroy();
			if (url.includes('watch')) return void response.writeHead(200).end(`${JSON.stringify({ type: 'ADDED', object: {} })}\n`);
			json(response, method === 'POST' ? 409 : 200, status(409, 'AlreadyExists'));
		};
		await withStub(
			answer,
			async ({ transport }) => {
				await transport.request({ method: 'GET', path });
				const conflict = await refusal(transport.request({ method: 'POST', path, body: {} }));
				assert.deepEqual([isAlreadyExists(conflict), isConflict(conflict)], [true, false]);
				await refusal(transport.request({ method: 'DELETE', path }));
				await collect(transport.watch({ path, query: {}, signal: new AbortController().signal }));
				assert.deepEqual(seen, ['GET 200 true', 'POST 409 true', 'DELETE <error> true', 'WATCH 200 true']);
			},
			{ observe },
		);
	});
});
