/** Control groups: one parent below each hierarchy, so that what the cluster made is found and removed as one tree. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CGROUP, type NodePlan } from './plan.ts';

const ROOT = '/sys/fs/cgroup';
const CONTROLLERS = ['cpu', 'cpuset', 'memory', 'pids'];

type Mount = { readonly path: string; readonly type: string };

function cgroupMounts(mounts: string): Mount[] {
	const rows = mounts.split('\n').map(line => line.split(' '));
	return rows.flatMap(([, path = '', type = '']) => (type === 'cgroup' || type === 'cgroup2' ? [{ path, type }] : []));
}

/** The mount points to make groups below: the one of version 2, or one a controller of version 1. @param mounts `/proc/mounts` */
export function hierarchies(mounts: string): string[] {
	const all = cgroupMounts(mounts);
	const isUnified = all.some(({ path, type }) => path === ROOT && type === 'cgroup2');
	return isUnified ? [ROOT] : all.flatMap(({ path, type }) => (type === 'cgroup' ? [path] : []));
}

/** The cluster's groups that exist; beside version 1, runc puts containers into a version 2 hierarchy too where there is one. */
export async function existingCgroups(): Promise<string[]> {
	const all = cgroupMounts(await readFile('/proc/mounts', 'utf8'));
	return all.map(({ path }) => join(path, CGROUP)).filter(group => existsSync(group));
}

/** A version 1 cpuset takes no process before it has processors and memory, which it does not inherit. */
async function inheritCpuset(group: string): Promise<void> {
	for (const file of ['cpuset.cpus', 'cpuset.mems']) {
		if (existsSync(join(group, file))) await writeFile(join(group, file), await readFile(join(dirname(group), file)));
	}
}

/** A version 2 group hands on only the controllers it is told to. */
async function handOn(group: string): Promise<void> {
	const file = join(group, 'cgroup.subtree_control');
	if (!existsSync(file)) return;
	const available = (await readFile(join(group, 'cgroup.controllers'), 'utf8')).trim().split(' ');
	await writeFile(
		file,
		CONTROLLERS.filter(each => available.includes(each))
			.map(each => `+${each}`)
			.join(' '),
	);
}

/** Makes each node's group in every hierarchy. */
export async function createCgroups(nodes: readonly NodePlan[]): Promise<void> {
	for (const hierarchy of hierarchies(await readFile('/proc/mounts', 'utf8'))) {
		await handOn(hierarchy);
		for (const path of [CGROUP, ...nodes.map(node => node.cgroup)]) {
			const group = join(hierarchy, path);
			await mkdir(group, { recursive: true });
			await inheritCpuset(group);
			await handOn(group);
		}
	}
}

async function removeTree(group: string): Promise<void> {
	const entries = await readdir(group, { withFileTypes: true });
	for (const entry of entries) if (entry.isDirectory()) await removeTree(join(group, entry.name));
	await rmdir(group);
}

/** Removes all of the cluster's groups; they must be empty of processes. */
export async function removeCgroups(): Promise<void> {
	for (const group of await existingCgroups()) await removeTree(group);
}
