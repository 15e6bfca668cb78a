/** What is known of the cluster that runs on this machine, whoever started it; written before anything else of it exists. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { stampOf } from './builds.ts';
import { apiServer, box, containerd, controllers, etcd, gateway, nodeAgents } from './components.ts';
import { dnsObjects } from './dns.ts';
import { networkUp } from './network.ts';
import { renderContainerd, renderKubelet, renderNetwork } from './node-files.ts';
import { running } from './paths.ts';
import { certificates } from './pki.ts';
import { MAX_NODES, type NodePlan } from './plan.ts';

const recordSchema = z.object({
	nodes: z.number().int().min(1).max(MAX_NODES),
	/** Of everything it was made from. */
	digest: z.string(),
	checkout: z.string(),
	startedAt: z.iso.datetime(),
	/** Machine settings to put back when it goes, by path. */
	hostSettings: z.record(z.string(), z.string()),
});
export type ClusterRecord = Readonly<z.infer<typeof recordSchema>>;

/** @returns undefined when there is no cluster on this machine */
export async function readRecord(): Promise<ClusterRecord | undefined> {
	const text = await readFile(running.record, 'utf8').catch((error: NodeJS.ErrnoException) => {
		if (error.code === 'ENOENT') return undefined;
		throw error;
	});
	return text === undefined ? undefined : recordSchema.parse(JSON.parse(text));
}

export async function writeRecord(record: ClusterRecord): Promise<void> {
	await mkdir(running.directory, { recursive: true, mode: 0o700 });
	await writeFile(running.record, `${JSON.stringify(record, null, 2)}\n`);
}

/** One hash of every command, file and program that such a cluster is made from: another digest means that the old one will not do. */
export async function digestOf(nodes: readonly NodePlan[]): Promise<string> {
	const perNode = nodes.map(node => [
		box(node),
		containerd(node, 0),
		nodeAgents(node, 0),
		gateway(node),
		renderContainerd(node),
		renderKubelet(node),
		renderNetwork(node),
	]);
	const stamps = await Promise.all((['kubernetes', 'coredns', 'pause'] as const).map(stampOf));
	const whole = [etcd(), apiServer(), controllers(), perNode, networkUp(nodes), certificates(nodes), dnsObjects('', nodes.length), stamps];
	return createHash('sha256').update(JSON.stringify(whole)).digest('hex');
}
