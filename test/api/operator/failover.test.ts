/** Failover and switchover as the operator does them, on a real API server; the Vaults' half is played by `FakeNode.followLease`. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { resource as runeVaults } from '../../../crds/runevault.ts';
import { create, list, patchMerge, remove } from '../../../kube/objects.ts';
import { resources } from '../../../kube/resources.ts';
import { until } from '../../install/run.ts';
import { type FakeNode, nodeOf } from './fake-node.ts';
import { patchVault, readVault, untilCondition, type VaultName } from './fixture.ts';
import { type Placed, Stage } from './stage.ts';

let stage: Stage;
const over = new AbortController();
before(async () => {
	stage = await Stage.start(['endpointslice-controller']);
	for (const ordinal of [0, 1, 2]) {
		await create(stage.world.admin, resources.nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeOf(ordinal) } });
	}
});
after(async () => {
	over.abort();
	await stage?.stop();
});

const holderOf = async (node: FakeNode) => {
	const { holderIdentity, leaseTransitions } = Object((await node.read(resources.leases, node.name('-primary')))?.spec);
	return `${holderIdentity} ${leaseTransitions}`;
};

async function serving(
	namespace: string,
	spec: Record<string, unknown> = {},
): Promise<Placed & { moved: (to: string) => Promise<unknown> }> {
	const { vault, node } = await stage.servingVault(namespace, { failover: { probePeriod: '1s' }, ...spec });
	node.followLease(over.signal).catch(() => undefined);
	const moved = (to: string) =>
		until(
			`the Lease at ${to}`,
			async () => {
				const holder = await holderOf(node);
				if (holder !== to) throw new Error(holder);
				return true;
			},
			15_000,
			30,
		);
	return { vault, node, moved };
}

/** Waits for the record of a change of primary. */
const recorded = (vault: VaultName) =>
	until('status.failover', async () => (await readVault(stage.world, vault)).status?.failover?.last, 10_000, 50);

const promote = (vault: VaultName, targetPrimary: string) =>
	patchMerge(stage.world.admin, runeVaults, vault, { status: { targetPrimary } }, { subresource: 'status' });

/** Waits until an answered `targetPrimary` is taken out. */
const settled = (vault: VaultName) =>
	until('targetPrimary taken out', async () => (await readVault(stage.world, vault)).status?.targetPrimary === undefined, 10_000, 50);

async function eventsOf({ namespace }: VaultName): Promise<string[]> {
	const { items } = await list(stage.world.admin, resources.events, { namespace });
	return items.map(event => String(event.reason));
}

describe('the operator', () => {
	it('[OPR-31] appoints a standby when the pod of the primary is deleted', async () => {
		const { vault, node, moved } = await serving('deleted');
		await node.deletePod(0);
		await moved('acme-1 1');
		const { from, to, reason, milliseconds } = await recorded(vault);
		assert.deepEqual([from, to, reason], ['acme-0', 'acme-1', 'PodDeleted']);
		assert.ok(milliseconds < 5_000, `${milliseconds} ms`);
		const { status } = await readVault(stage.world, vault);
		assert.deepEqual([status?.primary?.pod, status?.primary?.epoch], ['acme-1', 1]);
		const events = await until('events', async () => {
			const found = await eventsOf(vault);
			return found.includes('FailoverStarted') && found.includes('PrimaryChanged') && found;
		});
		assert.ok(!events.includes('SwitchoverStarted'));
	});

	it('[OPR-31] appoints a standby when the container of the primary has ended', async () => {
		const { vault, node, moved } = await serving('ended');
		node.silent.add('acme-0');
		await node.stopContainer(0);
		await moved('acme-1 1');
		assert.equal((await recorded(vault)).reason, 'PodNotReady');
	});

	it('[OPR-31] appoints a standby when the primary does not answer three probes', async () => {
		const { vault, node, moved } = await serving('silent');
		node.silent.add('acme-0');
		await moved('acme-1 1');
		assert.equal((await recorded(vault)).reason, 'NoAnswer');
		node.silent.delete('acme-0');
		await untilCondition(stage.world, vault, 'Progressing', 'False', 'Complete');
		assert.equal(await holderOf(node), 'acme-1 1', 'the old primary does not come back by itself');
	});

	it('[OPR-32] moves the primary to the pod that somebody asked for, and forgets that it was asked', async () => {
		const { vault, moved } = await serving('asked');
		await promote(vault, 'acme-2');
		await moved('acme-2 1');
		await settled(vault);
		assert.equal((await recorded(vault)).reason, 'Promoted');
	});

	it('[OPR-32] refuses a pod that could not take over', async () => {
		const { vault, node } = await serving('refused');
		await promote(vault, 'acme-9');
		await settled(vault);
		assert.equal(await holderOf(node), 'acme-0 0');
		await until('an event', async () => (await eventsOf(vault)).includes('PromotionRefused'));
	});

	it('[OPR-35] moves the primary off a node that is cordoned', async () => {
		const { vault, node, moved } = await serving('cordoned');
		const cordon = (unschedulable: boolean) =>
			patchMerge(stage.world.admin, resources.nodes, { name: nodeOf(0) }, { spec: { unschedulable } });
		await cordon(true);
		await moved('acme-1 1').finally(() => cordon(false));
		assert.equal((await recorded(vault)).reason, 'NodeCordoned');
		assert.equal(await holderOf(node), 'acme-1 1');
	});

	it('[OPR-36] appoints nobody while failover is paused, and says so; then it does', async () => {
		const { vault, node, moved } = await serving('paused');
		await patchVault(stage.world, vault, { metadata: { annotations: { 'runevault.io/paused': 'failover' } } });
		await untilCondition(stage.world, vault, 'Progressing', 'False', 'FailoverPaused');
		node.silent.add('acme-0');
		await untilCondition(stage.world, vault, 'PrimaryAvailable', 'False', 'Down');
		assert.equal(await holderOf(node), 'acme-0 0');
		await remove(stage.world.admin, resources.configMaps, { namespace: vault.namespace, name: 'acme-config' });
		await until('everything else put back', () => node.read(resources.configMaps, 'acme-config'));
		assert.equal(await holderOf(node), 'acme-0 0');
		await patchVault(stage.world, vault, { metadata: { annotations: { 'runevault.io/paused': null } } });
		await moved('acme-1 1');
	});

	it('[OPR-37] with routing AllReady leaves routing to Kubernetes, and takes it back', async () => {
		const { vault, node } = await serving('all-ready');
		const slices = async () => (await list(stage.world.admin, resources.endpointSlices, { namespace: vault.namespace })).items;
		const routed = async () =>
			(await slices())
				.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'acme')
				.map(slice => ({ name: slice.metadata.name, addresses: Object(slice).endpoints?.length ?? 0 }));
		await patchVault(stage.world, vault, { spec: { routing: 'AllReady' } });
		await until('three pods routed to, and our slice gone', async () => {
			const found = await routed();
			// Our own slice goes only when another leads to the pods.
			assert.ok(found.some(({ addresses }) => addresses > 0));
			return found.length === 1 && found[0]?.name !== 'acme-primary' && found[0]?.addresses === 3;
		});
		await untilCondition(stage.world, vault, 'PrimaryAvailable', 'True', 'Serving');
		await node.stopContainer(2);
		await until('two pods routed to', async () => {
			const [slice] = (await slices()).filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'acme');
			const ready = (Object(slice).endpoints ?? []).filter((endpoint: { conditions: { ready: boolean } }) => endpoint.conditions.ready);
			return ready.length === 2;
		});
		await patchVault(stage.world, vault, { spec: { routing: 'Primary' } });
		await until('the primary alone routed to', async () => {
			const found = await routed();
			return found.length === 1 && found[0]?.name === 'acme-primary' && found[0]?.addresses === 1;
		});
	});
});
