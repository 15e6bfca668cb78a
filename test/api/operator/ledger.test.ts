/** The account of released bits on a real API server: the pods' ledgers with the rights of a pod, the operator beside them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isForbidden } from '../../../kube/errors.ts';
import { get, list, patchMerge, remove } from '../../../kube/objects.ts';
import { type KubeObject, resources } from '../../../kube/resources.ts';
import { createTransport, type Transport } from '../../../kube/transport.ts';
import { clusterLedgerStore } from '../../../vault/ledger/cluster-store.ts';
import { createLedger, type LedgerOptions } from '../../../vault/ledger/ledger.ts';
import { until } from '../../install/run.ts';
import { FINGERPRINT } from './fake-node.ts';
import { patchVault, readVault, untilCondition, type VaultName } from './fixture.ts';
import { Stage } from './stage.ts';

const KEY = { fingerprint: FINGERPRINT };
const FIELD = `bits.${'ab'.repeat(8)}`;
const identity = { name: 'team', role: 'Member', generation: 1, id: '0123456789abcdef' } as const;

let stage: Stage;
before(async () => {
	stage = await Stage.start();
});
after(() => stage?.stop());

const readLedger = ({ namespace, name }: VaultName) =>
	get<KubeObject & { data?: Record<string, string> }>(stage.world.admin, resources.configMaps, { namespace, name: `${name}-ledger` });
const bitsOf = async (vault: VaultName) => Number((await readLedger(vault))?.data?.[FIELD]);
const told = async (vault: VaultName) => (await readVault(stage.world, vault)).status?.keys?.releasedBits ?? 0;
const untilTold = (vault: VaultName, least: number) =>
	until(`${least} bits in the status`, async () => (await told(vault)) >= least, 10_000, 20);

async function withPods(
	vault: VaultName,
	limits: LedgerOptions['limits'],
	use: (pods: ReturnType<typeof createLedger>[]) => Promise<void>,
) {
	const transports: Transport[] = [];
	const pods = [0, 1, 2].map(() => {
		const transport = createTransport(stage.world.api.as(`system:serviceaccount:${vault.namespace}:${vault.name}`));
		transports.push(transport);
		return createLedger({
			store: clusterLedgerStore({ transport, namespace: vault.namespace, name: `${vault.name}-ledger` }),
			limits,
			onReach: error => {
				throw error;
			},
		});
	});
	try {
		await use(pods);
	} finally {
		await Promise.all(transports.map(transport => transport.close()));
	}
}

describe('the account of released bits', { concurrency: 3 }, () => {
	it('[VLT-91] [OPR-90] three pods that write at once conflict, and never put more on account than the limit', async () => {
		const { vault } = await stage.servingVault('bits');
		await withPods(vault, { limitPerKey: 2000, onLimit: 'Refuse' }, async pods => {
			const calls = Array.from({ length: 90 }, (_, call) => pods[call % 3]?.reserve(40, identity, KEY));
			const kept = (await Promise.allSettled(calls)).filter(({ status }) => status === 'fulfilled').length;
			const onAccount = await bitsOf(vault);
			assert.ok(kept * 40 <= onAccount && onAccount <= 2000, `${kept * 40} spent, ${onAccount} on account`);
			assert.ok(kept > 30, `${kept} calls`);
		});
		await untilTold(vault, 1999);
		const { reason } = await untilCondition(stage.world, vault, 'Protected', 'False', 'BudgetHalfSpent');
		await until(`the event ${reason}`, async () => {
			const { items } = await list(stage.world.admin, resources.events, { namespace: vault.namespace });
			return items.some(event => event.reason === reason && /of 3000 bits/.test(String(event.note)));
		});
	});

	it('[OPR-90] pods may read and patch this ConfigMap, and no other', async () => {
		const { vault } = await stage.servingVault('rights');
		const { namespace } = vault;
		const pod = createTransport(stage.world.api.as(`system:serviceaccount:${namespace}:acme`));
		try {
			await assert.rejects(get(pod, resources.configMaps, { namespace, name: 'acme-config' }), isForbidden);
			await assert.rejects(list(pod, resources.configMaps, { namespace }), isForbidden);
			await assert.rejects(remove(pod, resources.configMaps, { namespace, name: 'acme-ledger' }), isForbidden);
			assert.ok(await get(pod, resources.configMaps, { namespace, name: 'acme-ledger' }));
		} finally {
			await pod.close();
		}
	});

	it('[OPR-93] deleted, it comes back within two seconds with what the status told, and the pods put the rest back', async () => {
		const { vault } = await stage.servingVault('deleted');
		const place = { namespace: vault.namespace, name: 'acme-ledger' };
		await withPods(vault, { limitPerKey: 3000, onLimit: 'Alert' }, async ([pod]) => {
			await pod?.reserve(400, identity, KEY);
			const before = await bitsOf(vault);
			await untilTold(vault, Math.ceil(before));
			for (let rejection = 0; rejection < 3; rejection++) await pod?.guardRejected(identity, KEY);
			await remove(stage.world.admin, resources.configMaps, place);
			const floor = `floor.${'ab'.repeat(8)}`;
			const again = await until('the account again', async () => (await readLedger(vault))?.data, 2_000, 20);
			assert.ok(Number(again[floor]) >= before, JSON.stringify(again));
			await pod?.refresh();
			await pod?.refresh();
			assert.ok((await bitsOf(vault)) >= before);
			const data = (await readLedger(vault))?.data;
			assert.deepEqual(JSON.parse(data?.[`token.${identity.id}`] ?? ''), { name: 'team', rejections: 3 });
		});
		await patchMerge(stage.world.admin, resources.configMaps, place, { data: { [FIELD]: '1' } });
		await untilCondition(stage.world, vault, 'Ready', 'True');
		assert.ok((await told(vault)) >= 400);
	});

	it('[OPR-90] what pods write is left alone, and is there for the next RuneVault with this key', async () => {
		const { vault } = await stage.servingVault('kept');
		await withPods(vault, { limitPerKey: 3000, onLimit: 'Alert' }, async ([pod]) => pod?.reserve(400, identity, KEY));
		const before = await bitsOf(vault);
		await untilTold(vault, Math.floor(before));
		await patchVault(stage.world, vault, { spec: { access: { limits: { topK: 5 } } } });
		await until('the floor', async () => Number((await readLedger(vault))?.data?.[`floor.${'ab'.repeat(8)}`]) >= 400, 10_000, 50);
		assert.equal(await bitsOf(vault), before);
		assert.equal((await readLedger(vault))?.metadata.ownerReferences, undefined);
	});
});
