/** Many scheduled backups while something is killed at random: what is listed as good at the end must open, and nothing half-written may be listed. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Archives } from './archives.ts';
import { applyManifest, manifest, OPERATOR_NAMESPACE, type Target, type VaultName, waitFor } from './installation.ts';
import type { Kubectl } from './kubectl.ts';
import { run, until } from './run.ts';

const backupSchema = z.object({
	metadata: z.object({ name: z.string() }),
	spec: z.object({ vault: z.string() }),
	status: z
		.object({
			archive: z.string().optional(),
			conditions: z.array(z.object({ type: z.string(), status: z.string(), reason: z.string(), message: z.string() })).default([]),
		})
		.default({ conditions: [] }),
});
type Backup = z.infer<typeof backupSchema>;

/** Cron knows nothing shorter, so many backups are those of many vaults. */
const EVERY_MINUTE = '* * * * *';
const MAX_VAULTS = 10;
/** In the mean, while a backup is under way: about as often as there are backups. */
const KILL_EVERY_MS = 3_000;
/** Between two looks for backups that have begun. */
const IDLE_MS = 500;
/** The last ones begin when there are as many as are wanted, one after the other. */
const END_MS = 6 * 60_000;

/** What is killed; a Job's pod twice as often. */
const VICTIMS = ['the pod of a Job', 'the pod of a Job', 'the operator', 'a Vault pod'] as const;
type Victim = (typeof VICTIMS)[number];

/** An archive, by the RuneVault it is of. */
export type Listed = { vault: string; archive: string };

export type Killed = {
	/** How many backups the schedules made. */
	made: number;
	/** How often each was killed. */
	kills: Record<string, number>;
	/** Archives that a RuneVaultBackup says are there, or that lie at the destination under their name. */
	listed: Listed[];
	/** Backups that were given up, with what they say. */
	failed: string[];
};

const conditionOf = ({ status }: Backup, type: string) => status.conditions.find(each => each.type === type);
const isArchived = (backup: Backup): boolean => conditionOf(backup, 'Complete')?.status === 'True';
const isProved = (backup: Backup): boolean => conditionOf(backup, 'Verified')?.status === 'True';
const hasFailed = ({ status }: Backup): boolean => status.conditions.some(({ reason }) => reason === 'Failed');
const isDone = (backup: Backup): boolean => hasFailed(backup) || (isArchived(backup) && isProved(backup));

/**
 * Makes RuneVaults that are backed up every minute until there are `count` backups, with kills meanwhile, and waits for the last of them.
 * @param tell is told how far it is
 */
export async function backUpUnderKills(
	{ target, namespace, archives }: { target: Target; namespace: string; archives: Archives },
	count: number,
	tell: (line: string) => void,
): Promise<Killed> {
	const vaults = Array.from({ length: Math.min(MAX_VAULTS, Math.ceil(count / 2)) }, (_, index) => ({ namespace, name: `kills-${index}` }));
	const schedule = (name: VaultName, backup: object) => applyManifest(target.kubectl, manifest(name, { replicas: 1, backup }));
	await Promise.all(vaults.map(vault => schedule(vault, archives.spec)));
	for (const vault of vaults) await waitFor(target.kubectl, vault, 'Ready');
	await Promise.all(vaults.map(vault => schedule(vault, { ...archives.spec, schedule: EVERY_MINUTE, retain: count })));

	const kills: Record<string, number> = {};
	const started = performance.now();
	const report = (backups: Backup[]) => {
		const [done, failed] = [isDone, hasFailed].map(which => backups.filter(which).length);
		const seconds = ((performance.now() - started) / 1000).toFixed(0);
		tell(`${seconds} s: ${backups.length} of ${count} backups, ${done} over, ${failed} of them given up; killed: ${JSON.stringify(kills)}`);
	};
	let backups = await read(target.kubectl, namespace);
	while (backups.length < count) {
		await sleep(backups.every(isDone) ? IDLE_MS : Math.random() * 2 * KILL_EVERY_MS);
		backups = await read(target.kubectl, namespace);
		if (backups.every(isDone)) continue;
		const victim = VICTIMS[Math.floor(Math.random() * VICTIMS.length)] ?? VICTIMS[0];
		if (await kill(target.kubectl, namespace, victim)) kills[victim] = (kills[victim] ?? 0) + 1;
		report(backups);
	}
	await Promise.all(vaults.map(vault => schedule(vault, { ...archives.spec, retain: count })));
	backups = await until(
		'the end of the last backups',
		async () => {
			const all = await read(target.kubectl, namespace);
			const open = all.filter(backup => !isDone(backup));
			if (open.length === 0) return all;
			throw new Error(open.map(({ metadata, status }) => `${metadata.name}: ${JSON.stringify(status.conditions)}`).join('\n'));
		},
		END_MS,
		1_000,
	);
	report(backups);
	const failed = backups.flatMap(({ status }) =>
		status.conditions.filter(({ reason }) => reason === 'Failed').map(({ message }) => message),
	);
	return { made: backups.length, kills, listed: await allListed(vaults, archives, backups), failed };
}

/** What the resources tell of, and what lies at the destination, each once. */
async function allListed(vaults: VaultName[], archives: Archives, backups: Backup[]): Promise<Listed[]> {
	const perVault = vaults.map(async ({ namespace, name: vault }) => {
		const lying = await readdir(join(archives.folder, namespace, vault));
		const told = backups.filter(backup => backup.spec.vault === vault && isArchived(backup)).flatMap(({ status }) => status.archive ?? []);
		const names = new Set([...told, ...lying.filter(name => !name.startsWith('.'))]);
		return [...names].sort().map(archive => ({ vault, archive }));
	});
	return (await Promise.all(perVault)).flat();
}

/** The backups that schedules have made. */
async function read(kubectl: Kubectl, namespace: string): Promise<Backup[]> {
	const text = await kubectl(['get', 'runevaultbackups', '-n', namespace, '-l', 'runevault.io/scheduled', '-o', 'json']);
	return z.object({ items: z.array(backupSchema) }).parse(JSON.parse(text)).items;
}

/** @returns whether there was one to kill at that moment */
async function kill(kubectl: Kubectl, namespace: string, victim: Victim): Promise<boolean> {
	const where = {
		'the operator': ['-n', OPERATOR_NAMESPACE, '-l', 'app.kubernetes.io/name=runevault'],
		'a Vault pod': ['-n', namespace, '-l', 'app.kubernetes.io/component=vault'],
		'the pod of a Job': ['-n', namespace, '-l', 'job-name', '--field-selector=status.phase!=Succeeded,status.phase!=Failed'],
	}[victim];
	const pods = (await kubectl(['get', 'pods', ...where, '-o', 'name'])).trim().split('\n').filter(Boolean);
	const chosen = pods[Math.floor(Math.random() * pods.length)];
	if (chosen === undefined) return false;
	const doomed = victim === 'the operator' ? pods : [chosen];
	const [, space = namespace] = where;
	await kubectl(['delete', ...doomed, '-n', space, '--grace-period=0', '--force', '--ignore-not-found', '--wait=false']);
	return true;
}

/** Opens an archive with the team's identity, loads its key and decrypts its canary, as anybody may offline. @returns the fingerprint */
export async function drillOffline(file: string, identityFile: string): Promise<string> {
	const said = await run(process.execPath, ['vault/main.ts', 'drill', '--file', file, '--identity', identityFile]);
	return z.object({ fingerprint: z.string() }).parse(JSON.parse(said)).fingerprint;
}
