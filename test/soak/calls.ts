/** The calls of a soak: one honest kind, whose answer is known, and hostile ones of many kinds. */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { type Dispatcher, fetch as undiciFetch } from 'undici';
import { vectorPath } from '../unit/vault/builders.ts';

export type Target = { readonly url: string; readonly token: string };

/** What a call came to: an HTTP status, 0 when its own client broke it off; `isWrong`: an answer that is not the known one. */
export type Outcome = { status: number; isWrong: boolean };

const blob = readFileSync(vectorPath('score-single.pb')).toString('base64');
const [best] = JSON.parse(readFileSync(vectorPath('score-single.top10.json'), 'utf8'));
const message = (args: object) =>
	JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'decrypt_scores', arguments: args } });
const honest = message({ encrypted_blob_b64: blob, top_k: 10 });

const headersOf = (token: string) => ({ authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: '*/*' });

export async function callHonestly({ url, token }: Target, dispatcher: Dispatcher): Promise<Outcome> {
	const response = await undiciFetch(url, { method: 'POST', headers: headersOf(token), body: honest, dispatcher });
	const text = await response.text();
	const result = response.status === 200 ? Object(JSON.parse(text)).result : undefined;
	const first = result?.structuredContent?.results?.[0];
	return { status: response.status, isWrong: first?.shard_idx !== best.shard_idx || first?.row_idx !== best.row_idx };
}

type Hostile = { name: string; send: (target: Target, dispatcher: Dispatcher) => Promise<number> };

const post = (name: string, change: (token: string) => { headers?: Record<string, string>; body?: string; path?: string }): Hostile => ({
	name,
	async send({ url, token }, dispatcher) {
		const { headers = {}, body = honest, path = '/mcp' } = change(token);
		const all = { ...headersOf(token), ...headers };
		const response = await undiciFetch(new URL(path, url), { method: 'POST', headers: all, body, dispatcher });
		await response.text();
		return response.status;
	},
});

/** Begins a call and leaves before its answer. */
const leave: Hostile = {
	name: 'leaves',
	send: ({ url, token }) =>
		new Promise(resolve => {
			const headers = { ...headersOf(token), 'content-length': honest.length };
			const leaving = request(url, { method: 'POST', headers, agent: false });
			leaving.on('error', () => resolve(0));
			leaving.on('response', response => resolve(response.resume().statusCode ?? 0));
			leaving.end(honest, () => setTimeout(() => leaving.destroy(), 5));
		}),
};

/** Says more bytes than it sends, and hangs up. */
const halfBody: Hostile = {
	name: 'sends half a body',
	send: ({ url, token }) =>
		new Promise(resolve => {
			const leaving = request(url, { method: 'POST', headers: { ...headersOf(token), 'content-length': honest.length }, agent: false });
			leaving.on('error', () => resolve(0));
			leaving.write(honest.slice(0, honest.length / 2), () => setTimeout(() => leaving.destroy(), 20));
		}),
};

export const hostiles: readonly Hostile[] = [
	post('unknown token', () => ({ headers: { authorization: 'Bearer evt_acme_unknown00000000000000000000000000' } })),
	post('no JSON', () => ({ body: '{"jsonrpc":' })),
	post('deep nesting', () => ({ body: '['.repeat(10_000) })),
	post('no base64', () => ({ body: message({ encrypted_blob_b64: '?'.repeat(1000) }) })),
	post('a torn ciphertext', () => ({ body: message({ encrypted_blob_b64: blob.slice(0, blob.length - 1000) }) })),
	post('a changed ciphertext', () => ({ body: message({ encrypted_blob_b64: `${'A'.repeat(64)}${blob.slice(64)}` }) })),
	post('top_k out of range', () => ({ body: message({ encrypted_blob_b64: blob, top_k: 1_000_000 }) })),
	post('a compressed body', () => ({ headers: { 'content-encoding': 'gzip' } })),
	post('a foreign origin', () => ({ headers: { origin: 'https://attacker.example' } })),
	post('a path that is not there', () => ({ path: '/admin' })),
	post('a body over the limit', () => ({ body: `"${'x'.repeat(8 * 1024 * 1024 + 1)}"` })),
	leave,
	halfBody,
];
