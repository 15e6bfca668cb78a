/** The servers that are tested: the Vault as it ships, the same app with the suite's fixtures, and a Vault whose limit is used up at once. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { createAuditLog } from '../../vault/audit/log.ts';
import { createPublicApp } from '../../vault/http/app.ts';
import { listen } from '../../vault/http/listen.ts';
import type { Keyring } from '../../vault/keys/keyring.ts';
import { silentLog } from '../../vault/log.ts';
import { createVault } from '../../vault/vault.ts';
import { fakeKeyring, startVault, testConfig, testSink, testVerifiers, tokens, vectorPath } from '../unit/vault/builders.ts';
import { fixtureOffer } from './fixtures/offer.ts';

export type Server = { readonly url: string; readonly token: string; close(): Promise<unknown> };

const greeting = z.object({ url: z.string(), token: z.string() });

/** `vault dev` as a process, with the vendor's key, so that a result that was encrypted long ago can be decrypted. */
export async function startShipped(): Promise<Server> {
	const args = ['vault/main.ts', 'dev', '--json', '--protection', 'off', '--key', vectorPath('SecKey.json')];
	const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
	const gone = once(child, 'exit');
	const [line] = await Promise.race([
		once(createInterface(child.stdout), 'line'),
		gone.then(([code]) => Promise.reject(new Error(`vault dev ended with ${code} before it served`))),
	]);
	return {
		...greeting.parse(JSON.parse(line)),
		async close() {
			child.kill('SIGTERM');
			await gone;
		},
	};
}

/** The public app with the fixtures in place of the Vault's tools. */
export async function startFixtures(): Promise<Server> {
	const vault = createVault({ config: testConfig(), log: silentLog(), audit: createAuditLog(testSink()) });
	vault.state.keyring = fakeKeyring();
	vault.state.verifiers = testVerifiers();
	const listener = await listen(createPublicApp(vault, fixtureOffer()).callback(), { host: '127.0.0.1', port: 0 });
	return { url: `http://127.0.0.1:${listener.port}/mcp`, token: tokens.team, close: () => listener.close(0) };
}

/** A Vault that admits one unit of work a minute, and has given it away already. */
export async function startExhausted(keyring: Keyring): Promise<Server> {
	const limits = { topK: 10, callsPerMinute: 1, failedAuthPerMinute: 20 };
	const { origin, callTool, close } = await startVault({ keyring, config: { limits } });
	await callTool('decrypt_scores', { encrypted_blob_b64: 'AAAA' });
	return { url: `${origin}/mcp`, token: tokens.team, close };
}
