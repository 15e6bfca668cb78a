/** The measuring client against a server with a certificate on loopback. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { TLSSocket } from 'node:tls';
import { Stream } from '../../chaos/client/stream.ts';
import { until } from '../../install/run.ts';
import { newAuthority, signedBy } from '../tls/pki.ts';

const HOST = 'acme.chaos-1.svc';
const results = [{ index: 1 }];

describe('a stream of calls', () => {
	let connections = 0;
	const names = new Set<unknown>();
	const server = createServer({ minVersion: 'TLSv1.3' }, (request, response) => {
		if (request.socket instanceof TLSSocket) names.add(request.socket.servername);
		request.resume().on('end', () => response.end(JSON.stringify({ result: { structuredContent: { results, epoch: 1 } } })));
	}).on('secureConnection', () => (connections += 1));
	let ca: string;

	before(async () => {
		const authority = await newAuthority();
		ca = authority.cert;
		server.setSecureContext(await signedBy(authority, { names: [HOST] }));
		await once(server.listen(0, '127.0.0.1'), 'listening');
	});
	after(() => server.close());

	const open = (trusted: string, isFresh = false) => {
		const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
		return new Stream({ id: 'a', origin, host: HOST, ca: trusted, token: 't', blob: 'AAAA', expected: JSON.stringify(results), isFresh });
	};

	it('[CLU-29] knows the Vault by the name of its Service, and keeps its connections', async () => {
		const stream = open(ca);
		stream.begin(20);
		await until('forty answers', async () => stream.state.answered >= 40, 30_000, 20);
		const { summary } = await stream.end();
		await stream.close();
		assert.equal(summary.failedCalls, 0, JSON.stringify(summary));
		assert.deepEqual([...names], [HOST]);
		assert.ok(connections <= 8, `${connections} connections`);
	});

	it('[CLU-29] connects for each call where it is told to', async () => {
		const [stream, before] = [open(ca, true), connections];
		stream.begin(20);
		await until('ten answers', async () => stream.state.answered >= 10, 30_000, 20);
		const { summary } = await stream.end();
		await stream.close();
		assert.equal(summary.failedCalls, 0, JSON.stringify(summary));
		assert.equal(connections - before, summary.calls);
	});

	it('[CLU-29] takes no answer of a server it has no reason to trust', async () => {
		const stream = open((await newAuthority()).cert);
		stream.begin(20);
		await until('a failure', async () => stream.state.failed > 0, 30_000, 20);
		await stream.end();
		await stream.close();
		assert.equal(stream.state.answered, 0);
	});
});
