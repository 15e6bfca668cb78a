/** A pod that keeps its audit records on a volume, as a child process. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { chained } from './audit-disk.ts';
import { tokens } from './builders.ts';
import { finished, PodHome } from './pod-home.ts';

describe('a pod with a directory for audit records', () => {
	let home: PodHome;
	before(async () => {
		home = await PodHome.create();
		assert.equal(await finished(home.run('keygen')), 0);
	});
	beforeEach(() => home.prepare());
	afterEach(() => home.killAll());
	after(() => home.close());

	const callTool = async (port: unknown) => {
		const headers = {
			authorization: `Bearer ${tokens.team}`,
			'content-type': 'application/json',
			accept: 'application/json, text/event-stream',
		};
		const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'vault_status', arguments: {} } });
		return (await fetch(`http://127.0.0.1:${port}/mcp`, { method: 'POST', headers, body })).status;
	};
	const configure = (audit: string) => {
		writeFileSync(home.file('config.json'), JSON.stringify({ ...JSON.parse(home.config), audit: { directory: audit } }));
		return home.run('serve');
	};

	it('[VLT-40] [VLT-41] writes there and not to stdout, and goes on after it was killed', async () => {
		mkdirSync(home.file('audit'));
		for (const start of [1, 2]) {
			const child = configure(home.file('audit'));
			let stdout = '';
			child.stdout?.on('data', data => (stdout += data));
			const { publicPort } = await home.log(child, 'listening');
			assert.equal(await callTool(publicPort), 200);
			const text = readFileSync(home.file('audit/audit-acme-0.000001.jsonl'), 'utf8');
			assert.equal(chained(text.split('\n').slice(0, -1)), start);
			const ended = finished(child);
			child.kill(start === 1 ? 'SIGKILL' : 'SIGTERM');
			assert.equal(await ended, start === 1 ? null : 0);
			assert.equal(stdout, '');
		}
	});

	it('[VLT-42] that is not there: exit 1 and one line', async () => {
		const child = configure(home.file('nowhere'));
		let stderr = '';
		child.stderr?.on('data', data => (stderr += data));
		assert.equal(await finished(child), 1);
		assert.match(stderr, /^vault serve: audit\.directory [^\n]*nowhere: ENOENT[^\n]*\n$/);
	});
});
