import assert from 'node:assert/strict';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadClusterConfig } from '../../../kube/config.ts';
import { KubeError } from '../../../kube/errors.ts';
import { FakeClock } from './fake-clock.ts';

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
	const folder = await mkdtemp(join(tmpdir(), 'runevault-config-'));
	try {
		await test(folder);
	} finally {
		await rm(folder, { recursive: true });
	}
}

describe('config', () => {
	it("[KUB-2] a pod's token and CA are read again when they change on disk, and at once after a 401", async () => {
		await inFolder(async folder => {
			const clock = new FakeClock();
			const write = async (name: string, text: string, seconds: number) => {
				await writeFile(join(folder, name), text);
				await utimes(join(folder, name), seconds, seconds);
			};
			for (const [name, text] of [
				['token', 'first\n'],
				['ca.crt', 'CA 1'],
				['namespace', 'rune\n'],
			] as const)
				await write(name, text, 1);
			const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
			const config = await loadClusterConfig(env, { serviceAccountDirectory: folder, clock });
			assert.deepEqual([config.server, config.namespace], ['https://[fd00::1]:6443', 'rune']);
			const before = await config.credentials();
			assert.equal(before.headers.authorization, 'Bearer first');
			await write('token', 'second', 2);
			assert.equal((await config.credentials()).headers.authorization, 'Bearer first', 'not looked at in the same second');
			await clock.advance(1000);
			const after = await config.credentials();
			assert.equal(after.headers.authorization, 'Bearer second');
			assert.equal(after.tls, before.tls, 'the same identity keeps its connections');
			await write('token', 'third', 3);
			await write('ca.crt', 'CA 2', 3);
			const refreshed = await config.credentials(true);
			assert.deepEqual([refreshed.headers.authorization, refreshed.tls], ['Bearer third', { ca: 'CA 2' }]);
		});
	});

	it('[KUB-2] a kubeconfig is read through client-node: server, namespace, token, client certificate', async () => {
		await inFolder(async folder => {
			const file = join(folder, 'config');
			const encode = (text: string) => Buffer.from(text).toString('base64');
			const kubeconfig = {
				clusters: [{ name: 'c', cluster: { server: 'https://example.test:6443/', 'certificate-authority-data': encode('CA') } }],
				users: [{ name: 'u', user: { token: 'secret', 'client-certificate-data': encode('CERT'), 'client-key-data': encode('KEY') } }],
				contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'rune' } }],
				'current-context': 'x',
			};
			await writeFile(file, JSON.stringify(kubeconfig));
			const config = await loadClusterConfig({ KUBECONFIG: `${join(folder, 'missing')}:${file}` });
			assert.deepEqual([config.server, config.namespace], ['https://example.test:6443', 'rune']);
			const { headers, tls } = await config.credentials();
			assert.deepEqual({ headers, tls }, { headers: { authorization: 'Bearer secret' }, tls: { ca: 'CA', cert: 'CERT', key: 'KEY' } });
			assert.equal((await config.credentials(true)).tls, tls);
		});
	});

	it('[KUB-2] without any cluster the error says where it looked', async () => {
		await inFolder(async folder => {
			await assert.rejects(
				loadClusterConfig({ HOME: folder }),
				(error: unknown) => error instanceof KubeError && error.reason === 'NoConfig',
			);
		});
	});
});
