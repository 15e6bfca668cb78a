/** `@ai-sdk/mcp`, the client of the Vercel AI SDK. */
import { createMCPClient } from '@ai-sdk/mcp';
import { bearer, contentOf, runProgram } from './program.ts';

await runProgram(async ({ url, token }, revision) => {
	const client = await createMCPClient({
		transport: { type: 'http', url, headers: bearer(token) },
		protocolVersionDiscovery: revision === '2026-07-28',
	});
	return {
		toolNames: async () => (await client.listTools()).tools.map(({ name }) => name),
		call: async (name, args) => {
			const tools = await client.tools();
			return contentOf(await tools[name]?.execute(args, { toolCallId: '1', messages: [], context: {} }));
		},
		close: () => client.close(),
	};
});
