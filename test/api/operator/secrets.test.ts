/** One operator on a real API server: keys, tokens, and the proof that pods hold them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { resource as runeVaults } from '../../../crds/runevault.ts';
import { list, patchMerge, remove } from '../../../kube/objects.ts';
import { resources } from '../../../kube/resources.ts';
import { until } from '../../install/run.ts';
import { FINGERPRINT } from './fake-node.ts';
import { applyVault, patchVault, readVault, untilCondition } from './fixture.ts';
import { OWNED, Stage } from './stage.ts';

let stage: Stage;
before(async () => {
	stage = await Stage.start(['garbage-collector-controller']);
});
after(() => stage?.stop());

describe('keys and tokens', { concurrency: 4 }, () => {
	it('[OPR-12] [OPR-14] rotates a token on a higher generation, and revokes one that is taken out', async () => {
		const tokens = [{ name: 'team' }, { name: 'admin', role: 'Admin' }];
		const { vault, node } = await stage.servingVault('rotate', { access: { tokens } });
		const [old, admin] = [await node.token('team'), await node.token('admin')];
		await patchVault(stage.world, vault, { spec: { access: { tokens: [{ name: 'team', generation: 2 }, tokens[1]] } } });
		await until('its verifier', async () => (await node.verifiers()).tokens[0]?.generation === 2, 5_000, 20);
		await until('a new token', async () => (await node.token('team')) !== old, 5_000, 20);
		await untilCondition(stage.world, vault, 'TokensCurrent', 'True');
		const fresh = await node.token('team');
		assert.match(fresh, /^evt_acme_[0-9A-Za-z]{32}$/);
		const digest = createHash('sha256').update(fresh).digest('hex');
		assert.deepEqual(
			(await node.verifiers()).tokens.map(({ name, generation, sha256 }) => [name, generation, sha256 === digest]),
			[
				['team', 2, true],
				['admin', 1, false],
			],
		);
		assert.equal(await node.token('admin'), admin, 'the other token is as it was');
		await patchVault(stage.world, vault, { spec: { access: { tokens: [{ name: 'team', generation: 2 }] } } });
		await until('the Secret removed', async () => (await node.read(resources.secrets, 'acme-token-admin')) === undefined, 5_000, 20);
		assert.deepEqual(
			(await node.verifiers()).tokens.map(({ name }) => name),
			['team'],
		);
		const pod = await node.read(resources.pods, 'acme-0');
		assert.ok(pod?.metadata.annotations?.['runevault.io/verifiers'], 'the kubelet is told to fetch the verifiers');
	});

	it('[OPR-14] makes a new token for a deleted or damaged token Secret, and rebuilds the verifiers from the Secrets', async () => {
		const { vault, node } = await stage.servingVault('tokens');
		const first = await node.token();
		await remove(stage.world.admin, resources.secrets, { namespace: 'tokens', name: 'acme-token-team' });
		await until('another token', async () => ![first, ''].includes(await node.token()), 5_000, 20);
		const second = await node.token();
		const matches = async (token: string) =>
			(await node.verifiers()).tokens[0]?.sha256 === createHash('sha256').update(token).digest('hex');
		await until('its verifier', () => matches(second), 5_000, 20);
		await remove(stage.world.admin, resources.secrets, { namespace: 'tokens', name: 'acme-verifiers' });
		await until(
			'the verifiers back',
			async () => (await node.read(resources.secrets, 'acme-verifiers')) !== undefined && matches(second),
			5_000,
			20,
		);
		assert.equal(await node.token(), second);
		const data = { token: Buffer.from('evt_acme_guessable').toString('base64') };
		await patchMerge(stage.world.admin, resources.secrets, { namespace: 'tokens', name: 'acme-token-team' }, { data });
		await until('a third token', async () => /^evt_acme_[0-9A-Za-z]{32}$/.test(await node.token()), 5_000, 20);
		await until('its verifier', async () => matches(await node.token()), 5_000, 20);
		await untilCondition(stage.world, vault, 'TokensCurrent', 'True');
	});

	it('[OPR-13] tells the text of a token nowhere but in its Secret', async () => {
		const { vault } = await stage.servingVault('told');
		await patchVault(stage.world, vault, { spec: { access: { tokens: [{ name: 'team', generation: 2 }] } } });
		await until(
			'the second generation',
			async () => (await readVault(stage.world, vault)).status?.tokens?.[0]?.generation === 2,
			5_000,
			20,
		);
		await untilCondition(stage.world, vault, 'TokensCurrent', 'True');
		const readable = [runeVaults, resources.events, resources.configMaps, resources.pods, resources.statefulSets, resources.jobs];
		const objects = await Promise.all(readable.map(resource => list(stage.world.admin, resource)));
		const { items: secrets } = await list(stage.world.admin, resources.secrets, { labelSelector: 'app.kubernetes.io/component!=token' });
		const decoded = secrets.flatMap(({ data }) => Object.values(data ?? {}).map(value => Buffer.from(String(value), 'base64').toString()));
		const everything = `${JSON.stringify([objects, decoded])}${stage.run.logged()}`;
		assert.match(everything, /TokenRotated/);
		assert.doesNotMatch(everything, /evt_acme_[0-9A-Za-z]{32}/);
	});

	it('[OPR-11] says KeysMissing when the key or its KEK is gone, and makes no new one', async () => {
		const { vault, node } = await stage.servingVault('missing');
		await remove(stage.world.admin, resources.secrets, { namespace: 'missing', name: 'acme-keys-1' });
		await untilCondition(stage.world, vault, 'Degraded', 'True', 'KeysMissing');
		await untilCondition(stage.world, vault, 'Ready', 'False', 'KeysNotLoaded');
		await stage.quiet('missing', 500);
		assert.equal(await node.read(resources.jobs, 'acme-keygen'), undefined);
		assert.ok(await node.read(resources.statefulSets, 'acme'), 'the pods stay');
		assert.equal((await readVault(stage.world, vault)).status?.keys?.fingerprint, FINGERPRINT);
		assert.equal(node.keysMade, 1);
	});

	it('[OPR-16] follows the primary, and counts a pod that answers wrongly as one that has not the key', async () => {
		const { vault, node } = await stage.servingVault('probe', { failover: { probePeriod: '1s' } });
		await node.lead(1, 1);
		await until('the new primary in the status', async () => (await readVault(stage.world, vault)).status?.primary?.epoch === 1, 5_000, 20);
		assert.equal((await readVault(stage.world, vault)).status?.primary?.pod, 'acme-1');
		node.lies.set('acme-2', reply => ({ ...reply, canary: { index: reply.canary?.index ?? 0, digest: '00'.repeat(32) } }));
		const loaded = await untilCondition(stage.world, vault, 'KeysLoaded', 'False', 'WrongAnswer');
		assert.match(loaded.message, /acme-2/);
		node.lies.clear();
		await untilCondition(stage.world, vault, 'KeysLoaded', 'True', 'Proved');
		for (const pod of ['acme-0', 'acme-1', 'acme-2']) node.silent.add(pod);
		await untilCondition(stage.world, vault, 'PrimaryAvailable', 'False', 'Down');
	});

	it('[OPR-25] leaves the keys when the RuneVault is deleted, and adopts them when it comes back', async () => {
		const { vault, node } = await stage.servingVault('adopt');
		const key = await node.read(resources.secrets, 'acme-keys-1');
		await remove(stage.world.admin, runeVaults, vault);
		await until(
			'everything owned gone',
			async () => {
				const left = await Promise.all(
					[...OWNED.slice(0, -2), [resources.statefulSets, 'acme'] as const]
						.filter(([, name]) => name !== 'acme-ledger')
						.map(([resource, name]) => node.read(resource, name)),
				);
				return left.every(object => object === undefined);
			},
			60_000,
		);
		assert.ok(await node.read(resources.configMaps, 'acme-ledger'), 'the account of the key stays with it');
		for (const ordinal of [0, 1, 2]) await node.deletePod(ordinal);
		await applyVault(stage.world, vault);
		await node.keygen();
		await node.runPods();
		await untilCondition(stage.world, vault, 'Ready', 'True');
		assert.equal((await node.read(resources.secrets, 'acme-keys-1'))?.metadata.uid, key?.metadata.uid);
		assert.equal(node.keysMade, 1);
	});
});
