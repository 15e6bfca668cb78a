/** The calls of a soak: one honest kind, whose answer is known, and hostile ones of many kinds. */
import { type ClientRequest, request } from 'node:http';
import { type Dispatcher, fetch as undiciFetch } from 'undici';
import { N } from '../../fhe/params.ts';
import { base64 } from '../unit/vault/builders.ts';

export type Target = { readonly url: string; readonly token: string; readonly blob: Uint8Array };

/** What a call came to: an HTTP status, 0 when its own client broke it off; `isWrong`: an answer that is not the known one. */
export type Outcome = { status: number; isWrong: boolean };

const message = (args: object) =>
	JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'decrypt_scores', arguments: args } });

const bodies = new WeakMap<Target, string>();
/** The body of the honest call, made once for each target. */
function honestBody(target: Target): string {
	const body = bodies.get(target) ?? message({ encrypted_blob_b64: base64(target.blob), top_k: 10 });
	bodies.set(target, body);
	return body;
}

const headersOf = (token: string) => ({ authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: '*/*' });

/** The vector that was searched for is the last row of the shard. */
export async function callHonestly(target: Target, dispatcher: Dispatcher): Promise<Outcome> {
	const response = await undiciFetch(target.url, {
		method: 'POST',
		headers: headersOf(target.token),
		body: honestBody(target),
		dispatcher,
	});
	const text = await response.text();
	const result = response.status === 200 ? Object(JSON.parse(text)).result : undefined;
	const first = result?.structuredContent?.results?.[0];
	return { status: response.status, isWrong: first?.shard_idx !== 0 || first?.row_idx !== N - 1 };
}

type Hostile = { name: string; send: (target: Target, dispatcher: Dispatcher) => Promise<number> };

const post = (name: string, change: (blob: string) => { headers?: Record<string, string>; body?: string; path?: string }): Hostile => ({
	name,
	async send(target, dispatcher) {
		const { headers = {}, body = honestBody(target), path = '/mcp' } = change(base64(target.blob));
		const all = { ...headersOf(target.token), ...headers };
		const response = await undiciFetch(new URL(path, target.url), { method: 'POST', headers: all, body, dispatcher });
		await response.text();
		return response.status;
	},
});

/** Begins a call on a connection of its own, sends of its body what `send` does, and hangs up. @returns 0 when there was no answer */
const leaving = (name: string, send: (call: ClientRequest, body: string) => void): Hostile => ({
	name,
	send: target =>
		new Promise(resolve => {
			const body = honestBody(target);
			const headers = { ...headersOf(target.token), 'content-length': body.length };
			const call = request(target.url, { method: 'POST', headers, agent: false });
			call.on('error', () => resolve(0));
			call.on('response', response => resolve(response.resume().statusCode ?? 0));
			send(call, body);
		}),
});

export const hostiles: readonly Hostile[] = [
	post('unknown token', () => ({ headers: { authorization: 'Bearer evt_acme_unknown00000000000000000000000000' } })),
	post('no JSON', () => ({ body: '{"jsonrpc":' })),
	post('deep nesting', () => ({ body: '['.repeat(10_000) })),
	post('no base64', () => ({ body: message({ encrypted_blob_b64: '?'.repeat(1000) }) })),
	post('a torn ciphertext', blob => ({ body: message({ encrypted_blob_b64: blob.slice(0, blob.length - 1000) }) })),
	post('a changed ciphertext', blob => ({ body: message({ encrypted_blob_b64: `${'A'.repeat(64)}${blob.slice(64)}` }) })),
	post('top_k out of range', blob => ({ body: message({ encrypted_blob_b64: blob, top_k: 1_000_000 }) })),
	post('a compressed body', () => ({ headers: { 'content-encoding': 'gzip' } })),
	post('a foreign origin', () => ({ headers: { origin: 'https://attacker.example' } })),
	post('a path that is not there', () => ({ path: '/admin' })),
	post('a body over the limit', () => ({ body: `"${'x'.repeat(8 * 1024 * 1024 + 1)}"` })),
	leaving('leaves before its answer', (call, body) => call.end(body, () => setTimeout(() => call.destroy(), 5))),
	leaving('sends half a body', (call, body) => call.write(body.slice(0, body.length / 2), () => setTimeout(() => call.destroy(), 20))),
];
