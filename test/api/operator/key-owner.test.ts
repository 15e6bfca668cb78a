/** What becomes of keys when their RuneVault goes, and of Secrets that are in their way, on a real API server with its garbage collector. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { resource as runeVaults } from '../../../crds/runevault.ts';
import { create, get, remove } from '../../../kube/objects.ts';
import { resources } from '../../../kube/resources.ts';
import { until } from '../../install/run.ts';
import { applyVault, patchVault, readVault, untilCondition } from './fixture.ts';
import { Stage } from './stage.ts';

const CONFIRMED = { 'runevault.io/delete-keys': 'acme' };

describe('the keys of a RuneVault that is deleted', () => {
	let stage: Stage;
	before(async () => {
		stage = await Stage.start(['garbage-collector-controller']);
	});
	after(() => stage?.stop());

	const secret = (namespace: string, name: string) => get(stage.world.admin, resources.secrets, { namespace, name });
	const owners = async (namespace: string) =>
		Promise.all(['acme-keys-1', 'acme-kek'].map(async name => (await secret(namespace, name))?.metadata.ownerReferences ?? []));
	const untilOwners = (namespace: string, count: number) =>
		until('owners', async () => (await owners(namespace)).every(each => each.length === count), 10_000, 50);

	it('[OPR-131] stay with deletionPolicy Delete that is not confirmed by its name, and the field is named', async () => {
		const { vault } = await stage.servingVault('unconfirmed');
		await patchVault(stage.world, vault, {
			metadata: { annotations: { 'runevault.io/delete-keys': 'other' } },
			spec: { keys: { deletionPolicy: 'Delete' } },
		});
		const accepted = await untilCondition(stage.world, vault, 'Accepted', 'False', 'Invalid');
		assert.match(accepted.message, /spec\.keys\.deletionPolicy.*runevault\.io\/delete-keys: acme/);
		assert.deepEqual(await owners('unconfirmed'), [[], []]);
	});

	it('[OPR-132] go with it once that is confirmed, and are let go of when it is taken back', async () => {
		const { vault } = await stage.servingVault('confirmed');
		const change = (annotations: Record<string, string | null>) =>
			patchVault(stage.world, vault, { metadata: { annotations }, spec: { keys: { deletionPolicy: 'Delete' } } });
		await change(CONFIRMED);
		await untilOwners('confirmed', 1);
		await change({ 'runevault.io/delete-keys': null });
		await untilOwners('confirmed', 0);
		await change(CONFIRMED);
		await untilOwners('confirmed', 1);
		const { uid } = (await readVault(stage.world, vault)).metadata;
		assert.deepEqual(
			(await owners('confirmed')).flat().map(owner => [owner.uid, owner.controller]),
			[
				[uid, undefined],
				[uid, undefined],
			],
		);
		await remove(stage.world.admin, runeVaults, vault);
		for (const name of ['acme-keys-1', 'acme-kek']) {
			await until(`${name} gone`, async () => (await secret('confirmed', name)) === undefined, 60_000);
		}
	});

	it('[OPR-133] a foreign Secret in the place of the key is left alone and named, and no key is made', async () => {
		const { vault, node } = await stage.place('taken');
		const metadata = { namespace: 'taken', name: 'acme-keys-1' };
		await create(stage.world.admin, resources.secrets, { apiVersion: 'v1', kind: 'Secret', metadata, data: { theirs: 'eWVz' } });
		await applyVault(stage.world, vault);
		const loaded = await untilCondition(stage.world, vault, 'KeysLoaded', 'False', 'NameTaken');
		assert.match(loaded.message, /Secret acme-keys-1 is not of this RuneVault/);
		await untilCondition(stage.world, vault, 'Degraded', 'True', 'NameTaken');
		assert.deepEqual((await secret('taken', 'acme-keys-1'))?.data, { theirs: 'eWVz' });
		assert.equal(await node.read(resources.jobs, 'acme-keygen'), undefined);
	});
});
