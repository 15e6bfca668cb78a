/** The way of spans to a collector that does not do its part, and what a Vault loads that has none. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createLog } from '../../../vault/log.ts';
import { createTracing } from '../../../vault/tracing/otlp.ts';
import type { FinishedSpan } from '../../../vault/tracing/span.ts';
import { startVault, testSink } from './builders.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');
const program = new URL('../../../vault/main.ts', import.meta.url).pathname;
const origin = { vault: 'acme', namespace: 'rune', pod: 'acme-0' };

async function collector(t: TestContext, answer: RequestListener) {
	const server = createServer(answer).listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.after(() => {
		server.closeAllConnections();
		server.close();
	});
	const address = server.address();
	return { endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`, samplingRatio: 1 };
}

const span = (change: Partial<FinishedSpan> = {}): FinishedSpan => ({
	...{ name: 'tools/list', startedAt: Date.now(), endedAt: Date.now(), attributes: {}, isError: false, phases: [] },
	...change,
});
const until = async (what: string, isSo: () => boolean) => {
	const deadline = Date.now() + 20_000;
	while (!isSo()) {
		assert.ok(Date.now() < deadline, what);
		await new Promise(resolve => setTimeout(resolve, 20));
	}
};

describe('a collector', () => {
	for (const [what, answer] of [
		['that refuses', (req, res) => void req.resume().once('end', () => res.writeHead(400).end('evt_secret'))],
		['that cuts connections', req => void req.socket.destroy()],
	] satisfies [string, RequestListener][]) {
		it(`[OTL-5] ${what}: calls are answered, and one line without its words is in the log`, async t => {
			const lines = testSink();
			let requests = 0;
			const settings = await collector(t, (req, res) => {
				requests++;
				answer(req, res);
			});
			const tracing = createTracing(settings, origin, createLog('info', {}, lines));
			const running = await startVault({ tracing });
			t.after(() => running.close());
			for (let call = 0; call < 100; call++) {
				const { status } = await running.callTool('vault_status', {});
				assert.equal(status, 200);
			}
			await until('a line in the log', () => lines.lines.length > 0);
			await tracing.close();
			assert.ok(requests > 0);
			assert.equal(lines.lines.length, 1);
			assert.match(lines.lines[0] ?? '', /the collector takes no spans/);
			assert.doesNotMatch(lines.lines[0] ?? '', /evt_secret/);
		});
	}

	it('[OTL-5] that never answers: what waits is bounded, and closing is not held up', async t => {
		const settings = await collector(t, req => void req.resume());
		const tracing = createTracing(settings, origin, createLog('silent'));
		for (let count = 0; count < 2000; count++) tracing.record(span());
		gc();
		const before = process.memoryUsage().heapUsed;
		for (let count = 0; count < 50_000; count++) tracing.record(span());
		gc();
		assert.ok(process.memoryUsage().heapUsed - before < 20e6, 'fifty thousand spans wait');
		const closing = tracing.close();
		const late = new Promise(resolve => setTimeout(resolve, 5000, 'late').unref());
		assert.notEqual(await Promise.race([closing, late]), 'late');
	});

	it('[OTL-4] gets no span of a trace that its caller does not sample, and every one of one it does', async t => {
		let requests = 0;
		const settings = await collector(t, (req, res) => {
			requests++;
			req.resume().once('end', () => res.end());
		});
		const parent = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', isSampled: false };
		const dropping = createTracing(settings, origin, createLog('silent'));
		dropping.record(span({ parent }));
		await dropping.close();
		assert.equal(requests, 0);
		const following = createTracing({ ...settings, samplingRatio: 0 }, origin, createLog('silent'));
		following.record(span());
		following.record(span({ parent: { ...parent, isSampled: true } }));
		await following.close();
		await until('a request', () => requests === 1);
	});
});

describe('a Vault without an endpoint', () => {
	/** Packages of OpenTelemetry that a starting Vault asks for. */
	async function loaded(env: NodeJS.ProcessEnv): Promise<string[]> {
		const hook = `import { registerHooks } from 'node:module';
			registerHooks({ resolve(name, context, next) {
				if (name.startsWith('@opentelemetry/')) console.error('LOADED ' + name);
				return next(name, context);
			} });`;
		const args = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, program, 'dev', '--json', '--dimension', '32'];
		const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH, ...env } });
		const names: string[] = [];
		createInterface({ input: child.stderr }).on('line', line => {
			if (line.startsWith('LOADED ')) names.push(line.slice('LOADED '.length));
		});
		await once(child.stdout, 'data');
		child.kill('SIGTERM');
		const [code] = await once(child, 'close');
		assert.equal(code, 0);
		return [...new Set(names)];
	}

	it('[OTL-6] loads none of the SDK', async () => {
		assert.deepEqual(
			(await loaded({})).filter(name => name !== '@opentelemetry/api'),
			[],
		);
		assert.ok((await loaded({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' })).includes('@opentelemetry/sdk-trace'));
	});
});
