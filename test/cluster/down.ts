/**
 * The end of a cluster, whole: processes by their record, then network, control groups, settings and files, then a look whether
 * anything is left. Each part is removed if it is there, so that a half-made cluster goes the same way.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run, until } from '../install/run.ts';
import { existingCgroups, removeCgroups } from './cgroups.ts';
import { restoreHostSettings } from './host.ts';
import { withLock } from './lock.ts';
import { forwardRule, networkDown } from './network.ts';
import { checkout, kubeconfigOf, left, running } from './paths.ts';
import { MAX_NODES, planNodes } from './plan.ts';
import { takenPorts } from './preflight.ts';
import { isAlive, kill, recorded } from './processes.ts';
import type { Progress } from './progress.ts';
import { readRecord } from './record.ts';
import { Refusal } from './refusal.ts';

/** Takes the machine's cluster down, whichever checkout it came from. */
export async function down(progress: Progress): Promise<void> {
	if (process.getuid?.() !== 0) throw new Refusal(['not root: only root can take the cluster down (run it with sudo)']);
	await withLock(
		running.lock,
		() => progress.say('another process works on the cluster: waiting for it'),
		async () => {
			if (!existsSync(running.directory)) return progress.say('there is no cluster');
			await progress.step('cluster taken down', takeDown);
			progress.say(`its logs are in ${left.logs}`);
		},
	);
	await rm(running.lock, { force: true });
}

/** The same without the lock, for whoever holds it. @throws Error naming what could not be removed */
export async function takeDown(): Promise<void> {
	const record = await readRecord();
	const processes = await recorded();
	await kill(processes.filter(process => process.name.endsWith('-box')));
	await kill(processes);
	for (const command of networkDown(planNodes(MAX_NODES), isThere)) await run(command[0] ?? '', command.slice(1));
	await removeForwarding();
	await until('control groups empty', async () => removeCgroups().then(() => true), 20_000);
	if (record) await restoreHostSettings(record.hostSettings);
	await keepLogs();
	await until('files removed', async () => rm(running.directory, { recursive: true, force: true }).then(() => true), 20_000);
	for (const each of new Set([checkout, record?.checkout ?? checkout])) await rm(kubeconfigOf(each), { force: true });
	await until('ports free', async () => (await takenPorts()).length === 0, 20_000).catch(() => undefined);
	const remains = [...(await leftovers()), ...processes.filter(isAlive).map(process => `process ${process.pid} (${process.name})`)];
	if (remains.length > 0) throw new Error(`the cluster is down, but this is left: ${remains.join(', ')}`);
}

const isThere = (kind: 'namespace' | 'link', name: string): boolean =>
	existsSync(join(kind === 'link' ? '/sys/class/net' : '/run/netns', name));

/** Removes the rules as often as they are there: an interrupted start may have added them twice. */
async function removeForwarding(): Promise<void> {
	for (const direction of ['-i', '-o'] as const) {
		const rule = forwardRule(direction);
		const isSet = () =>
			run('iptables', ['--wait', '-C', ...rule])
				.then(() => true)
				.catch(() => false);
		while (await isSet()) await run('iptables', ['--wait', '-D', ...rule]);
	}
}

async function keepLogs(): Promise<void> {
	if (!existsSync(running.logs)) return;
	await rm(left.logs, { recursive: true, force: true });
	await mkdir(left.logs, { recursive: true });
	await cp(running.logs, left.logs, { recursive: true });
}

/** Names, mounts, groups and ports of the cluster's that this machine still has. */
async function leftovers(): Promise<string[]> {
	const mounts = await readFile('/proc/mounts', 'utf8');
	const mounted = mounts.split('\n').flatMap(line => (line.includes(running.directory) ? [`mount ${line.split(' ')[1]}`] : []));
	const namespaces = (await readdir('/run/netns').catch(() => [])).filter(name => name.startsWith('runevault-'));
	const links = (await readdir('/sys/class/net')).filter(name => name.startsWith('rv-') || name === 'rv0');
	return [
		...mounted,
		...(await existingCgroups()).map(path => `control group ${path}`),
		...namespaces.map(name => `network namespace ${name}`),
		...links.map(name => `network link ${name}`),
		...(await takenPorts()).map(port => `port ${port}`),
	];
}
