/**
 * What the machine must have, found out by looking only: nothing is changed before all of it holds.
 *
 * Facts are gathered once; `violations` turns them into one clear line each.
 */
import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import { dirname } from 'node:path';
import { run } from '../install/run.ts';
import { hierarchies } from './cgroups.ts';
import { hasProgram } from './packages.ts';
import { cacheDirectory, running } from './paths.ts';
import { PORTS } from './plan.ts';

export type Facts = {
	readonly platform: string;
	readonly uid: number;
	/** Effective capabilities, as `/proc/self/status` has them. */
	readonly capabilities: bigint;
	/** Whether control groups are mounted, with those that kubelet cannot do without. */
	readonly hasCgroups: boolean;
	readonly hasOverlay: boolean;
	readonly freeBytes: Readonly<Record<string, number>>;
	readonly freeMemoryBytes: number;
	/** Packages that are not there; and whether they can be installed. */
	readonly packages: readonly string[];
	readonly hasApt: boolean;
	/** Programs yet to be built; and the version of Go, if there is one. */
	readonly unbuilt: readonly string[];
	readonly go: string | undefined;
	/** Ports that somebody else listens on. */
	readonly takenPorts: readonly number[];
};

/** By capability(7): which bit, and what it is for. */
const capabilities = [
	{ bit: 12n, name: 'CAP_NET_ADMIN', purpose: 'make network namespaces and cables' },
	{ bit: 21n, name: 'CAP_SYS_ADMIN', purpose: 'mount and enter namespaces' },
] as const;

const GIGABYTE = 1024 ** 3;
const DISK_GIGABYTES = 6;
const MEMORY_GIGABYTES = 2;
const GO = [1, 26] as const;

/** @returns one line for each thing that is missing; none when a cluster can be started */
export function violations(facts: Facts): string[] {
	if (facts.platform !== 'linux')
		return [`this is ${facts.platform}: the cluster needs Linux (use CLUSTER=current with a cluster of yours)`];
	if (facts.uid !== 0) return ['not root: the cluster makes network namespaces, mounts and control groups (run it with sudo)'];
	const lines: string[] = [];
	for (const { bit, name, purpose } of capabilities) {
		if ((facts.capabilities & (1n << bit)) === 0n)
			lines.push(`no ${name}: this root may not ${purpose} (in a container, run it privileged)`);
	}
	if (!facts.hasCgroups) lines.push('no control groups: nothing with cpu, memory and pids is mounted below /sys/fs/cgroup');
	if (!facts.hasOverlay) lines.push('no overlayfs: the kernel lists no overlay in /proc/filesystems (try: modprobe overlay)');
	for (const [path, free] of Object.entries(facts.freeBytes)) {
		if (free < DISK_GIGABYTES * GIGABYTE) lines.push(`no room: ${gigabytes(free)} free for ${path}, ${DISK_GIGABYTES} GB needed`);
	}
	if (facts.freeMemoryBytes < MEMORY_GIGABYTES * GIGABYTE) {
		lines.push(`no memory: ${gigabytes(facts.freeMemoryBytes)} available, ${MEMORY_GIGABYTES} GB needed`);
	}
	if (facts.packages.length > 0 && !facts.hasApt) lines.push(`not Debian (no apt-get): install ${facts.packages.join(', ')} yourself`);
	return [...lines, ...goViolations(facts), ...facts.takenPorts.map(port => `port ${port} is taken, by no process of this cluster`)];
}

/** What keeps programs from being built, which needs no root. */
export function goViolations({ unbuilt, go }: Pick<Facts, 'unbuilt' | 'go'>): string[] {
	if (unbuilt.length === 0) return [];
	const need = `Go ${GO.join('.')} or newer is needed to build ${unbuilt.join(', ')}`;
	if (go === undefined) return [`no go on the PATH: ${need}`];
	return isAtLeast(go, GO) ? [] : [`${go} is too old: ${need}`];
}

/** @param version such as `go1.26.8` */
function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
	const found = /^go(\d+)\.(\d+)/.exec(version);
	if (!found) return false;
	const [foundMajor, foundMinor] = [Number(found[1]), Number(found[2])];
	return foundMajor > major || (foundMajor === major && foundMinor >= minor);
}

const gigabytes = (bytes: number): string => `${(bytes / GIGABYTE).toFixed(1)} GB`;

/** Free bytes of the file system that a path, which may not exist yet, would lie on. */
async function freeBytes(path: string): Promise<number> {
	let existing = path;
	while (!existsSync(existing)) existing = dirname(existing);
	const { bavail, bsize } = await statfs(existing);
	return bavail * bsize;
}

/** @param table `/proc/net/tcp` or `tcp6`; state 0A is LISTEN */
export function listeningPorts(table: string): number[] {
	const rows = table
		.split('\n')
		.slice(1)
		.map(line => line.trim().split(/\s+/));
	return rows.flatMap(row => (row[3] === '0A' ? [Number.parseInt(row[1]?.split(':').at(-1) ?? '', 16)] : []));
}

/** The cluster's ports that are listened on. */
export async function takenPorts(): Promise<number[]> {
	const tables = await Promise.all(['tcp', 'tcp6'].map(name => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')));
	const listening = new Set(tables.flatMap(listeningPorts));
	return Object.values(PORTS).filter(port => listening.has(port));
}

async function availableMemory(): Promise<number> {
	const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
	const kilobytes = /^MemAvailable:\s+(\d+)/m.exec(text)?.[1];
	return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

export async function goVersion(): Promise<string | undefined> {
	if (!hasProgram('go')) return undefined;
	return (await run('go', ['env', 'GOVERSION'], { env: { GOTOOLCHAIN: 'local' } })).trim();
}

const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** Looks, and changes nothing. */
export async function gatherFacts(known: Pick<Facts, 'packages' | 'unbuilt'>, ownsPorts: boolean): Promise<Facts> {
	const status = await read('/proc/self/status');
	const mounts = await read('/proc/mounts');
	const groups = hierarchies(mounts);
	const controllers = await read('/proc/cgroups');
	const [state, cache] = await Promise.all([freeBytes(running.directory), freeBytes(cacheDirectory())]);
	return {
		...known,
		platform: process.platform,
		uid: process.getuid?.() ?? -1,
		capabilities: BigInt(`0x${/^CapEff:\s+([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`),
		hasCgroups: groups.length > 0 && ['cpu', 'memory', 'pids'].every(name => new RegExp(`^${name}\\s`, 'm').test(controllers)),
		hasOverlay: /\boverlay\b/.test(await read('/proc/filesystems')),
		freeBytes: { [running.directory]: state, [cacheDirectory()]: cache },
		freeMemoryBytes: await availableMemory(),
		hasApt: hasProgram('apt-get'),
		go: await goVersion(),
		takenPorts: ownsPorts ? [] : await takenPorts(),
	};
}
