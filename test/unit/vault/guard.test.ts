/** The pure checks of a request: head, body, range, cost. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { workUnits } from '../../../vault/http/admit.ts';
import { checkHead, hostMatcher, type RequestHead } from '../../../vault/http/guard.ts';
import { isNestedDeeper, parseBody } from '../../../vault/http/json.ts';
import { parseRange } from '../../../vault/http/key-files.ts';
import { MAX_BODY_BYTES } from '../../../vault/http/limits.ts';

const policy = {
	isOurHost: hostMatcher(['acme.rune.svc', '.acme-pods.rune.svc', 'vault.example.com:443']),
	origins: ['https://app.example.com'],
};
const post = (head: Partial<RequestHead> = {}): RequestHead => ({
	httpVersion: '1.1',
	method: 'POST',
	path: '/mcp',
	targetHost: undefined,
	host: ['acme.rune.svc:8443'],
	origin: [],
	contentType: ['application/json'],
	contentEncoding: [],
	contentLength: '2',
	transferEncoding: [],
	...head,
});

describe('checkHead', () => {
	const cases: [string, Partial<RequestHead>, number | undefined][] = [
		['a call', {}, undefined],
		['a call with a charset', { contentType: ['Application/JSON; charset=utf-8'] }, undefined],
		['a pod of the headless Service', { host: ['acme-0.acme-pods.rune.svc:8443'] }, undefined],
		['the domain of the pods itself', { host: ['.acme-pods.rune.svc'] }, 421],
		['an upper-case host', { host: ['ACME.rune.svc'] }, undefined],
		['a host with the wrong port', { host: ['vault.example.com:80'] }, 421],
		['a foreign host', { host: ['evil.example'] }, 421],
		['a host that ends like ours', { host: ['evil-acme.rune.svc'] }, 421],
		['no host', { host: [] }, 421],
		['two hosts', { host: ['acme.rune.svc', 'evil.example'] }, 421],
		['an allowed origin', { origin: ['https://app.example.com'] }, undefined],
		['[VLT-111] the origin of the host that was asked', { origin: ['http://acme.rune.svc:8443'], host: ['acme.rune.svc:8443'] }, undefined],
		['[VLT-111] the origin of another host of ours', { origin: ['http://127.0.0.1:8443'], host: ['acme.rune.svc:8443'] }, 403],
		['[VLT-111] the origin of another port', { origin: ['http://acme.rune.svc:80'], host: ['acme.rune.svc:8443'] }, 403],
		['a foreign origin', { origin: ['https://evil.example'] }, 403],
		['a foreign host that is its own origin', { origin: ['https://evil.example'], host: ['evil.example'] }, 421],
		['the origin "null"', { origin: ['null'] }, 403],
		['GET', { method: 'GET' }, 405],
		['DELETE', { method: 'DELETE' }, 405],
		['OPTIONS', { method: 'OPTIONS' }, 405],
		['POST to a key file', { path: '/v1/keys/EncKey.json' }, 405],
		['GET of a key file', { path: '/v1/keys/EncKey.json', method: 'GET', contentType: [] }, undefined],
		['OAuth discovery', { path: '/.well-known/oauth-protected-resource', method: 'GET' }, 404],
		['OAuth registration', { path: '/register' }, 404],
		['a name every object has', { path: 'constructor' }, 404],
		['the metrics, which are not public', { path: '/metrics', method: 'GET' }, 404],
		['text', { contentType: ['text/plain'] }, 415],
		['no content type', { contentType: [] }, 415],
		['two content types', { contentType: ['application/json', 'text/plain'] }, 415],
		['a compressed body', { contentEncoding: ['gzip'] }, 415],
		['a body of the cap', { contentLength: String(MAX_BODY_BYTES) }, undefined],
		['a body over the cap', { contentLength: String(MAX_BODY_BYTES + 1) }, 413],
	];
	for (const [name, head, status] of cases) {
		it(`${name}: ${status ?? 'goes on'}`, () => assert.equal(checkHead(post(head), policy)?.status, status));
	}
	it('[VLT-9] 405 names POST', () => assert.deepEqual(checkHead(post({ method: 'GET' }), policy)?.headers, { Allow: 'POST' }));
	it('[VLT-12] 413 closes the connection', () => {
		assert.deepEqual(checkHead(post({ contentLength: '9999999' }), policy)?.headers, { Connection: 'close' });
	});
});

describe('parseBody', () => {
	const nested = (levels: number) => '['.repeat(levels - 1) + ']'.repeat(levels - 1);
	const cases: [string, string | Buffer, number | undefined][] = [
		['an object', '{"jsonrpc":"2.0"}', undefined],
		['32 levels', `{"a":${nested(32)}}`, undefined],
		['33 levels', `{"a":${nested(33)}}`, -32600],
		['brackets in strings', JSON.stringify({ a: '['.repeat(100), b: '"[[\\"['.repeat(50) }), undefined],
		['a string that ends in backslashes', JSON.stringify({ a: '\\\\', b: [] }), undefined],
		['a batch', '[{"jsonrpc":"2.0"}]', -32600],
		['no JSON', '{"a":', -32700],
		['nothing', '', -32700],
		['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), -32700],
	];
	for (const [name, text, code] of cases) {
		it(`[VLT-11] ${name}: ${code ?? 'is parsed'}`, () => {
			const parsed = parseBody(Buffer.from(text));
			assert.equal(parsed.ok ? undefined : parsed.refusal.code, code);
		});
	}
	it('[VLT-11] measures depth without parsing', () => {
		assert.equal(isNestedDeeper(Buffer.from('{'.repeat(1_000_000)), 32), true);
		assert.equal(isNestedDeeper(Buffer.from('"'.repeat(1_000_001)), 32), false);
	});
});

describe('parseRange', () => {
	const cases: [string, ReturnType<typeof parseRange>][] = [
		['', undefined],
		['bytes=0-9', { start: 0, end: 9 }],
		['bytes=90-', { start: 90, end: 99 }],
		['bytes=90-500', { start: 90, end: 99 }],
		['bytes=-10', { start: 90, end: 99 }],
		['bytes=-500', { start: 0, end: 99 }],
		['bytes=99-99', { start: 99, end: 99 }],
		['bytes=100-', 'unsatisfiable'],
		['bytes=-0', 'unsatisfiable'],
		['bytes=9-0', undefined],
		['bytes=0-1,5-6', undefined],
		['bytes=-', undefined],
		['items=0-1', undefined],
	];
	for (const [header, expected] of cases) it(`"${header}"`, () => assert.deepEqual(parseRange(header, 100), expected));
});

describe('workUnits', () => {
	const call = (name: string, args: unknown) => ({ method: 'tools/call', params: { name, arguments: args } });
	const cases: [string, unknown, number][] = [
		['tools/list', { method: 'tools/list' }, 0],
		['get_public_key', call('get_public_key', {}), 0],
		['one blob', call('decrypt_scores', { encrypted_blob_b64: 'AA==' }), 1],
		['three blobs', call('decrypt_scores', { encrypted_blob_b64: ['', '', ''] }), 3],
		['more blobs than allowed, which are refused later', call('decrypt_scores', { encrypted_blob_b64: Array(1000).fill('') }), 16],
		['no blobs', call('decrypt_scores', { encrypted_blob_b64: [] }), 1],
		['no arguments', { method: 'tools/call', params: { name: 'decrypt_scores' } }, 1],
		['metadata', call('decrypt_metadata', { encrypted_metadata_list: ['', ''] }), 1],
		['null', null, 0],
		['a string', 'tools/call', 0],
	];
	for (const [name, body, units] of cases) it(`[VLT-5] ${name}: ${units}`, () => assert.equal(workUnits(body), units));
});
