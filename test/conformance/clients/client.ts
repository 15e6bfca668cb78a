/** `@modelcontextprotocol/client`, the official client of both eras. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { bearer, contentOf, runProgram } from './program.ts';

await runProgram(async ({ url, token }, revision) => {
	const mode = revision === '2026-07-28' ? { pin: revision } : 'legacy';
	const client = new Client({ name: 'conformance', version: '1' }, { versionNegotiation: { mode } });
	await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: bearer(token) } }));
	return {
		toolNames: async () => (await client.listTools()).tools.map(({ name }) => name),
		call: async (name, args) => contentOf(await client.callTool({ name, arguments: args })),
		close: () => client.close(),
	};
});
