/** The end of a namespace, of the CRDs, and Secrets of others in the way, on a real API server with its garbage collector and its namespace controller. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { buildCrds } from '../../../crds/crd.ts';
import { resource as runeVaults } from '../../../crds/runevault.ts';
import { isForbidden } from '../../../kube/errors.ts';
import { create, get, patchMerge, remove } from '../../../kube/objects.ts';
import { type KubeObject, resources } from '../../../kube/resources.ts';
import { createTransport } from '../../../kube/transport.ts';
import { policies } from '../../chart/scenarios.ts';
import { until } from '../../install/run.ts';
import { askOf, FakeNode } from './fake-node.ts';
import { applyChart, applyVault, installCrds, type OperatorRun, readVault, runOperator, untilCondition, World } from './fixture.ts';

const CRDS = Object.values(buildCrds()) as KubeObject[];
const GONE_MS = 60_000;

let world: World;
let run: OperatorRun;
const nodes: FakeNode[] = [];
before(async () => {
	world = await World.start(['garbage-collector-controller', 'namespace-controller']);
	run = runOperator(world, { ask: askOf(() => nodes) });
});
after(async () => {
	await run?.stop();
	await world?.stop();
});

async function place(namespace: string) {
	const vault = { namespace, name: 'acme' };
	const node = new FakeNode(world, vault);
	nodes.push(node);
	await world.namespace(namespace);
	return { vault, node };
}

async function servingVault(namespace: string, spec: Record<string, unknown> = {}) {
	const { vault, node } = await place(namespace);
	await applyVault(world, vault, spec);
	await node.keygen();
	await node.runPods();
	await untilCondition(world, vault, 'Ready', 'True');
	return { vault, node };
}

const secret = (namespace: string, name: string) => get(world.admin, resources.secrets, { namespace, name });
const namespaceOf = (name: string) => get(world.admin, resources.namespaces, { name });
const deleteNamespace = (name: string) => remove(world.admin, resources.namespaces, { name });
const untilGone = (name: string) => until(`namespace ${name} gone`, async () => (await namespaceOf(name)) === undefined, GONE_MS);
const KEYS = ['acme-keys-1', 'acme-kek'] as const;

describe('a Secret of somebody else under a name of ours', () => {
	for (const name of ['acme-verifiers', 'acme-token-team', 'acme-tls', 'acme-ca']) {
		it(`[OPR-183] ${name} stays as it is, and a condition names it`, async () => {
			const namespace = `theirs-${name}`;
			const { vault } = await place(namespace);
			const theirs = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, data: { theirs: 'eWVz' } };
			const made: KubeObject = await create(world.admin, resources.secrets, theirs);
			await applyVault(world, vault);
			const found = await until(
				'a condition',
				async () => {
					const { conditions = [] } = (await readVault(world, vault)).status ?? {};
					return conditions.find(({ reason, message }) => reason === 'NameTaken' && message.includes(name));
				},
				20_000,
			);
			assert.ok(found);
			assert.equal((await secret(namespace, name))?.metadata.resourceVersion, made.metadata.resourceVersion);
		});
	}
});

describe('a namespace that is deleted while the operator is away', () => {
	before(async () => {
		await servingVault('away');
		await servingVault('guarded');
		await run.stop();
	});
	after(() => {
		run = runOperator(world, { ask: askOf(() => nodes) });
	});

	it('[OPR-180] goes with everything in it', async () => {
		await deleteNamespace('away');
		await untilGone('away');
	});

	it('[OPR-181] waits under the policy for key Secrets until each key is given up by its name, and needs no operator for that', async () => {
		// Of the other tests, this one's administrator plays keygen and pods.
		await applyChart(world.admin, ...policies, '--set', 'admissionPolicies.exempt.users={administrator}');
		const controller = createTransport(world.api.as('system:serviceaccount:kube-system:namespace-controller'));
		const path = '/api/v1/namespaces/guarded/secrets/acme-kek';
		const trial = () => controller.request({ method: 'DELETE', path, query: { dryRun: 'All' } });
		await until('the policy holds', () => trial().then(() => false as const, isForbidden)).finally(() => controller.close());
		await deleteNamespace('guarded');
		const held = await until(
			'the namespace says what holds it',
			async () =>
				JSON.stringify((await namespaceOf('guarded'))?.status).match(/"NamespaceDeletionContentFailure","status":"True"[^}]*/)?.[0],
			GONE_MS,
		);
		assert.match(held, /annotate it with runevault.io\/delete=acme-ke/);
		for (const name of KEYS) {
			assert.ok(await secret('guarded', name), name);
			const annotations = { 'runevault.io/delete': name };
			await patchMerge(world.admin, resources.secrets, { namespace: 'guarded', name }, { metadata: { annotations } });
		}
		await untilGone('guarded');
	});
});

/** It looks for new kinds every half minute, and forgets what belongs to a kind that goes before. */
async function untilCollectorKnowsRuneVaults(): Promise<void> {
	const { vault } = await place('collected');
	const { apiVersion = '', kind, metadata } = await applyVault(world, { ...vault, name: 'owner' });
	const owner = { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' };
	const owned = { namespace: vault.namespace, name: 'owned' };
	await create(world.admin, resources.configMaps, {
		apiVersion: 'v1',
		kind: 'ConfigMap',
		metadata: { ...owned, ownerReferences: [owner] },
	});
	await remove(world.admin, runeVaults, { ...vault, name: 'owner' });
	await until('what was owned is collected', async () => (await get(world.admin, resources.configMaps, owned)) === undefined, GONE_MS);
}

describe('the CRDs deleted under a running operator', () => {
	it('[OPR-182] keys stay, and the RuneVault that comes back after them adopts its own', async () => {
		const { vault, node } = await servingVault('crds');
		await untilCollectorKnowsRuneVaults();
		const before = await Promise.all(KEYS.map(name => secret('crds', name)));
		for (const { metadata } of CRDS) await remove(world.admin, resources.customResourceDefinitions, { name: metadata.name });
		for (const { metadata } of CRDS)
			await until(
				`${metadata.name} gone`,
				async () => (await get(world.admin, resources.customResourceDefinitions, { name: metadata.name })) === undefined,
				GONE_MS,
			);
		await until('the StatefulSet collected', async () => (await node.read(resources.statefulSets, 'acme')) === undefined, GONE_MS);
		for (const ordinal of [0, 1, 2]) await node.deletePod(ordinal);
		await installCrds(world.admin, CRDS);
		await applyVault(world, vault);
		await node.keygen();
		await node.runPods();
		await untilCondition(world, vault, 'Ready', 'True');
		const uids = (objects: (KubeObject | undefined)[]) => objects.map(object => object?.metadata.uid);
		assert.deepEqual(uids(await Promise.all(KEYS.map(name => secret('crds', name)))), uids(before));
		assert.equal(node.keysMade, 1);
		assert.equal((await readVault(world, vault)).status?.keys?.fingerprint, before[0]?.metadata.annotations?.['runevault.io/fingerprint']);
	});
});
