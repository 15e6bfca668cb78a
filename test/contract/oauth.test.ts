/** MCP clients that have no token and would log in by OAuth. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { type RunningVault, startVault } from '../unit/vault/builders.ts';

/** Of a client that has never been here: it knows nothing, and nothing comes that it could keep. */
const unused = () => assert.fail('there is nothing to log in with');
const authProvider = {
	redirectUrl: 'http://127.0.0.1/callback',
	clientMetadata: { redirect_uris: ['http://127.0.0.1/callback'], client_name: 'contract' },
	clientInformation: () => undefined,
	saveClientInformation: unused,
	tokens: () => undefined,
	saveTokens: unused,
	redirectToAuthorization: unused,
	saveCodeVerifier: unused,
	codeVerifier: unused,
};

const info = { name: 'contract', version: '1' };
type Options = { authProvider: typeof authProvider; fetch: (url: string | URL, init?: RequestInit) => Promise<Response> };

const connects: Record<string, (url: URL, options: Options) => Promise<void>> = {
	'@modelcontextprotocol/sdk 1': (url, options) => new OldClient(info).connect(new OldTransport(url, options)),
	'@modelcontextprotocol/client 2': (url, options) => new ModernClient(info).connect(new ModernTransport(url, options)),
};

describe('a client without a token', () => {
	let running: RunningVault;
	before(async () => {
		running = await startVault();
	});
	after(() => running.close());

	for (const [name, connect] of Object.entries(connects)) {
		it(`[VLT-113] ${name}: ends with a sentence, in a few requests`, async () => {
			const asked: string[] = [];
			const options: Options = {
				authProvider,
				fetch: (url, init) => {
					asked.push(`${init?.method ?? 'GET'} ${new URL(url).pathname}`);
					return fetch(url, init);
				},
			};
			await assert.rejects(connect(new URL(`${running.origin}/mcp`), options), /There is no OAuth here: put the token of this Vault/);
			assert.equal(asked[0], 'POST /mcp');
			assert.equal(asked.at(-1), 'POST /register');
			assert.ok(asked.length <= 6, asked.join(', '));
		});
	}
});
