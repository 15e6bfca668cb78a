/**
 * Bodies through the whole public app, over loopback: whatever is posted gets an answer below 500 that is JSON, and nothing is logged as
 * an error. Fields of the path from bytes to a decryption are reached here, with the vendor's key.
 */
import assert from 'node:assert/strict';
import { base64, tokens, vector, vendorKeyring } from '../unit/vault/builders.ts';
import { startWatchedVault } from '../unit/vault/wire.ts';
import type { Target } from './engine.ts';
import { corpusOf } from './targets.ts';

export async function rpcTarget(): Promise<Target> {
	const running = await startWatchedVault({ keyring: await vendorKeyring() });
	const call = (name: string, args: unknown) =>
		Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }));
	return {
		name: 'rpc',
		seeds: [...corpusOf('rpc'), Uint8Array.from(call('decrypt_scores', { encrypted_blob_b64: base64(vector('result-0.bin')), top_k: 3 }))],
		isAllowed: () => false,
		close: running.close,
		async run(bytes) {
			const response = await fetch(`${running.origin}/mcp`, { method: 'POST', headers: headers(bytes), body: Buffer.from(bytes) });
			const text = await response.text();
			assert.ok(response.status < 500, `status ${response.status}`);
			if (text !== '') JSON.parse(text);
			assert.deepEqual(running.logged.splice(0), []);
			running.sink.lines.length = 0;
		},
	};

	/** The revision of 2026 is chosen by a header; half of the inputs go each way. */
	function headers(bytes: Uint8Array): Record<string, string> {
		const revision: Record<string, string> = bytes.length % 2 === 0 ? {} : { 'mcp-protocol-version': '2026-07-28' };
		return {
			authorization: `Bearer ${tokens.team}`,
			'content-type': 'application/json',
			accept: 'application/json, text/event-stream',
			...revision,
		};
	}
}
