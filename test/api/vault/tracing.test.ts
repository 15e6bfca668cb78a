/** A real Vault process and a real OpenTelemetry collector. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Collector, type SeenSpan, startCollector } from '../../collector/collector.ts';
import { until } from '../../install/run.ts';

const checkout = join(import.meta.dirname, '..', '..', '..');
const vectors = join(checkout, 'test', 'vectors', 'envector');
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const inner = '00f067aa0ba902b7';
const outer = '1111111111111111';
const blob = readFileSync(join(vectors, 'score-single.pb')).toString('base64');

describe('traces at a real collector', () => {
	let collector: Collector;
	let spans: SeenSpan[] = [];
	let token = '';
	let answer = '';
	before(async () => {
		collector = await startCollector();
		const args = [join(checkout, 'vault', 'main.ts'), 'dev', '--json', '--protection', 'off', '--key', join(vectors, 'SecKey.json')];
		const vault = spawn(process.execPath, args, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint } });
		const [line] = await once(vault.stdout, 'data');
		const address: { url: string; token: string } = JSON.parse(String(line));
		({ token } = address);
		const call = async (name: string, params: object, headers: Record<string, string> = {}) => {
			const response = await fetch(address.url, {
				method: 'POST',
				headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: '*/*', ...headers },
				body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, ...params } }),
			});
			return response.text();
		};
		const _meta = { traceparent: `00-${traceId}-${inner}-01` };
		answer = await call('decrypt_scores', { arguments: { encrypted_blob_b64: blob }, _meta }, { traceparent: `00-${traceId}-${outer}-01` });
		await call('decrypt_scores', { arguments: { encrypted_blob_b64: blob.slice(0, 64) } });
		await call('no_such_tool', {});
		const ended = once(vault, 'exit');
		vault.kill('SIGTERM');
		assert.deepEqual(await ended, [0, null]);
		spans = await until('spans of three calls', async () => {
			const seen = collector.spans();
			return seen.filter(({ kind }) => kind === 'Server').length === 3 && seen;
		});
	});
	after(() => collector.stop());

	const calls = () => spans.filter(({ kind }) => kind === 'Server');

	it('[OTL-7] have every call, those of the last moment too', () => {
		assert.deepEqual(
			calls().map(({ name, status, attributes }) => [name, status, attributes['error.type'], attributes['runevault.error']]),
			[
				['tools/call decrypt_scores', 'Unset', undefined, undefined],
				['tools/call decrypt_scores', 'Error', 'tool_error', 'deserialization_failed'],
				['tools/call', 'Error', '-32602', undefined],
			],
		);
	});

	it('[OTL-1] [OTL-7] belong to the trace of the message, with a link to that of the request, and have their parts below them', () => {
		const [call] = calls();
		assert.ok(call);
		assert.deepEqual([call.trace, call.parent, call.links], [traceId, inner, [outer]]);
		const parts = spans.filter(({ parent, trace }) => parent === call.id && trace === traceId);
		assert.deepEqual(
			parts.map(({ name, kind }) => [name, kind]),
			['read body', 'run tool', 'write audit record'].map(name => [name, 'Internal']),
		);
		const { 'mcp.method.name': method, 'gen_ai.tool.name': tool, 'jsonrpc.request.id': id } = call.attributes;
		assert.deepEqual([method, tool, id], ['tools/call', 'decrypt_scores', '1']);
		const { 'service.name': service, 'runevault.vault': vault } = call.resource;
		assert.deepEqual([service, vault], ['runevault', 'dev']);
	});

	it('[OTL-3] have no token, no blob and no score', () => {
		const scores = [...answer.matchAll(/\d\.\d{4}/g)].map(([score]) => score);
		assert.ok(scores.length > 0);
		for (const secret of [token, token.slice(-16), blob.slice(0, 48)]) assert.ok(!collector.output().includes(secret));
		const attributes = JSON.stringify(spans.map(span => span.attributes));
		for (const score of scores) assert.ok(!attributes.includes(score));
	});
});
