import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';
import { createDecryptor } from '../../../fhe/decrypt.ts';
import { createEncryptor } from '../../../fhe/encrypt.ts';
import { parseScore } from '../../../fhe/formats/score.ts';
import { loadSeal } from '../../../fhe/seal.ts';
import { topK } from '../../../fhe/top-k.ts';
import { startEnvector } from '../../envector/server.ts';
import { newKeys, unitVectors } from './items.ts';

const DIMENSION = 64;
const seal = await loadSeal();
const keys = newKeys();
const encryptor = createEncryptor(seal, keys.encKey, DIMENSION);
const server = await startEnvector({ seal });
after(async () => {
	await server.close();
	encryptor[Symbol.dispose]();
});

type Answer = { status: number; body: Record<string, unknown> };

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
	const encoded = body instanceof Uint8Array ? new Uint8Array(body) : body === undefined ? null : JSON.stringify(body);
	const response = await fetch(new URL(path, server.url), { method, body: encoded });
	return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const item = (vector: Float32Array, metadata: string) => ({ vector_b64: base64(encryptor.item(vector)), metadata });

async function newIndex(name: string, options: { evalKey: boolean } = { evalKey: true }): Promise<string> {
	assert.equal((await call('POST', '/v1/indexes', { name, dimension: DIMENSION })).status, 200);
	const path = `/v1/indexes/${name}`;
	if (options.evalKey) assert.equal((await call('PUT', `${path}/eval-key`, keys.evalKey(DIMENSION))).status, 200);
	return path;
}

describe('the server', () => {
	it('[ENV-1][ENV-2] stores, searches and returns metadata over HTTP', async () => {
		const path = await newIndex('team');
		const vectors = unitVectors('http', 6, DIMENSION);
		const first = await call('POST', `${path}/items`, { items: vectors.slice(0, 4).map((v, i) => item(v, `sealed ${i}`)) });
		const second = await call('POST', `${path}/items`, { items: vectors.slice(4).map((v, i) => item(v, `sealed ${i + 4}`)) });
		assert.deepEqual([first.body, second.body], [{ rows: [0, 1, 2, 3] }, { rows: [4, 5] }]);

		const answer = await call('POST', `${path}/search`, { query_b64: base64(encryptor.query(vectors[5] ?? new Float32Array())) });
		assert.deepEqual([answer.status, answer.body.count], [200, 6]);
		const { shards } = parseScore(Buffer.from(String(answer.body.result_b64), 'base64'));
		using decryptor = createDecryptor(seal, keys.secretKey);
		const [best] = topK(
			shards.map(({ shard, result }) => ({ shard, scores: decryptor.scores(result) })),
			1,
		);
		assert.equal(best?.index, 5);
		assert.ok(Math.abs(best.score - 1) < 1e-3);
		assert.deepEqual((await call('POST', `${path}/metadata`, { rows: [5, 0] })).body, { metadata: ['sealed 5', 'sealed 0'] });
	});

	it('says how it is', async () => {
		await newIndex('health', { evalKey: false });
		const { status, body } = await call('GET', '/health');
		assert.deepEqual([status, body.status], [200, 'healthy']);
	});

	it('opens an index twice when nothing differs', async () => {
		await newIndex('twice', { evalKey: false });
		await newIndex('twice', { evalKey: false });
	});

	it('[ENV-5] a batch with one bad item stores nothing', async () => {
		const path = await newIndex('batch', { evalKey: false });
		const [vector = new Float32Array()] = unitVectors('batch', 1, DIMENSION);
		const bad = { vector_b64: base64(encryptor.query(vector)), metadata: 'a query' };
		assert.equal((await call('POST', `${path}/items`, { items: [item(vector, 'good'), bad] })).status, 400);
		assert.deepEqual((await call('POST', `${path}/items`, { items: [item(vector, 'first')] })).body, { rows: [0] });
		assert.deepEqual((await call('POST', `${path}/metadata`, { rows: [0] })).body, { metadata: ['first'] });
	});
});

describe('a wrong request', () => {
	const vector = unitVectors('wrong', 1, DIMENSION)[0] ?? new Float32Array();
	const cases: [string, method: string, path: string, body: unknown, status: number, field: string][] = [
		['another path', 'GET', '/v2', undefined, 404, 'path'],
		['another method', 'DELETE', '/v1/indexes', undefined, 404, 'path'],
		['an unknown index', 'POST', '/v1/indexes/none/search', { query_b64: '' }, 404, 'name'],
		['a bad name', 'POST', '/v1/indexes', { name: '../x', dimension: 64 }, 400, 'name'],
		['a bad name in the path', 'POST', '/v1/indexes/%2e%2e%2f/search', { query_b64: '' }, 400, 'name'],
		['dimension 31', 'POST', '/v1/indexes', { name: 'x', dimension: 31 }, 400, 'dimension'],
		['an unknown field', 'POST', '/v1/indexes', { name: 'x', dimension: 64, secret: 1 }, 400, 'body'],
		['another dimension for an index', 'POST', '/v1/indexes', { name: 'wrong', dimension: 128 }, 409, 'dimension'],
		['no JSON', 'POST', '/v1/indexes', new Uint8Array([1, 2]), 400, 'body'],
		['no evaluation key', 'PUT', '/v1/indexes/wrong/eval-key', new Uint8Array([1, 2]), 400, 'body'],
		['no items', 'POST', '/v1/indexes/wrong/items', { items: [] }, 400, 'items'],
		['no base64', 'POST', '/v1/indexes/wrong/items', { items: [{ vector_b64: '*', metadata: '' }] }, 400, 'items.0.vector_b64'],
		['no vector', 'POST', '/v1/indexes/wrong/items', { items: [{ vector_b64: 'AAAA', metadata: '' }] }, 400, 'items.0.vector_b64'],
		['no metadata', 'POST', '/v1/indexes/wrong/items', { items: [{ vector_b64: '' }] }, 400, 'items.0.metadata'],
		['an item as query', 'POST', '/v1/indexes/wrong/search', { query_b64: base64(encryptor.item(vector)) }, 400, 'query_b64'],
		['a search without a key', 'POST', '/v1/indexes/wrong/search', { query_b64: base64(encryptor.query(vector)) }, 409, 'eval-key'],
		['a row that is not there', 'POST', '/v1/indexes/wrong/metadata', { rows: [7] }, 404, 'rows.0'],
		['a negative row', 'POST', '/v1/indexes/wrong/metadata', { rows: [-1] }, 400, 'rows.0'],
	];
	for (const [name, method, path, body, status, field] of cases) {
		it(`[ENV-3] ${name}: ${status} naming ${field}`, async () => {
			await newIndex('wrong', { evalKey: false });
			const answer = await call(method, path, body);
			const error = answer.body.error as { field: string; message: string };
			assert.deepEqual([answer.status, error.field], [status, field]);
			assert.ok(error.message.length > 0);
		});
	}

	it('[ENV-3] a search of an empty index: 409', async () => {
		const path = await newIndex('empty');
		const answer = await call('POST', `${path}/search`, { query_b64: base64(encryptor.query(vector)) });
		assert.deepEqual(answer, { status: 409, body: { error: { field: 'name', message: 'the index is empty' } } });
	});

	it('[ENV-4] a body declared over the limit: 413 before it is read, connection closed', async () => {
		const { port } = new URL(server.url);
		const socket = connect(Number(port), '127.0.0.1');
		socket.end('POST /v1/indexes HTTP/1.1\r\nhost: x\r\ncontent-length: 999999999\r\n\r\n{');
		const head = String((await once(socket, 'data'))[0]);
		assert.match(head, /^HTTP\/1\.1 413 /);
		assert.match(head, /connection: close/i);
		socket.destroy();
	});

	it('[ENV-4] a body that grows over the limit: 413', async () => {
		const body = new ReadableStream({
			start(controller) {
				for (let i = 0; i < 3; i++) controller.enqueue(new Uint8Array(512 * 1024).fill(0x20));
				controller.close();
			},
		});
		const response = await fetch(new URL('/v1/indexes', server.url), { method: 'POST', body, duplex: 'half' } as RequestInit);
		assert.equal(response.status, 413);
	});
});

describe('the program', () => {
	it('[ENV-6] prints one line with its URL, answers there, and stops on SIGTERM', async () => {
		const main = join(import.meta.dirname, '../../envector/main.ts');
		const child = spawn(process.execPath, [main, '--port', '0', '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
		const [line] = await once(createInterface(child.stdout), 'line');
		const { url } = JSON.parse(String(line)) as { url: string };
		assert.equal((await fetch(new URL('/health', url))).status, 200);
		child.kill('SIGTERM');
		assert.deepEqual(await once(child, 'exit'), [0, null]);
	});

	it('[ENV-6] refuses a port that is none', async () => {
		const main = join(import.meta.dirname, '../../envector/main.ts');
		const child = spawn(process.execPath, [main, '--port', 'x'], { stdio: ['ignore', 'ignore', 'pipe'] });
		const [message] = await once(child.stderr, 'data');
		assert.match(String(message), /--port: must be a port number/);
	});
});
