/** Whatever arrives, the checks in front of the tools give an answer and do not throw. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseBearer } from '../../../vault/auth/bearer.ts';
import { workUnits } from '../../../vault/http/admit.ts';
import { checkHead, hostMatcher } from '../../../vault/http/guard.ts';
import { isNestedDeeper, parseBody, rpcIdOf } from '../../../vault/http/json.ts';
import { parseRange } from '../../../vault/http/key-files.ts';

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string());

/** The depth of a JSON value, by recursion: the readable twin of the byte scanner. */
const depthOf = (value: unknown): number =>
	typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

describe('hostile input', () => {
	it('[VLT-1] any Authorization headers give one of three answers', () => {
		fc.assert(
			fc.property(
				fc.array(
					fc.oneof(
						text,
						text.map(t => `Bearer ${t}`),
					),
					{ maxLength: 3 },
				),
				values => {
					const bearer = parseBearer(values);
					assert.ok(['token', 'missing', 'malformed'].includes(bearer.kind));
					if (bearer.kind === 'token') assert.match(bearer.token, /^[A-Za-z0-9._~+/-]+=*$/);
				},
			),
			{ numRuns: 2000 },
		);
	});

	it('[VLT-11] any bytes are a JSON value or a refusal', () => {
		const bytes = fc.oneof(
			fc.uint8Array({ maxLength: 200 }).map(b => Buffer.from(b)),
			fc.json().map(j => Buffer.from(j)),
		);
		fc.assert(
			fc.property(bytes, body => {
				const parsed = parseBody(body);
				if (parsed.ok) {
					rpcIdOf(parsed.value);
					assert.ok(workUnits(parsed.value) <= 16);
				} else assert.equal(parsed.refusal.status, 400);
			}),
			{ numRuns: 2000 },
		);
	});

	it('[VLT-11] depth measured on bytes is the depth of the value', () => {
		fc.assert(
			fc.property(fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }), value => {
				const bytes = Buffer.from(JSON.stringify(value));
				const depth = depthOf(value);
				assert.equal(isNestedDeeper(bytes, depth), false);
				if (depth > 0) assert.equal(isNestedDeeper(bytes, depth - 1), true);
			}),
			{ numRuns: 2000 },
		);
	});

	it('[VLT-8] any request head goes on or is refused', () => {
		const values = fc.array(text, { maxLength: 2 });
		const head = fc.record({
			httpVersion: fc.oneof(fc.constantFrom('1.0', '1.1'), text),
			method: fc.oneof(fc.constantFrom('GET', 'POST', 'DELETE'), text),
			path: fc.oneof(fc.constantFrom('/mcp', '/health', '/register'), text),
			host: fc.oneof(fc.constant(['ours']), values),
			origin: values,
			contentType: fc.oneof(fc.constant(['application/json']), values),
			contentEncoding: values,
			contentLength: fc.option(text, { nil: undefined }),
			targetHost: fc.option(text, { nil: undefined }),
			transferEncoding: values,
		});
		const policy = { isOurHost: hostMatcher(['ours']), origins: [] };
		fc.assert(
			fc.property(head, h => {
				const refusal = checkHead(h, policy);
				if (refusal === undefined) assert.equal(h.host[0], 'ours');
				else assert.ok(refusal.status >= 400);
			}),
			{ numRuns: 2000 },
		);
	});

	it('[VLT-15] any Range is inside the file or refused', () => {
		const header = fc.oneof(
			text,
			fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `bytes=${a}-${b}`),
			fc.nat().map(n => `bytes=-${n}`),
		);
		fc.assert(
			fc.property(header, fc.integer({ min: 1, max: 1000 }), (value, size) => {
				const range = parseRange(value, size);
				if (typeof range === 'object') assert.ok(0 <= range.start && range.start <= range.end && range.end < size);
			}),
			{ numRuns: 2000 },
		);
	});
});
