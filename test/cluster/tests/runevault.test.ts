/** One RuneVault through its life on a real cluster: kubelet, containers, network, Helm, operator, Vaults and a client are the real ones. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { loadEnglishModel } from '../../../client/embed.ts';
import { connectEnvector } from '../../../client/envector.ts';
import { RuneError } from '../../../client/errors.ts';
import { openRune } from '../../../client/rune.ts';
import type { Vault } from '../../../client/vault.ts';
import { loadSeal } from '../../../fhe/seal.ts';
import { findTarget } from '../../demo/target.ts';
import { startEnvector } from '../../envector/server.ts';
import { crash } from '../../install/crash.ts';
import { deleteAndTime, ownedObjects } from '../../install/heal.ts';
import {
	access,
	applyManifest,
	connect,
	createNamespace,
	installOperator,
	manifest,
	OPERATOR_NAMESPACE,
	primaryOf,
	reachVault,
	type Target,
	tokenOf,
	waitFor,
} from '../../install/installation.ts';
import { getObject } from '../../install/kubectl.ts';
import type { Reach } from '../../install/reach.ts';
import { until } from '../../install/run.ts';

const vault = { namespace: `life-${randomBytes(3).toString('hex')}`, name: 'acme' };
const texts = ['We decided to use PostgreSQL as the database.', 'Fridays are free of meetings.', 'Dogs are welcome on the second floor.'];
/** Before the first memory of an index. */
const GUARD_ROWS = 16;
const spec = (teamGeneration: number) => ({ access: access(teamGeneration) });

describe('a RuneVault on a real cluster', () => {
	let target: Target;
	let reach: Reach;
	let envector: Awaited<ReturnType<typeof startEnvector>>;
	let blob: Uint8Array;

	const vaultAs = async (token: string, retries = 1): Promise<Vault> => connect(vault, reach, token, { retries });
	/** Which text is the best answer. */
	const best = async (token: string): Promise<number> => {
		const client = await vaultAs(token, 20);
		try {
			return ((await client.decryptScores(blob, 1)).results[0]?.index ?? Number.NaN) - GUARD_ROWS;
		} finally {
			await client.close();
		}
	};
	const condition = async (type: string) => {
		const status = (await getObject(target.kubectl, 'runevault', vault.name, vault.namespace))?.status;
		const conditions = (status?.conditions ?? []) as { type: string; status: string; reason: string; message: string }[];
		return conditions.find(each => each.type === type);
	};

	before(async () => {
		target = await findTarget(process.env);
		await installOperator(target);
		await createNamespace(target.kubectl, vault.namespace);
		await applyManifest(target.kubectl, manifest(vault, spec(1)));
		await waitFor(target.kubectl, vault, 'Ready');
		await waitFor(target.kubectl, vault, 'Progressing', 'False');
		reach = await reachVault(target, vault);
		envector = await startEnvector({ seal: await loadSeal() });
	});

	after(async () => {
		await reach?.close();
		await envector?.close();
		await target?.kubectl(['delete', 'namespace', vault.namespace, '--wait=false']);
	});

	it('[CLU-1] shows Ready, Primary and Replicas in kubectl get', async () => {
		const [headings = '', row = ''] = (await target.kubectl(['get', 'runevault', '-n', vault.namespace])).split('\n');
		for (const heading of ['READY', 'PRIMARY', 'REPLICAS', 'KEYS']) assert.match(headings, new RegExp(heading));
		assert.match(row, /acme\s+True\s+acme-\d\s+3/);
	});

	it('[CLU-2] decrypts an encrypted search into the right answer', async () => {
		const client = await vaultAs(await tokenOf(target.kubectl, vault));
		using rune = await openRune({ vault: client, envector: connectEnvector(envector.url), index: 'life', embed: await loadEnglishModel() });
		await rune.createIndex();
		await rune.remember(texts);
		const recall = await rune.recall('Which database did we choose?', 2);
		blob = recall.blob;
		assert.equal(recall.memories[0]?.text, texts[0]);
		await client.close();
	});

	it('[CLU-3] has every deleted object back within two seconds, and still answers', async () => {
		for (const object of ownedObjects(vault.name)) {
			const milliseconds = await deleteAndTime(target.kubectl, vault, object);
			assert.ok(milliseconds < 2_000, `${object.kind} ${object.name} took ${milliseconds.toFixed(0)} ms`);
		}
		await waitFor(target.kubectl, vault, 'Ready');
		assert.equal(await best(await tokenOf(target.kubectl, vault)), 0);
	});

	it('[CLU-4] refuses the old token after a rotation and accepts the new one', async () => {
		const [old, admin] = [await tokenOf(target.kubectl, vault), await tokenOf(target.kubectl, vault, 'admin')];
		const client = await vaultAs(old);
		await applyManifest(target.kubectl, manifest(vault, spec(2)));
		const refused = await until('401 for the old token', () =>
			client.status().then(
				() => false as const,
				error => error instanceof RuneError && error.code === 'unauthorized',
			),
		);
		assert.ok(refused);
		await waitFor(target.kubectl, vault, 'TokensCurrent');
		const fresh = await tokenOf(target.kubectl, vault);
		assert.notEqual(fresh, old);
		assert.equal(await best(fresh), 0);
		assert.equal(await best(admin), 0, 'a token that was not rotated goes on');
		await client.close();
	});

	it('[CLU-5] moves the primary and the route when the primary is deleted, and answers again when it is killed', async () => {
		const primary = await primaryOf(target.kubectl, vault);
		assert.ok(primary);
		await target.kubectl(['delete', 'pod', primary, '-n', vault.namespace, '--grace-period=0', '--force']);
		const next = await until('another primary', async () => {
			const now = await primaryOf(target.kubectl, vault);
			return now !== primary && now;
		});
		assert.notEqual(next, primary);
		assert.equal(await best(await tokenOf(target.kubectl, vault)), 0);
		await waitFor(target.kubectl, vault, 'StandbyReady');
		await crash(target, vault, await until('a primary', () => primaryOf(target.kubectl, vault)));
		assert.equal(await best(await tokenOf(target.kubectl, vault)), 0);
		await waitFor(target.kubectl, vault, 'Ready');
	});

	it('[CLU-6] names the field of an invalid spec and keeps the last good state running', async () => {
		const tooMany = applyManifest(target.kubectl, manifest(vault, { ...spec(2), replicas: 99 }));
		await assert.rejects(tooMany, /spec\.replicas/);
		const renamed = applyManifest(target.kubectl, manifest(vault, { ...spec(2), team: 'other' }));
		await assert.rejects(renamed, /spec\.team/);
		const twice = { access: { tokens: [...spec(2).access.tokens, { name: 'team', role: 'Admin', generation: 1 }] } };
		await assert.rejects(applyManifest(target.kubectl, manifest(vault, twice)), /spec\.access\.tokens/);
		assert.equal((await condition('Accepted'))?.status, 'True');
		assert.equal(await best(await tokenOf(target.kubectl, vault)), 0);
	});

	it('[CLU-7] keeps working when the operator leader is killed', async () => {
		const holder = async () => {
			const lease = await getObject(target.kubectl, 'lease', 'runevault-operator', OPERATOR_NAMESPACE);
			return (lease?.spec?.holderIdentity as string | undefined) ?? '';
		};
		const before = await holder();
		const pod = before.split('_')[0] ?? before;
		await target.kubectl(['delete', 'pod', pod, '-n', OPERATOR_NAMESPACE, '--grace-period=0', '--force']);
		await until('another leader', async () => ![before, ''].includes(await holder()), 40_000);
		const milliseconds = await deleteAndTime(target.kubectl, vault, { kind: 'configmap', name: `${vault.name}-config` });
		assert.ok(milliseconds < 10_000, `healed after ${milliseconds.toFixed(0)} ms`);
	});

	it('[CLU-8] never makes a second key when the key Secret is missing', async () => {
		const name = `${vault.name}-keys-1`;
		const secret = await getObject(target.kubectl, 'secret', name, vault.namespace);
		assert.ok(secret);
		await target.kubectl(['delete', 'secret', name, '-n', vault.namespace]);
		await waitFor(target.kubectl, vault, 'Degraded');
		assert.equal((await condition('Degraded'))?.reason, 'KeysMissing');
		assert.equal(await getObject(target.kubectl, 'secret', name, vault.namespace), undefined);
		assert.equal(await best(await tokenOf(target.kubectl, vault)), 0, 'running pods go on');
		const { uid: _, resourceVersion: __, creationTimestamp: ___, ...metadata } = secret.metadata;
		await applyManifest(target.kubectl, { ...secret, metadata });
		await waitFor(target.kubectl, vault, 'Ready');
	});

	it('[CLU-9] keeps the key when the resource is deleted, and adopts it when it comes back', async () => {
		await target.kubectl(['delete', 'runevault', vault.name, '-n', vault.namespace]);
		await until(
			'the StatefulSet gone',
			async () => (await getObject(target.kubectl, 'statefulset', vault.name, vault.namespace)) === undefined,
		);
		assert.ok(await getObject(target.kubectl, 'secret', `${vault.name}-keys-1`, vault.namespace));
		assert.ok(await getObject(target.kubectl, 'secret', `${vault.name}-kek`, vault.namespace));
		await applyManifest(target.kubectl, manifest(vault, spec(2)));
		await waitFor(target.kubectl, vault, 'Ready');
		// Its certificates are as new as its tokens.
		await reach.close();
		reach = await reachVault(target, vault);
		assert.equal(await best(await tokenOf(target.kubectl, vault)), 0, 'the adopted key opens the old result');
	});
});
