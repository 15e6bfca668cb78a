/** What the public listener makes of requests that no honest client sends. Each row is a connection: what goes out, what comes back. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createLog } from '../../../vault/log.ts';
import { tokens } from './builders.ts';
import { call, health, openWire, ping, post, startWatchedVault, type WatchedVault } from './wire.ts';

/** What is sent, the statuses that come back, and what becomes of the connection: "open" is proved by a further request on it. */
type Row = [name: string, sent: string, statuses: number[], then: 'open' | 'closed'];

const size = ping.length.toString(16);
const chunked = (body: string, coding = 'chunked') => post([`Transfer-Encoding: ${coding}`], body);
const chunk = (line: string, end = '\r\n') => `${line}${end}${ping}${end}0${end}${end}`;
const get = (target: string, headers = ['Host: localhost'], version = '1.1') =>
	`GET ${target} HTTP/${version}\r\n${headers.map(line => `${line}\r\n`).join('')}\r\n`;
const header = (line: string) => get('/health', ['Host: localhost', line]);

const framing: Row[] = [
	['Content-Length and Transfer-Encoding', post(['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'), [400], 'closed'],
	['Transfer-Encoding and Content-Length', post(['Transfer-Encoding: chunked', 'Content-Length: 5'], '0\r\n\r\n'), [400], 'closed'],
	['two different Content-Lengths', post(['Content-Length: 40', 'Content-Length: 5'], ping), [400], 'closed'],
	['two equal Content-Lengths', post(['Content-Length: 40', 'Content-Length: 40'], ping), [400], 'closed'],
	['a list of Content-Lengths', post(['Content-Length: 40, 40'], ping), [400], 'closed'],
	['a signed Content-Length', post(['Content-Length: +40'], ping), [400], 'closed'],
	['a negative Content-Length', post(['Content-Length: -1'], ping), [400], 'closed'],
	['a hexadecimal Content-Length', post(['Content-Length: 0x28'], ping), [400], 'closed'],
	['a Content-Length over 64 bits', post(['Content-Length: 99999999999999999999999'], ping), [400], 'closed'],
	['an empty Content-Length', post(['Content-Length: '], ping), [400], 'closed'],
	['chunks', chunked(chunk(size)), [200], 'open'],
	['a chunk extension', chunked(chunk(`${size};name=value`)), [200], 'open'],
	['a chunk extension of 17 KB', chunked(chunk(`${size};${'a'.repeat(17_000)}`)), [413], 'closed'],
	['a chunk extension that ends in a bare LF', chunked(`${size};a\n${ping}\r\n0\r\n\r\n`), [400], 'closed'],
	['a chunk size that is no number', chunked(chunk('zz')), [400], 'closed'],
	['a chunk size with a prefix', chunked(chunk(`0x${size}`)), [400], 'closed'],
	['a chunk size with a space', chunked(chunk(`${size} `)), [400], 'closed'],
	['a negative chunk size', chunked(chunk('-1')), [400], 'closed'],
	['a chunk size over 64 bits', chunked(chunk('f'.repeat(17))), [400], 'closed'],
	['a chunk longer than its size', chunked(chunk('5')), [400], 'closed'],
	['chunks with bare LF', chunked(chunk(size, '\n')), [400], 'closed'],
	['a chunk without its end', chunked(`${size}\r\n${ping}0\r\n\r\n`), [400], 'closed'],
	[
		'trailers that look like headers',
		chunked(`${size}\r\n${ping}\r\n0\r\nAuthorization: Bearer x\r\nHost: evil.example\r\n\r\n`),
		[200],
		'open',
	],
	['Transfer-Encoding: identity', post(['Transfer-Encoding: identity', 'Content-Length: 40'], ping), [400], 'closed'],
	['Transfer-Encoding: chunked, gzip', chunked(chunk(size), 'chunked, gzip'), [400], 'closed'],
	['Transfer-Encoding: gzip, chunked', chunked(chunk(size), 'gzip, chunked'), [415], 'open'],
	['Transfer-Encoding twice', post(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], chunk(size)), [400], 'closed'],
	['Transfer-Encoding: xchunked', chunked(chunk(size), 'xchunked'), [400], 'closed'],
	['Transfer-Encoding after a vertical tab', chunked(chunk(size), '\x0bchunked'), [400], 'closed'],
	['Transfer-Encoding in capitals', chunked(chunk(size), 'CHUNKED'), [200], 'open'],
	[
		'Transfer-Encoding with HTTP/1.0',
		post(['Transfer-Encoding: chunked', 'Connection: keep-alive'], chunk(size), { version: '1.0' }),
		[400],
		'closed',
	],
	['a space before the colon', post(['Transfer-Encoding : chunked'], chunk(size)), [400], 'closed'],
	['a folded header', post(['X-Folded: a\r\n b', 'Content-Length: 40'], ping), [400], 'closed'],
	['a folded Transfer-Encoding', post(['Transfer-Encoding:\r\n chunked'], chunk(size)), [400], 'closed'],
	['a folded token', call(ping, { token: `Authorization: Bearer\r\n ${tokens.team}` }), [400], 'closed'],
	['a first header that is indented', 'POST /mcp HTTP/1.1\r\n Host: localhost\r\n\r\n', [400], 'closed'],
	['bare LF for CR LF', 'GET /health HTTP/1.1\nHost: localhost\n\n', [400], 'closed'],
	['a bare LF in the head', 'GET /health HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n', [400], 'closed'],
	['a bare CR in the head', 'GET /health HTTP/1.1\r\nHost: localhost\rX: y\r\n\r\n', [400], 'closed'],
	['a head that ends in a bare LF', 'GET /health HTTP/1.1\r\nHost: localhost\r\n\n', [400], 'closed'],
	['NUL in a header', header('X: a\0b'), [400], 'closed'],
	['NUL in the name of a header', header('X\0: ab'), [400], 'closed'],
	['a header without a name', header(': ab'), [400], 'closed'],
	['a header without a colon', header('abc'), [400], 'closed'],
	['empty lines before a request', `\r\n\r\n${health}`, [200], 'open'],
	['a TLS handshake', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', [400], 'closed'],
];

const targets: Row[] = [
	['two equal Hosts', get('/health', ['Host: localhost', 'Host: localhost']), [421], 'open'],
	['two Hosts', get('/health', ['Host: localhost', 'Host: evil.example']), [421], 'open'],
	['a second Host behind 900 headers', get('/health', ['Host: localhost', ...Array(900).fill('a:'), 'Host: evil.example']), [421], 'open'],
	['a Host that is no host', get('/health', ['Host: a b']), [421], 'open'],
	['no Host', get('/health', []), [400], 'closed'],
	['no Host with HTTP/1.0', get('/health', [], '1.0'), [421], 'closed'],
	['two tokens', call(ping, { headers: [`Authorization: Bearer ${tokens.team}`] }), [401], 'open'],
	['a token of others behind a good one', call(ping, { headers: ['Authorization: Bearer other'] }), [401], 'open'],
	['two Content-Types', call(ping, { headers: ['Content-Type: application/json'] }), [415], 'open'],
	['an absolute target of ours', get('http://localhost/health'), [200], 'open'],
	['a call to an absolute target of ours', call(ping, { target: 'HTTP://LOCALHOST/mcp?a=b' }), [200], 'open'],
	['an absolute target of ours without a path', get('http://localhost'), [404], 'open'],
	['an absolute target elsewhere', get('http://evil.example/health'), [421], 'open'],
	['an absolute target of ours with a foreign Host', get('http://localhost/health', ['Host: evil.example']), [421], 'open'],
	['an absolute target with a user', get('http://localhost@evil.example/health'), [421], 'open'],
	['an absolute target that is no URL', get('http://[::1/health'), [421], 'open'],
	['an absolute target whose name has a bracket', get('http://[.localhost/health'), [421], 'open'],
	['an absolute target of another scheme', get('ftp://localhost/health'), [400], 'open'],
	['an authority', get('localhost:80'), [400], 'closed'],
	['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n', [400], 'open'],
	['a path that begins as an authority', get('//localhost/health'), [404], 'open'],
	['a path with a fragment', get('/health#there'), [200], 'open'],
	['a path with broken escapes', get('/%zz'), [404], 'open'],
	['an escaped path', get('/%68ealth'), [404], 'open'],
	['a path with a dot segment', get('/x/../health'), [404], 'open'],
	['a path in Latin-1', get('/\xff'), [400], 'closed'],
	['a token in Latin-1', call(ping, { token: 'Authorization: Bearer \xe9\xff' }), [401], 'open'],
];

const protocol: Row[] = [
	['HTTP/1.0', call(ping, { version: '1.0' }), [200], 'closed'],
	['HTTP/1.0 that asks to stay', call(ping, { version: '1.0', headers: ['Connection: keep-alive'] }), [200], 'open'],
	['HTTP/0.9', 'GET /health\r\n\r\n', [505], 'closed'],
	['HTTP/1.2', get('/health', ['Host: localhost'], '1.2'), [400], 'closed'],
	['HTTP/2.0 written as 1', get('/health', ['Host: localhost'], '2.0'), [505], 'closed'],
	['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400], 'closed'],
	['CONNECT', `CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n${health}`, [], 'closed'],
	['TRACE', 'TRACE /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n', [405], 'open'],
	['a method nobody knows', 'FOO /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n', [400], 'closed'],
	['a method in small letters', 'get /health HTTP/1.1\r\nHost: localhost\r\n\r\n', [400], 'closed'],
	['Upgrade: websocket', get('/health', ['Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket']) + health, [200], 'closed'],
	['Upgrade: h2c', call(ping, { headers: ['Connection: Upgrade', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'] }), [200], 'closed'],
	['Expect: 100-continue', call(ping, { headers: ['Expect: 100-continue'] }), [100, 200], 'open'],
	['Expect: 100-continue without a token', call(ping, { token: '', headers: ['Expect: 100-continue'] }), [401], 'closed'],
	[
		'Expect: 100-continue of a compressed body',
		call(ping, { headers: ['Expect: 100-continue', 'Content-Encoding: gzip'] }),
		[415],
		'closed',
	],
	['Expect: 100-continue with HTTP/1.0', call(ping, { version: '1.0', headers: ['Expect: 100-continue'] }), [200], 'closed'],
	['Expect: 100-continue without a body', get('/health', ['Host: localhost', 'Expect: 100-continue']), [200], 'closed'],
	['Expect: something else', call(ping, { headers: ['Expect: miracles'] }), [417], 'open'],
];

const sizes: Row[] = [
	['a target of 16 KB', get(`/${'a'.repeat(16_000)}`), [404], 'open'],
	['a target of 17 KB', get(`/${'a'.repeat(17_000)}`), [431], 'closed'],
	['a header of 16 KB', header(`X: ${'a'.repeat(16_000)}`), [200], 'open'],
	['a header of 17 KB', header(`X: ${'a'.repeat(17_000)}`), [431], 'closed'],
	['a thousand headers', get('/health', ['Host: localhost', ...Array(1000).fill('a:')]), [431], 'closed'],
];

const groups: [id: string, title: string, rows: Row[]][] = [
	['[VLT-60]', 'framing', framing],
	['[VLT-62]', 'hosts, targets and headers sent twice', targets],
	['[VLT-63]', 'versions, methods and expectations', protocol],
	['[VLT-64]', 'the size of a head', sizes],
];

for (const [id, title, rows] of groups) {
	describe(title, { timeout: 30_000 }, () => {
		let running: WatchedVault;
		before(async () => {
			running = await startWatchedVault();
		});
		after(() => running.close());

		for (const [name, sent, statuses, then] of rows) {
			it(`${id} ${name}: ${statuses.join(', then ') || 'no answer'}, connection ${then}`, { timeout: 5000 }, async () => {
				const wire = openWire(running.origin);
				wire.send(then === 'open' ? sent + health : sent);
				const expected = then === 'open' ? [...statuses, 200] : [...statuses, undefined];
				assert.deepEqual(await wire.statuses(expected.length), expected);
				wire.socket.destroy();
				await running.assertWell();
			});
		}
	});
}

describe('the internal listener', () => {
	const rows: Row[] = [
		['a question with a Host that is no host', get('/probe?canary=0&nonce=00', ['Host: a b']), [200], 'open'],
		['an absolute target that is no URL', get('http://[::1/probe'), [400], 'open'],
		['a path that begins as an authority', get('//[::1/probe'), [404], 'open'],
	];
	for (const [name, sent, statuses] of rows) {
		it(`[VLT-8] ${name}: ${statuses}, and no error of ours`, async () => {
			const errors: string[] = [];
			const running = await startWatchedVault({ log: createLog('error', {}, { write: line => void errors.push(line) }) });
			const wire = openWire(running.internal);
			wire.send(sent);
			assert.deepEqual(await wire.statuses(statuses.length), statuses);
			assert.deepEqual(errors, []);
			wire.socket.destroy();
			await running.close();
		});
	}
});
