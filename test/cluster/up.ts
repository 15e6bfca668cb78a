/**
 * From nothing to a ready cluster, or to the one that is there already.
 *
 * Look, refuse with reasons, and only then act: packages, programs, certificates, network, and then control plane and nodes at the same
 * time. A cluster that is not whole is not repaired, it is made anew: that takes seconds and leaves no half-known state.
 */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run, until } from '../install/run.ts';
import { build, unbuilt } from './builds.ts';
import { createCgroups } from './cgroups.ts';
import { apiServer, box, boxIsMade, containerd, controllers, etcd, gateway, nodeAgents } from './components.ts';
import { dnsObjects } from './dns.ts';
import { takeDown } from './down.ts';
import { ailments, conditionOf, kubectl } from './health.ts';
import { keepHostSettings } from './host.ts';
import { writeKubeconfigs } from './kubeconfig.ts';
import { type Archive, componentImage, load, ownImages } from './load.ts';
import { withLock } from './lock.ts';
import { networkUp } from './network.ts';
import { renderContainerd, renderKubelet, renderNetwork } from './node-files.ts';
import { installPackages, missingPackages } from './packages.ts';
import { checkout, left, running } from './paths.ts';
import { createPki } from './pki.ts';
import { type NodePlan, planNodes } from './plan.ts';
import { gatherFacts, violations } from './preflight.ts';
import { type ProcessRecord, start, untilReady } from './processes.ts';
import type { Progress } from './progress.ts';
import { type ClusterRecord, digestOf, readRecord, writeRecord } from './record.ts';
import { Refusal } from './refusal.ts';

/** @throws Refusal with a line for each thing that is missing, before anything is changed */
export async function up(progress: Progress, nodeCount: number): Promise<void> {
	const nodes = planNodes(nodeCount);
	const packages = missingPackages();
	const known = { packages, unbuilt: await unbuilt() };
	const found = violations(await gatherFacts(known, (await readRecord()) !== undefined));
	if (found.length > 0) throw new Refusal(found);
	await withLock(
		running.lock,
		() => progress.say('another process works on the cluster: waiting for it'),
		async () => {
			await installPackages(progress, packages);
			await build(progress);
			const digest = await digestOf(nodes);
			const reason = await whyNotReuse(await readRecord(), nodeCount, digest);
			if (reason !== undefined) {
				if (reason !== '') await progress.step(`take the old cluster down (${reason})`, takeDown);
				const record = { nodes: nodeCount, digest, checkout, startedAt: new Date().toISOString(), hostSettings: await keepHostSettings() };
				await writeRecord(record);
				await bringUp(progress, nodes);
			}
			await mkdir(dirname(left.kubeconfig), { recursive: true });
			await copyFile(running.kubeconfig, left.kubeconfig);
			progress.say(`${nodeCount} nodes ${reason === undefined ? 'were ready already' : 'ready'}: export KUBECONFIG=${left.kubeconfig}`);
		},
	);
}

/** @returns undefined when the cluster that is there will do, '' when there is none, else why it will not do */
async function whyNotReuse(record: ClusterRecord | undefined, nodeCount: number, digest: string): Promise<string | undefined> {
	if (record === undefined) return '';
	if (record.nodes !== nodeCount) return `it has ${record.nodes} nodes`;
	if (record.digest !== digest) return `it was made from other sources, in ${record.checkout}`;
	return (await ailments(nodeCount))[0];
}

async function bringUp(progress: Progress, nodes: readonly NodePlan[]): Promise<void> {
	const images = await progress.step('images of pause and CoreDNS', () =>
		Promise.all([componentImage('pause'), componentImage('coredns')]),
	);
	await progress.step('certificates', async () => {
		await createPki(running.pki, nodes);
		await writeKubeconfigs(running.pki, nodes);
	});
	await progress.step('network and control groups', async () => {
		for (const [command = '', ...args] of networkUp(nodes)) await run(command, args);
		await createCgroups(nodes);
	});
	const [control, boxes] = await Promise.all([
		progress.step('control plane answers', startControlPlane),
		progress.step('containerd on each node', () => Promise.all(nodes.map(node => startBox(node, images)))),
	]);
	await progress.step('nodes Ready', () => startNodes(nodes, boxes, control));
	await progress.step('cluster DNS', async () => {
		const objects = dnsObjects(ownImages.coredns, Math.min(2, nodes.length));
		await kubectl(['apply', '--server-side', '-f', '-'], { input: objects.map(each => JSON.stringify(each)).join('\n') });
		await until(
			'CoreDNS available',
			async () => (await conditionOf('deployments', 'Available', '-n', 'kube-system')).get('coredns'),
			60_000,
		);
	});
}

async function startControlPlane(): Promise<ProcessRecord[]> {
	const needs = [await start(etcd()), await start(apiServer())];
	await untilReady('API server ready', needs, async () => (await kubectl(['get', '--raw', '/readyz'])).trim() === 'ok', 90_000);
	for (const controller of controllers()) needs.push(await start(controller));
	return needs;
}

/** The node's namespaces and containerd, with the images that kubelet needs before it can start anything. */
async function startBox(node: NodePlan, images: readonly Archive[]): Promise<ProcessRecord[]> {
	const directory = running.node(node.name);
	await mkdir(join(directory, 'cni'), { recursive: true });
	await writeFile(join(directory, 'containerd.toml'), renderContainerd(node));
	await writeFile(join(directory, 'cni', '10-pods.conflist'), renderNetwork(node));
	await writeFile(join(directory, 'kubelet.yaml'), renderKubelet(node));
	const boxed = await start(box(node));
	await untilReady(`${node.name} boxed`, [boxed], async () => (await run('ls', [boxIsMade(node)])) !== '', 10_000);
	const daemon = await start(containerd(node, boxed.pid));
	const ask = ['--address', running.containerd(node.name), '--connect-timeout', '1s', 'version'];
	await untilReady(`containerd of ${node.name}`, [boxed, daemon], async () => (await run('ctr', ask)) !== '', 30_000);
	for (const image of images) await load(node, image, image.reference);
	return [boxed, daemon];
}

async function startNodes(nodes: readonly NodePlan[], boxes: readonly ProcessRecord[][], control: readonly ProcessRecord[]): Promise<void> {
	const needs = [...control, ...boxes.flat()];
	for (const [index, node] of nodes.entries()) {
		for (const agent of nodeAgents(node, boxes[index]?.[0]?.pid ?? 0)) needs.push(await start(agent));
		if (index === 0) needs.push(await start(gateway(node)));
	}
	const areReady = async () => {
		const ready = await conditionOf('nodes', 'Ready');
		return nodes.every(node => ready.get(node.name) === true);
	};
	await untilReady('nodes Ready', needs, areReady, 90_000);
}
