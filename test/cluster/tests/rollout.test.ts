/** Changes of a running Vault on a real cluster: a template that cannot start, a drained node, and clients sent to every ready pod. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { findTarget } from '../../demo/target.ts';
import { crash } from '../../install/crash.ts';
import {
	applyManifest,
	connect,
	createNamespace,
	installOperator,
	manifest,
	primaryOf,
	reachVault,
	type Target,
	tokenOf,
	type VaultName,
	waitFor,
} from '../../install/installation.ts';
import { getObject } from '../../install/kubectl.ts';
import { until } from '../../install/run.ts';

const namespace = `change-${randomBytes(3).toString('hex')}`;
const vault = { namespace, name: 'acme' };
const single = { namespace, name: 'single' };

describe('a RuneVault that changes', () => {
	let target: Target;
	const apply = (of: VaultName, spec: Record<string, unknown>) => applyManifest(target.kubectl, manifest(of, spec));
	const settled = async (of: VaultName) => {
		await waitFor(target.kubectl, of, 'Ready');
		await waitFor(target.kubectl, of, 'Progressing', 'False');
	};
	const pod = async (name: string) => getObject(target.kubectl, 'pod', name, namespace);

	before(async () => {
		target = await findTarget(process.env);
		await installOperator(target);
		await createNamespace(target.kubectl, namespace);
		await apply(vault, {});
		await apply(single, { replicas: 1 });
		await settled(vault);
		await settled(single);
	});
	after(() => target?.kubectl(['delete', 'namespace', namespace, '--wait=false']));

	it('[CLU-20] stops at an image that cannot be pulled while it serves on, and recovers unattended when that is mended', async () => {
		const uids = await Promise.all(['acme-0', 'acme-1', 'acme-2'].map(async name => (await pod(name))?.metadata.uid));
		const primary = await primaryOf(target.kubectl, vault);
		await apply(vault, { image: 'localhost/runevault:not-there' });
		const stuck = await until('a pod that cannot pull', async () => {
			const text = await target.kubectl(['get', 'pods', '-n', namespace, '-l', 'runevault.io/vault=acme', '-o', 'json']);
			const { items } = JSON.parse(text) as { items: { metadata: { name: string } }[] };
			return items.find(each => /ErrImagePull|ImagePullBackOff|ErrImageNeverPull/.test(JSON.stringify(each)))?.metadata.name;
		});
		assert.notEqual(stuck, primary, 'standbys first');
		await waitFor(target.kubectl, vault, 'Ready');
		assert.equal(await primaryOf(target.kubectl, vault), primary);
		await apply(vault, {});
		await settled(vault);
		const kept = await Promise.all(['acme-0', 'acme-1', 'acme-2'].map(async name => (await pod(name))?.metadata.uid));
		assert.equal(kept.filter(uid => uids.includes(uid)).length, 2, 'the pods that were well were left alone');
	});

	it('[CLU-21] lets the node of its only pod be drained', async () => {
		const node = String((await pod('single-0'))?.spec?.nodeName);
		const selector = '--pod-selector=runevault.io/vault=single';
		try {
			await target.kubectl(['drain', node, selector, '--delete-emptydir-data', '--timeout=60s']);
			await until('the pod elsewhere', async () => {
				const found = await pod('single-0');
				return found?.spec?.nodeName !== undefined && found.spec.nodeName !== node;
			});
		} finally {
			await target.kubectl(['uncordon', node]);
		}
		await settled(single);
	});

	it('[CLU-22] with routing AllReady answers from every ready pod, and goes on when one of them is killed', async () => {
		await apply(vault, { routing: 'AllReady' });
		await settled(vault);
		const token = await tokenOf(target.kubectl, vault);
		/** On a connection of its own: one that is kept stays with its pod. */
		const ask = async () => {
			const reach = await reachVault(target, vault);
			const client = await connect(vault, reach, token, { retries: 5, timeoutMs: 1_000 });
			return client.status().finally(() => Promise.all([client.close(), reach.close()]));
		};
		const roles = new Set<string>();
		await until('an answer of the primary and one of a standby', async () => {
			roles.add(String((await ask()).role));
			return roles.size === 2;
		});
		await crash(target, vault, await until('a primary', () => primaryOf(target.kubectl, vault)));
		for (let call = 0; call < 20; call++) await ask();
		await settled(vault);
	});
});
