/**
 * An hour of a hundred vaults at rest, by a clock that runs fast: real watches and API calls, and Vaults that answer from memory. The
 * operator has to look at everything again and again, and to write nothing at all.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { resource as runeVaults } from '../../../crds/runevault.ts';
import { list } from '../../../kube/objects.ts';
import type { KubeObject } from '../../../kube/resources.ts';
import { collectGarbage } from '../../collect-garbage.ts';
import { until } from '../../install/run.ts';
import { type OperatorRun, runOperator, World } from './fixture.ts';
import { RestingNode } from './resting-node.ts';
import { ScaledClock } from './scaled-clock.ts';

const VAULTS = 100;
const PODS = 3;
const SPEED = 120;
const HOUR_MS = 3_600_000;
/** Vaults that are made at the same time. */
const AT_ONCE = 8;
const RENEW_EVERY_MS = 100;

let world: World;
let run: OperatorRun;
const clock = new ScaledClock();
const probes = new Map<string, number>();
const nodes = new Map<string, RestingNode>();
before(async () => {
	world = await World.start();
	run = runOperator(world, {
		clock,
		ask(ip, question, signal) {
			probes.set(ip, (probes.get(ip) ?? 0) + 1);
			const node = nodes.get(ip.slice(0, ip.lastIndexOf('.') + 1));
			if (node === undefined) throw new Error(`nobody answers at ${ip}`);
			return node.ask(ip, question, signal);
		},
	});
});
after(async () => {
	await run?.stop();
	await world?.stop();
});

async function makeVaults(): Promise<void> {
	let next = 0;
	const work = async () => {
		while (next < VAULTS) {
			const node = new RestingNode(world, { namespace: `rest-${next++}`, name: 'acme' });
			nodes.set(node.prefix, node);
			await node.serve();
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function areReady(): Promise<boolean> {
	const { items } = await list(world.admin, runeVaults);
	const isReady = (vault: KubeObject) =>
		['Ready=True', 'Progressing=False', 'TokensCurrent=True'].every(wanted =>
			Object(vault.status).conditions?.some((is: { type: string; status: string }) => `${is.type}=${is.status}` === wanted),
		);
	const ready = items.filter(isReady).length;
	if (ready < VAULTS) throw new Error(`${ready} of ${VAULTS}`);
	return true;
}

/** Waits until nothing was written for a while. */
async function quiet(): Promise<void> {
	let count = -1;
	await until(
		'no more writes',
		async () => {
			const before = count;
			count = run.writes.length;
			return before === count;
		},
		60_000,
		2_000,
	);
}

async function reconciles(): Promise<Record<string, number>> {
	const metric = await run.metrics.registry.getSingleMetric('controller_runtime_reconcile_total')?.get();
	return Object.fromEntries((metric?.values ?? []).map(({ labels, value }) => [String(labels.result), value]));
}

const total = (counts: Iterable<number>): number => [...counts].reduce((sum, count) => sum + count, 0);

/** Memory in use after a collection, in MB. */
function memory(): { heap: number; resident: number } {
	collectGarbage();
	const { heapUsed, rss } = process.memoryUsage();
	return { heap: Math.round(heapUsed / 1e6), resident: Math.round(rss / 1e6) };
}

describe('a hundred vaults at rest', () => {
	it('[OPR-7] [OPR-51] are looked at for an hour, and nothing is written', async t => {
		const started = performance.now();
		await makeVaults();
		await until('all are Ready', areReady, 120_000, 500);
		for (const node of nodes.values()) node.isResting = true;
		await quiet();
		clock.speedUp(SPEED);
		await quiet();
		t.diagnostic(`${VAULTS} vaults at rest after ${((performance.now() - started) / 1000).toFixed(0)} s and ${run.writes.length} writes`);

		const before = { memory: memory(), writes: run.writes.length, calls: run.calls.length, reconciles: await reconciles() };
		probes.clear();
		const everyNode = [...nodes.values()];
		const began = performance.now();
		let renewals = 0;
		while (performance.now() - began < HOUR_MS / SPEED) {
			await everyNode[renewals % everyNode.length]?.renew();
			renewals += 1;
			await until('the next renewal', async () => performance.now() - began >= renewals * RENEW_EVERY_MS, 5_000, 10);
		}
		const writes = run.writes.slice(before.writes).map(({ method, path }) => `${method} ${path}`);
		const now = await reconciles();
		const looks = (now.requeue_after ?? 0) - (before.reconciles.requeue_after ?? 0);
		const { heap, resident } = memory();
		t.diagnostic(`an hour in ${((performance.now() - began) / 1000).toFixed(0)} s: ${looks} reconciles, ${total(probes.values())} probes,`);
		t.diagnostic(`${renewals} Lease renewals by others, ${run.calls.length - before.calls} reads and ${writes.length} writes of its own`);
		t.diagnostic(`heap ${before.memory.heap} → ${heap} MB, resident ${before.memory.resident} → ${resident} MB`);
		assert.deepEqual(writes, []);
		assert.equal(now.error, before.reconciles.error);
		assert.ok(looks >= 5 * VAULTS, `only ${looks} reconciles`);
		assert.equal(probes.size, PODS * VAULTS);
		assert.ok(Math.min(...probes.values()) >= 250, `a pod was asked only ${Math.min(...probes.values())} times`);
		assert.ok(renewals >= VAULTS, `only ${renewals} renewals`);
		await areReady();
	});
});
