/**
 * `make scale`: many RuneVaults on a real API server, half of them black holes, whose pods never answer. Each of the others has an object
 * deleted, and how long it takes to be back is what is measured: the queue, the reconcile and the API server's part. VAULTS=500 sets how
 * many. The API server, the operator and the played pods share this machine; the memory is that of operator and pods together.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { resource as runeVaults } from '../../crds/runevault.ts';
import { get, list, remove } from '../../kube/objects.ts';
import { resources } from '../../kube/resources.ts';
import { runOperator, World } from '../api/operator/fixture.ts';
import { RestingNode } from '../api/operator/resting-node.ts';
import { collectGarbage } from '../collect-garbage.ts';
import { quantile } from '../demo/measure.ts';
import { until } from '../install/run.ts';

const count = Number(process.env.VAULTS ?? 500);
if (!Number.isInteger(count) || count < 2) throw new Error('VAULTS must be a number of at least 2');
const AT_ONCE = 8;
/** Between two deletions, so that each has the operator to itself and the black holes. */
const PAUSE_MS = 20;

const world = await World.start();
const nodes = new Map<string, RestingNode>();
const holes = new Set<RestingNode>();
const run = runOperator(world, {
	async ask(ip, question, signal, channel) {
		const node = nodes.get(ip.slice(0, ip.lastIndexOf('.') + 1));
		if (node === undefined) throw new Error(`nobody answers at ${ip}`);
		if (holes.has(node)) await sleep(3_600_000, undefined, { signal });
		return node.ask(ip, question, signal, channel);
	},
});
const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1);
const namespaceOf = (index: number): string => `scale-${index}`;
const isHole = (index: number): boolean => index % 2 === 1;

/** Runs `work` for each number below `count`, some at a time. */
async function forEach(work: (index: number) => Promise<void>): Promise<void> {
	let next = 0;
	const worker = async () => {
		while (next < count) await work(next++);
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function areReady(): Promise<boolean> {
	const { items } = await list(world.admin, runeVaults);
	const ready = items.filter(({ status }) =>
		JSON.stringify(Object(status).conditions?.find(({ type }: { type: string }) => type === 'Ready'))?.includes('"True"'),
	);
	if (ready.length < Math.ceil(count / 2)) throw new Error(`${ready.length} of ${Math.ceil(count / 2)}`);
	return true;
}

/** @returns the milliseconds from the deletion of an owned object to its successor */
async function heal(namespace: string): Promise<number> {
	const place = { namespace, name: 'acme-config' };
	const uid = (await get(world.admin, resources.configMaps, place))?.metadata.uid;
	const started = performance.now();
	await remove(world.admin, resources.configMaps, place);
	await until(
		`${namespace} healed`,
		async () => ((await get(world.admin, resources.configMaps, place))?.metadata.uid ?? uid) !== uid,
		30_000,
		5,
	);
	return performance.now() - started;
}

try {
	const started = performance.now();
	await forEach(async index => {
		const node = new RestingNode(world, { namespace: namespaceOf(index), name: 'acme' });
		nodes.set(node.prefix, node);
		if (isHole(index)) holes.add(node);
		await node.serve();
		if ((index + 1) % 50 === 0) console.log(`${seconds(started)} s: ${index + 1} of ${count} vaults made`);
	});
	await until('every vault but the black holes is Ready', areReady, 300_000, 500);
	console.log(
		`${seconds(started)} s: ${Math.ceil(count / 2)} Ready, ${Math.floor(count / 2)} black holes, ${run.writes.length} writes of the operator`,
	);
	for (const node of nodes.values()) node.isResting = true;
	const times: number[] = [];
	for (let index = 0; index < count; index += 2) {
		times.push(await heal(namespaceOf(index)));
		await sleep(PAUSE_MS);
	}
	const [p50, p99, most] = [0.5, 0.99, 1].map(share => quantile(times, share).toFixed(0));
	console.log(`${times.length} objects deleted, back after ms: ${p50} (median), ${p99} (99 of 100), ${most} (the slowest)`);
	collectGarbage();
	const { heapUsed, rss } = process.memoryUsage();
	console.log(`heap ${(heapUsed / 1e6).toFixed(0)} MB, resident ${(rss / 1e6).toFixed(0)} MB`);
} finally {
	await run.stop();
	await world.stop();
}
