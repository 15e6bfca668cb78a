/** The operator as its chart starts it, with a kubeconfig in the place of the account of its pod. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { get } from '../../../kube/objects.ts';
import { resources } from '../../../kube/resources.ts';
import { until } from '../../install/run.ts';
import { freePorts } from '../harness.ts';
import { applyVault, OPERATOR_NAMESPACE, renderChart, World } from './fixture.ts';

const checkout = join(import.meta.dirname, '..', '..', '..');

describe('the operator under the flags of its chart', () => {
	let world: World;
	before(async () => {
		world = await World.start();
	});
	after(() => world.stop());

	it('[OPR-101] fills its caches, is ready, makes certificates, tells its metrics, ends when it is told to, and reads nothing else', async t => {
		const deployment = (await renderChart()).find(({ kind }) => kind === 'Deployment');
		const { args } = Object(deployment).spec.template.spec.containers[0];
		const program = '/app/operator/main.js';
		assert.equal(args.at(-1), program);
		const account = '/var/run/secrets/kubernetes.io/serviceaccount/';
		const flags = args.slice(0, -1).map((arg: string) => arg.replace('=/app/', `=${checkout}/`).replace(account, world.api.kubeconfig));
		const attempt = `const fs = await import('node:fs');
			try { fs.readFileSync('/etc/passwd'); } catch (error) { console.error('TRIED ' + error.code); }`;
		const [port = 0] = await freePorts(1);
		const child = spawn(
			process.execPath,
			[...flags, `--import=data:text/javascript,${encodeURIComponent(attempt)}`, join(checkout, 'operator', 'main.ts')],
			{
				env: {
					KUBECONFIG: world.api.kubeconfig,
					...{ OPERATOR_IMAGE: 'localhost/runevault:test', POD_NAME: 'operator-0', POD_NAMESPACE: OPERATOR_NAMESPACE },
					METRICS_PORT: String(port),
				},
			},
		);
		t.after(() => child.kill('SIGKILL'));
		const output: string[] = [];
		for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => output.push(String(chunk)));
		await until('an operator that is ready', async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
		await world.namespace('flags');
		await applyVault(world, { namespace: 'flags', name: 'acme' });
		await until(
			'certificates',
			async () => (await get(world.admin, resources.secrets, { namespace: 'flags', name: 'acme-tls' })) !== undefined,
		);
		const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
		assert.match(metrics, /^process_resident_memory_bytes \d/m);
		assert.match(output.join(''), /TRIED ERR_ACCESS_DENIED/);
		const ended = once(child, 'exit');
		child.kill('SIGTERM');
		assert.deepEqual(await ended, [0, null], output.join(''));
		assert.equal(output.join('').match(/ERR_ACCESS_DENIED/g)?.length, 1, output.join(''));
	});
});
