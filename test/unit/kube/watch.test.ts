import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { isGone } from '../../../kube/errors.ts';
import { lines } from '../../../kube/lines.ts';
import type { WatchEvent, WatchRequest } from '../../../kube/transport.ts';
import { collect, refusal, type Stub, status, withStub } from './api-stub.ts';
import { configMap } from './builders.ts';

const path = '/api/v1/namespaces/rune/configmaps/a';

describe('watch', () => {
	const added = JSON.stringify({ type: 'ADDED', object: configMap('ä', 1) });

	function watching(
		write: (response: ServerResponse) => void,
		test: (stub: Stub, request: WatchRequest) => Promise<void>,
		watchInactivityMs?: number,
	) {
		const answer = (_request: unknown, response: ServerResponse) => {
			response.writeHead(200, { 'content-type': 'application/json' });
			write(response);
		};
		const request = { path, query: { resourceVersion: '7' }, signal: new AbortController().signal };
		return withStub(answer, stub => test(stub, request), watchInactivityMs === undefined ? {} : { watchInactivityMs });
	}

	it('[KUB-5] an end between events is quiet', async () => {
		await watching(
			response => response.end(`${added}\n\n${added}\n`),
			async ({ transport, received }, request) => {
				assert.equal((await collect(transport.watch(request))).length, 2);
				assert.equal(received[0]?.url, `${path}?resourceVersion=7&watch=true`);
			},
		);
	});

	it('[KUB-5] an end inside an event is an error, after the complete ones', async () => {
		await watching(
			response => response.end(`${added}\n${added.slice(0, 40)}`),
			async ({ transport }, request) => {
				const seen: WatchEvent[] = [];
				const error = await refusal(
					(async () => {
						for await (const event of transport.watch(request)) seen.push(event);
					})(),
				);
				assert.deepEqual([error.reason, seen.length], ['Truncated', 1]);
			},
		);
	});

	it('[KUB-5] a cut connection is an error', async () => {
		await watching(
			response => response.write(`${added}\n`, () => response.socket?.destroy()),
			async ({ transport }, request) => assert.equal((await refusal(collect(transport.watch(request)))).reason, 'NetworkError'),
		);
	});

	it('[KUB-5] silence beyond the limit is an error', async () => {
		await watching(
			response => response.write(`${added}\n`),
			async ({ transport }, request) => assert.equal((await refusal(collect(transport.watch(request)))).reason, 'Inactive'),
			300,
		);
	});

	it('[KUB-5] an ERROR event is thrown as what it says', async () => {
		await watching(
			response => response.end(`${JSON.stringify({ type: 'ERROR', object: status(410, 'Expired') })}\n`),
			async ({ transport }, request) => assert.equal(isGone(await refusal(collect(transport.watch(request)))), true),
		);
	});

	it('[KUB-5] lines come out whole however the bytes are cut', async () => {
		const bytes = new TextEncoder().encode(`${added}\n\n{"x":"€"}\n`);
		for (let size = 1; size <= bytes.length; size += 1) {
			const chunks = async function* () {
				for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
			};
			const out: string[] = [];
			for await (const line of lines(chunks())) out.push(line);
			assert.deepEqual(out, [added, '{"x":"€"}']);
		}
	});
});
