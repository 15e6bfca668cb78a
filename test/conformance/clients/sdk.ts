/** `@modelcontextprotocol/sdk`, the official SDK of the 2025 revisions. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { bearer, contentOf, runProgram } from './program.ts';

await runProgram(async ({ url, token }) => {
	const client = new Client({ name: 'conformance', version: '1' });
	await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: bearer(token) } }));
	return {
		toolNames: async () => (await client.listTools()).tools.map(({ name }) => name),
		call: async (name, args) => contentOf(await client.callTool({ name, arguments: args })),
		close: () => client.close(),
	};
});
