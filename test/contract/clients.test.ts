/** Independent MCP clients of both eras against one Vault with the vendor's key. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { z } from 'zod';
import { base64, type RunningVault, startVault, tokens, vector, vectorPath, vendorKeyring } from '../unit/vault/builders.ts';

const top10 = z
	.array(z.object({ shard_idx: z.number(), row_idx: z.number(), score: z.number() }))
	.parse(JSON.parse(readFileSync(vectorPath('score-single.top10.json'), 'utf8')));

const scoresSchema = z.object({
	results: z.array(z.object({ index: z.number(), shard_idx: z.number(), row_idx: z.number(), score: z.number() })),
	key_id: z.string(),
	epoch: z.number(),
});

/** What the two client libraries have in common. */
type AnyClient = {
	listTools(): Promise<{
		tools: { name: string; inputSchema: object; outputSchema?: object | undefined; annotations?: object | undefined }[];
	}>;
	callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<Record<string, unknown>>;
	close(): Promise<void>;
};

const headers = { authorization: `Bearer ${tokens.team}` };

const modern =
	(mode: 'legacy' | { pin: string }) =>
	async (url: URL): Promise<AnyClient> => {
		const client = new ModernClient({ name: 'contract', version: '1' }, { versionNegotiation: { mode } });
		await client.connect(new ModernTransport(url, { requestInit: { headers } }));
		assert.equal(client.getProtocolEra(), mode === 'legacy' ? 'legacy' : 'modern');
		return client;
	};

async function old(url: URL): Promise<AnyClient> {
	const client = new OldClient({ name: 'contract', version: '1' });
	await client.connect(new OldTransport(url, { requestInit: { headers } }));
	return client;
}

for (const [era, connect] of [
	['@modelcontextprotocol/client 2, revision 2026-07-28', modern({ pin: '2026-07-28' })],
	['@modelcontextprotocol/client 2, as it comes', modern('legacy')],
	['@modelcontextprotocol/sdk 1', old],
] as const) {
	describe(era, () => {
		let running: RunningVault;
		let client: AnyClient;
		before(async () => {
			running = await startVault({ keyring: await vendorKeyring() });
			client = await connect(new URL(`${running.origin}/mcp`));
		});
		after(async () => {
			await client.close();
			await running.close();
		});

		it('[VLT-14] lists the four tools in order, with schemas and annotations', async () => {
			const { tools } = await client.listTools();
			assert.deepEqual(
				tools.map(tool => tool.name),
				['get_public_key', 'decrypt_scores', 'decrypt_metadata', 'vault_status'],
			);
			for (const tool of tools) {
				assert.equal(Reflect.get(tool.inputSchema, 'type'), 'object');
				assert.equal(Reflect.get(tool.outputSchema ?? {}, 'type'), 'object');
				assert.deepEqual(tool.annotations, { readOnlyHint: true, idempotentHint: true, destructiveHint: false, openWorldHint: false });
			}
		});

		it('[VLT-14][VLT-18] decrypts a search result to the expected top ten', async () => {
			const result = await client.callTool({
				name: 'decrypt_scores',
				arguments: { encrypted_blob_b64: base64(vector('score-single.pb')), top_k: 10 },
			});
			const { results, epoch } = scoresSchema.parse(result.structuredContent);
			assert.equal(epoch, 7);
			assert.deepEqual(
				results.map(({ shard_idx, row_idx }) => ({ shard_idx, row_idx })),
				top10.map(({ shard_idx, row_idx }) => ({ shard_idx, row_idx })),
			);
			for (const [at, { score }] of results.entries()) assert.ok(Math.abs(score - (top10[at]?.score ?? Number.NaN)) <= 0.00005);
		});

		it('[VLT-14] the text of a result is its structured content', async () => {
			const { content, structuredContent } = await client.callTool({ name: 'vault_status', arguments: {} });
			const [part] = z.array(z.object({ type: z.literal('text'), text: z.string() })).parse(content);
			assert.deepEqual(JSON.parse(part?.text ?? ''), structuredContent);
		});

		it('[VLT-19] a malformed blob is a tool error, not a broken connection', async () => {
			const result = await client.callTool({ name: 'decrypt_scores', arguments: { encrypted_blob_b64: 'AAAA' } });
			assert.equal(result.isError, true);
			assert.match(JSON.stringify(result.content), /encrypted_blob_b64: Deserialization failed/);
		});

		it('[VLT-19] an unknown tool is a protocol error', async () => {
			await assert.rejects(client.callTool({ name: 'no_such_tool', arguments: {} }), { code: -32602 });
		});
	});
}
