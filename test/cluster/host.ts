/** Settings of the whole machine that kubelets change: kept when a cluster comes up, put back when it goes. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** By kubelet's container manager. */
const changedByKubelet = [
	'vm/overcommit_memory',
	'vm/panic_on_oom',
	'kernel/panic',
	'kernel/panic_on_oops',
	'kernel/keys/root_maxkeys',
	'kernel/keys/root_maxbytes',
];

export type HostSettings = Readonly<Record<string, string>>;

export async function keepHostSettings(): Promise<HostSettings> {
	const paths = changedByKubelet.map(name => join('/proc/sys', name)).filter(path => existsSync(path));
	return Object.fromEntries(await Promise.all(paths.map(async path => [path, (await readFile(path, 'utf8')).trim()] as const)));
}

export async function restoreHostSettings(kept: HostSettings): Promise<void> {
	for (const [path, value] of Object.entries(kept)) {
		if ((await readFile(path, 'utf8')).trim() !== value) await writeFile(path, value);
	}
}
