/** The program under the very flags that the operator gives the pods, with the folders of a test in the place of a container's. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { buildKeygenJob } from '../../../operator/desired/keygen-job.ts';
import { buildStatefulSet } from '../../../operator/desired/stateful-set.ts';
import * as desired from '../operator/builders.ts';
import { sha256, tokens, vectorPath } from './builders.ts';
import { finished, PodHome, secrets } from './pod-home.ts';

const checkout = join(import.meta.dirname, '..', '..', '..');

/** Flags of a container, up to the program. */
function flagsOf(workload: unknown): string[] {
	const { args } = Object(workload).spec.template.spec.containers[0];
	return args.slice(0, args.indexOf('/app/vault/main.js'));
}
const audit = { sink: 'Volume', volume: { size: '1Gi' } };
const podFlags = flagsOf(buildStatefulSet(desired.vault({ audit }), desired.inputs()));
const jobFlags = flagsOf(buildKeygenJob(desired.vault(), desired.inputs({ isKeygenWanted: true })));

describe('the flags of the pods', () => {
	let home: PodHome;
	before(async () => {
		home = await PodHome.create();
	});
	after(() => home.close());
	beforeEach(() => writeFileSync(home.file('termination-log'), ''));
	afterEach(() => home.killAll());

	/** The flags as NODE_OPTIONS, with this test's paths in the place of a container's. */
	const options = (flags: readonly string[], more: readonly string[] = []) => {
		const paths: [string, string][] = [
			['=/app/', `=${checkout}/`],
			['=/vault_keys/', `=${home.file('keys/')}`],
			['=/var/lib/runevault/audit/', `=${home.file('audit/')}`],
			['=/dev/termination-log', `=${home.file('termination-log')}`],
			['=/etc/runevault/', `=${home.directory}/`],
		];
		const here = flags.map(flag => paths.reduce((text, [from, to]) => text.replace(from, to), flag));
		return { NODE_OPTIONS: [...here, ...more].join(' ') };
	};

	it('[VLT-121] keygen makes keys, and leaves its word when it cannot', async () => {
		assert.equal(await finished(home.run('keygen', [], options(jobFlags))), 0);
		assert.ok(home.api.objects.get(`${secrets}/acme-keys-1`));
		const args = ['--import', home.file('config.json'), '--import-kek', '/nowhere'];
		const failing = home.run('keygen', args, { ...options(jobFlags), TERMINATION_LOG: home.file('termination-log') });
		assert.equal(await finished(failing), 1);
		assert.equal(readFileSync(home.file('termination-log'), 'utf8'), 'ImportNotSecKey');
	});

	describe('of one that serves', () => {
		beforeEach(() => {
			home.prepare();
			for (const folder of ['audit', 'verifiers']) rmSync(home.file(folder), { recursive: true, force: true });
			for (const folder of ['audit', 'verifiers']) mkdirSync(home.file(folder));
			symlinkSync('..data/verifiers.json', home.file('verifiers/verifiers.json'));
			mountToken('..first', tokens.team, 1);
		});

		/** Brings a file as the kubelet does: a new folder, and one rename of the link to it. */
		function mountToken(folder: string, token: string, generation: number) {
			const entry = { name: 'team', role: 'Member', generation, sha256: sha256(token) };
			mkdirSync(home.file(`verifiers/${folder}`));
			writeFileSync(home.file(`verifiers/${folder}/verifiers.json`), JSON.stringify({ tokens: [entry] }));
			symlinkSync(folder, home.file('verifiers/..data_tmp'));
			renameSync(home.file('verifiers/..data_tmp'), home.file('verifiers/..data'));
		}

		async function serve(more: readonly string[] = []) {
			const here = { audit: { directory: home.file('audit') }, verifiersFile: home.file('verifiers/verifiers.json') };
			writeFileSync(home.file('config.json'), JSON.stringify({ ...JSON.parse(home.config), ...here }));
			const pod = home.run('serve', [], options(podFlags, more));
			const stderr: string[] = [];
			pod.stderr?.on('data', chunk => stderr.push(String(chunk)));
			const { publicPort, internalPort } = await home.log(pod, 'listening');
			const call = async (token: string, name: string, args: object) => {
				const response = await fetch(`http://127.0.0.1:${publicPort}/mcp`, {
					method: 'POST',
					headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: '*/*' },
					body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
				});
				return { status: response.status, text: await response.text() };
			};
			return { pod, call, internal: `http://127.0.0.1:${internalPort}`, stderr };
		}

		it('[VLT-121] it answers, writes its records, proves its key, tells its metrics, adopts a new token and stops', async () => {
			const { pod, call, internal, stderr } = await serve();
			const blob = readFileSync(vectorPath('query-1024.bin')).toString('base64');
			assert.match((await call(tokens.team, 'decrypt_scores', { encrypted_blob_b64: blob })).text, /"structuredContent"/);
			const metrics = await (await fetch(`${internal}/metrics`)).text();
			for (const name of ['process_resident_memory_bytes', 'process_open_fds', 'nodejs_eventloop_lag_seconds']) {
				assert.match(metrics, new RegExp(`^${name} \\d`, 'm'));
			}
			assert.match(await (await fetch(`${internal}/probe?canary=0&nonce=abcd`)).text(), /"digest":"[0-9a-f]{64}"/);
			const next = 'evt_acme_next0000000000000000000000000000';
			mountToken('..second', next, 2);
			await home.api.until(() => stderr.join('').includes('tokens adopted'));
			assert.equal((await call(next, 'vault_status', {})).status, 200);
			assert.ok(readdirSync(home.file('audit')).length > 0);
			const ended = finished(pod);
			pod.kill('SIGTERM');
			assert.equal(await ended, 0);
			assert.doesNotMatch(stderr.join(''), /ERR_ACCESS_DENIED|Warning/);
		});

		it('[VLT-120] nothing else is read or written, and no process, thread or addon started', async () => {
			const attempts = `
				const fs = await import('node:fs');
				const { spawnSync } = await import('node:child_process');
				const { Worker } = await import('node:worker_threads');
				const tried = {
					passwd: () => fs.readFileSync('/etc/passwd'),
					environment: () => fs.readFileSync('/proc/1/environ'),
					up: () => fs.readFileSync('${home.directory}/../../etc/passwd'),
					create: () => fs.writeFileSync('${home.directory}/new', ''),
					key: () => fs.rmSync('${home.directory}/kek'),
					process: () => spawnSync('true'),
					thread: () => new Worker('', { eval: true }),
					addon: () => process.dlopen({ exports: {} }, '${checkout}/none.node'),
				};
				for (const [name, attempt] of Object.entries(tried)) {
					let code = 'done';
					try { attempt(); } catch (error) { code = error.code; }
					console.error('TRIED ' + name + ' ' + code);
				}
				console.error('TRIED proto ' + ({}).__proto__);
			`;
			const { stderr } = await serve([`--import=data:text/javascript,${encodeURIComponent(attempts)}`]);
			const tried = [...stderr.join('').matchAll(/^TRIED (\w+) (\w+)$/gm)].map(([, name, code]) => [name, code]);
			const denied = ['passwd', 'environment', 'up', 'create', 'key', 'process', 'thread'].map(name => [name, 'ERR_ACCESS_DENIED']);
			assert.deepEqual(tried, [...denied, ['addon', 'ERR_DLOPEN_DISABLED'], ['proto', 'undefined']]);
		});
	});
});
