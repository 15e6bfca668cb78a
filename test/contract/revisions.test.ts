/** Which revisions of MCP are spoken, asked by hand. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { type RunningVault, startVault } from '../unit/vault/builders.ts';

const clientInfo = { name: 'contract', version: '1' };
const initialize = (protocolVersion: string) => ({
	jsonrpc: '2.0',
	id: 1,
	method: 'initialize',
	params: { protocolVersion, capabilities: {}, clientInfo },
});
const status = (_meta?: Record<string, unknown>) => ({
	jsonrpc: '2.0',
	id: 2,
	method: 'tools/call',
	params: { name: 'vault_status', arguments: {}, ...(_meta === undefined ? {} : { _meta }) },
});
const answerSchema = z.object({
	result: z.object({ protocolVersion: z.string().optional(), isError: z.boolean().optional() }).optional(),
	error: z.object({ code: z.number(), message: z.string() }).optional(),
});

describe('revisions', () => {
	let running: RunningVault;
	before(async () => {
		running = await startVault();
	});
	after(() => running.close());
	const ask = async (body: unknown, headers: Record<string, string> = {}) => {
		const response = await running.post(body, headers);
		return { status: response.status, ...answerSchema.parse(await response.json()) };
	};

	for (const revision of ['2025-03-26', '2025-06-18', '2025-11-25']) {
		it(`[VLT-114] ${revision} is negotiated as asked, and spoken`, async () => {
			assert.equal((await ask(initialize(revision))).result?.protocolVersion, revision);
			const { result } = await ask(status(), { 'mcp-protocol-version': revision });
			assert.notEqual(result, undefined);
			assert.equal(result?.isError, undefined);
		});
	}

	it('[VLT-114] 2026-07-28 needs no handshake', async () => {
		const meta = {
			'io.modelcontextprotocol/protocolVersion': '2026-07-28',
			'io.modelcontextprotocol/clientInfo': clientInfo,
			'io.modelcontextprotocol/clientCapabilities': {},
		};
		const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'vault_status' };
		const { result } = await ask(status(meta), headers);
		assert.notEqual(result, undefined);
		assert.equal(result?.isError, undefined);
	});

	it('[VLT-114] who asks for an unknown one is offered the newest that has a handshake', async () => {
		assert.equal((await ask(initialize('1999-01-01'))).result?.protocolVersion, '2025-11-25');
	});

	it('[VLT-114] an unknown one in the header gets 400 with those that are known', async () => {
		const answer = await ask(status(), { 'mcp-protocol-version': '1999-01-01' });
		assert.equal(answer.status, 400);
		assert.match(answer.error?.message ?? '', /2025-11-25, 2025-06-18, 2025-03-26/);
	});
});
