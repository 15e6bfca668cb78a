import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { RuneError } from '../../../client/errors.ts';
import { connectVault } from '../../../client/vault.ts';

const TOKEN = 'evt_acme_0123456789';
const evalKey = '{"format":"evalkey"}';
const scores = { results: [{ index: 3, shard_idx: 0, row_idx: 3, score: 0.5 }], key_id: 'acme-1', epoch: 1 };

/** An MCP server with the Vault's tool names, whose answers a test sets. */
class FakeVault {
	answer: unknown = scores;
	isError = false;
	/** How many of the next requests are cut without an answer. */
	cut = 0;
	evalKeyText = evalKey;
	readonly #server: Server;

	constructor() {
		const handler = createMcpHandler(() => this.#tools(), { responseMode: 'json' });
		this.#server = createServer(async (request, response) => {
			if (this.cut-- > 0) return request.socket.destroy();
			if (request.headers.authorization !== `Bearer ${TOKEN}`) return response.writeHead(401).end();
			if (request.url === '/v1/keys/EvalKey.json') return response.end(this.evalKeyText);
			const body = Buffer.concat(await request.toArray());
			const headers = new Headers(Object.entries(request.headers).map(([key, value]): [string, string] => [key, String(value)]));
			const init = request.method === 'POST' ? { method: 'POST', headers, body } : { method: request.method ?? 'GET', headers };
			const answer = await handler.fetch(new Request(new URL(request.url ?? '/', this.url), init));
			response.writeHead(answer.status, [...answer.headers].flat()).end(Buffer.from(await answer.arrayBuffer()));
		});
	}

	#tools(): McpServer {
		const server = new McpServer({ name: 'fake', version: '1' });
		const inputs = { decrypt_scores: { encrypted_blob_b64: z.string(), top_k: z.number() }, get_public_key: {}, vault_status: {} };
		for (const [name, shape] of Object.entries(inputs)) {
			server.registerTool(name, { inputSchema: z.object(shape) }, () =>
				this.isError
					? { isError: true, content: [{ type: 'text', text: String(this.answer) }] }
					: { content: [], structuredContent: this.answer as Record<string, unknown> },
			);
		}
		return server;
	}

	async listen(): Promise<void> {
		await once(this.#server.listen(0, '127.0.0.1'), 'listening');
	}

	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`;
	}

	close(): void {
		this.#server.closeAllConnections();
		this.#server.close();
	}
}

const withCode = (code: string) => (error: unknown) => error instanceof RuneError && error.code === code;

describe('connectVault', () => {
	let fake: FakeVault;
	const connect = (token = TOKEN) => connectVault({ url: fake.url, token, retryDelayMs: 1, timeoutMs: 2_000 });

	beforeEach(async () => {
		fake = new FakeVault();
		await fake.listen();
	});
	afterEach(() => fake.close());

	it('gives the rows of decrypt_scores', async () => {
		const vault = await connect();
		assert.deepEqual(await vault.decryptScores(new Uint8Array([1, 2, 3]), 5), scores);
		await vault.close();
	});

	it('[CLI-1] says unauthorized for a token the Vault does not know, without repeating it', async () => {
		await assert.rejects(connect('evt_acme_wrong'), error => withCode('unauthorized')(error) && !String(error).includes('evt_acme_wrong'));
	});

	it('[CLI-2] repeats a call that got no answer once', async () => {
		const vault = await connect();
		fake.cut = 1;
		assert.deepEqual(await vault.decryptScores(new Uint8Array(1), 5), scores);
		fake.cut = 2;
		await assert.rejects(vault.decryptScores(new Uint8Array(1), 5), withCode('unreachable'));
		await vault.close();
	});

	for (const [code, text] of [
		['rate_limited', 'Rate Limit Exceeded: Max top_k is 10'],
		['refused', 'encrypted_blob_b64: Deserialization failed'],
	] as const) {
		it(`says ${code} for a tool error “${text}”`, async () => {
			const vault = await connect();
			Object.assign(fake, { isError: true, answer: text });
			await assert.rejects(vault.decryptScores(new Uint8Array(1), 50), withCode(code));
			await vault.close();
		});
	}

	it('refuses an answer of another shape', async () => {
		const vault = await connect();
		fake.answer = { results: 'none' };
		await assert.rejects(vault.decryptScores(new Uint8Array(1), 5), withCode('unexpected_response'));
		await vault.close();
	});

	it('[CLI-3] takes EvalKey from the link only when its SHA-256 is the announced one', async () => {
		const sha256 = createHash('sha256').update(evalKey).digest('hex');
		fake.answer = {
			key_id: 'acme-1',
			key_version: 1,
			fingerprint: 'sha256:00',
			dimension: 64,
			'EncKey.json': '{}',
			'EvalKey.json': { url: '/v1/keys/EvalKey.json', sha256, bytes: evalKey.length },
			'MetadataKey.json': { agent_id: 'team', key: '' },
		};
		const vault = await connect();
		const key = await vault.publicKey();
		assert.equal(await vault.evalKey(key), evalKey);
		fake.evalKeyText = '{"format":"another"}';
		await assert.rejects(vault.evalKey(key), withCode('unexpected_response'));
		await vault.close();
	});
});
