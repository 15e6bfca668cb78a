/** What is recorded of calls over real HTTP, and how the parent of a call is found. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { VaultError } from '../../../fhe/errors.ts';
import { createAuditLog } from '../../../vault/audit/log.ts';
import { contextsOf, parseTraceParent } from '../../../vault/tracing/context.ts';
import { tracingSettings } from '../../../vault/tracing/settings.ts';
import { errorTypeOf, type FinishedSpan } from '../../../vault/tracing/span.ts';
import { base64, startVault, testConfig, testSink, tokens, vector, vendorKeyring } from './builders.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentOf = (spanId: string, flags = '01') => `00-${traceId}-${spanId}-${flags}`;
const inner = '00f067aa0ba902b7';
const outer = '1111111111111111';

async function traced(t: TestContext, options: Parameters<typeof startVault>[0] = {}) {
	const spans: FinishedSpan[] = [];
	const tracing = { record: (span: FinishedSpan) => void spans.push(span), close: async () => undefined };
	const running = await startVault({ ...options, tracing });
	t.after(() => running.close());
	return { ...running, spans };
}
const call = (name: string, args: object, meta?: object) => ({
	...{ jsonrpc: '2.0', id: 'r-1', method: 'tools/call' },
	params: { name, arguments: args, ...(meta === undefined ? {} : { _meta: meta }) },
});

describe('spans of calls', () => {
	it('[OTL-1] a tool call: name, kind of operation, request id of the audit record, and its phases inside of it', async t => {
		const running = await traced(t, { keyring: await vendorKeyring() });
		const blob = base64(vector('score-single.pb'));
		const response = await running.post(call('decrypt_scores', { encrypted_blob_b64: blob, top_k: 3 }), {
			'mcp-protocol-version': '2025-11-25',
		});
		assert.equal(response.status, 200);
		const [span] = running.spans;
		assert.ok(span);
		const { 'runevault.request_id': requestId, 'client.address': address, ...rest } = span.attributes;
		assert.equal(requestId, JSON.parse(running.sink.lines.at(-1) ?? '').request_id);
		assert.equal(address, '127.0.0.1');
		assert.deepEqual(
			{ name: span.name, isError: span.isError, parent: span.parent, ...rest },
			{
				name: 'tools/call decrypt_scores',
				isError: false,
				parent: undefined,
				'mcp.method.name': 'tools/call',
				'gen_ai.tool.name': 'decrypt_scores',
				'gen_ai.operation.name': 'execute_tool',
				'jsonrpc.request.id': 'r-1',
				'mcp.protocol.version': '2025-11-25',
				'http.response.status_code': 200,
				'network.transport': 'tcp',
				'network.protocol.name': 'http',
				'user.name': 'team',
				'runevault.status': 'success',
				'runevault.key_version': 1,
				'runevault.top_k': 3,
				'runevault.result_count': 3,
			},
		);
		assert.deepEqual(
			span.phases.map(({ name }) => name),
			['read body', 'run tool', 'write audit record'],
		);
		const times = [span.startedAt, ...span.phases.flatMap(({ startedAt, endedAt }) => [startedAt, endedAt]), span.endedAt];
		assert.deepEqual(
			times.toSorted((a, b) => a - b),
			times,
		);
		assert.ok(Math.abs(span.endedAt - Date.now()) < 60_000);
	});

	it('[OTL-1] the parent is that of the message, that of the request is linked; without the first the second is the parent', async t => {
		const running = await traced(t);
		const meta = { traceparent: parentOf(inner) };
		await running.post(call('vault_status', {}, meta), { traceparent: parentOf(outer) });
		await running.post(call('vault_status', {}), { traceparent: parentOf(outer, '00') });
		await running.post(call('vault_status', {}, { traceparent: 'nonsense' }));
		const context = (spanId: string, isSampled = true) => ({ traceId, spanId, isSampled });
		assert.deepEqual(
			running.spans.map(({ parent, link }) => [parent, link]),
			[
				[context(inner), context(outer)],
				[context(outer, false), undefined],
				[undefined, undefined],
			],
		);
	});

	it('[OTL-2] tool error, unknown tool, unknown method, rate limit', async t => {
		const running = await traced(t, { config: { limits: { topK: 10, callsPerMinute: 1, failedAuthPerMinute: 20 } } });
		await running.post(call('decrypt_scores', { encrypted_blob_b64: '!' }));
		await running.post(call('decrypt_scores', { encrypted_blob_b64: '!' }));
		await running.post(call('evt_no_such_tool', {}));
		await running.post({ jsonrpc: '2.0', id: 1, method: 'evt_no_such_method' });
		await running.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
		assert.deepEqual(
			running.spans.map(({ name, isError, attributes }) => [
				name,
				isError,
				attributes['error.type'],
				attributes['rpc.response.status_code'],
				attributes['runevault.error'],
			]),
			[
				['tools/call decrypt_scores', true, 'tool_error', undefined, 'deserialization_failed'],
				['tools/call', true, '-32000', '-32000', undefined],
				['tools/call', true, '-32602', '-32602', undefined],
				['_OTHER', true, '-32601', '-32601', undefined],
				['tools/list', false, undefined, undefined, undefined],
			],
		);
	});

	it('[OTL-2] a record that cannot be written, and a client that left', async t => {
		const sink = testSink();
		sink.isBroken = true;
		sink.on('error', () => undefined);
		const running = await traced(t, { audit: createAuditLog(sink) });
		assert.equal((await running.post(call('vault_status', {}))).status, 503);
		assert.deepEqual(
			running.spans.map(({ attributes, isError }) => [attributes['error.type'], isError]),
			[['audit_unavailable', true]],
		);
		assert.equal(errorTypeOf({ signal: AbortSignal.abort() }, { httpStatus: 200 }), 'client_gone');
		assert.equal(errorTypeOf({ signal: new AbortController().signal }, { httpStatus: 404 }), '404');
	});

	it('[OTL-3] whoever has no token makes no span; nothing a caller sends or gets is in one', async t => {
		const running = await traced(t, { keyring: await vendorKeyring() });
		await running.post(call('vault_status', {}), { authorization: 'Bearer evt_acme_unknown' });
		assert.equal(running.spans.length, 0);
		const blob = base64(vector('score-single.pb'));
		const secret = 'evt_acme_team';
		const hostile = { ...call('decrypt_scores', { encrypted_blob_b64: blob, [secret]: secret }), id: tokens.team };
		await running.post(hostile, { 'mcp-protocol-version': secret, traceparent: secret, 'user-agent': secret });
		await running.post({ jsonrpc: '2.0', id: secret.repeat(4), method: secret, params: { name: secret, uri: secret } });
		const answer = await running.post(call('decrypt_scores', { encrypted_blob_b64: blob }));
		const scores = (await answer.text()).match(/\d\.\d{3,4}/g) ?? [];
		assert.equal(running.spans.length, 3);
		const text = JSON.stringify(running.spans.map(({ name, attributes, phases }) => [name, attributes, phases.map(each => each.name)]));
		assert.ok(scores.length > 0);
		for (const each of [secret, blob.slice(0, 64), ...scores]) assert.ok(!text.includes(each), each);
	});
});

describe('traceparent', () => {
	it('[OTL-4] as its specification has it, and nothing else', () => {
		assert.deepEqual(parseTraceParent(parentOf(inner)), { traceId, spanId: inner, isSampled: true });
		assert.deepEqual(parseTraceParent(parentOf(inner, '02'))?.isSampled, false);
		assert.ok(parseTraceParent(`cc-${traceId}-${inner}-01-what-the-future-brings`));
		const bad = [
			`ff-${traceId}-${inner}-01`,
			`00-${traceId}-${inner}-01-more`,
			`00-${'0'.repeat(32)}-${inner}-01`,
			`00-${traceId}-${'0'.repeat(16)}-01`,
			`00-${traceId.toUpperCase()}-${inner}-01`,
			`00-${traceId}-${inner}-01\n`,
			`00-${traceId}-${inner}`,
			'',
			7,
			null,
			{},
		];
		for (const each of bad) assert.equal(parseTraceParent(each), undefined, String(each));
	});

	it('[OTL-4] any value gives a context or none; a header sent twice none', () => {
		fc.assert(
			fc.property(fc.anything(), fc.array(fc.string()), (message, header) => {
				assert.equal(contextsOf(message, header).link, undefined);
			}),
		);
		assert.deepEqual(contextsOf(undefined, [parentOf(inner), parentOf(outer)]), {});
		assert.deepEqual(contextsOf(parentOf(inner), [parentOf(inner)]).link, undefined);
	});
});

describe('where spans go', () => {
	it('[OTL-8] as configured, else by the variable, else nowhere', () => {
		const tracing = { endpoint: 'https://collector:4318', samplingRatio: '0.25' };
		assert.deepEqual(tracingSettings(testConfig({ tracing }), { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://other' }), {
			endpoint: 'https://collector:4318',
			samplingRatio: 0.25,
		});
		assert.deepEqual(tracingSettings(testConfig(), { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://other:4318' }), {
			endpoint: 'http://other:4318',
			samplingRatio: 1,
		});
		assert.equal(tracingSettings(testConfig(), {}), undefined);
		for (const bad of ['collector:4318', 'grpc://collector:4317', 'no url']) {
			const settings = () => tracingSettings(testConfig(), { OTEL_EXPORTER_OTLP_ENDPOINT: bad });
			assert.throws(settings, (error: unknown) => error instanceof VaultError && error.field === 'OTEL_EXPORTER_OTLP_ENDPOINT');
		}
	});
});
