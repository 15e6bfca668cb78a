/** Many backups while something is killed at random: what is listed as good at the end must open, and nothing half-written may be listed. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Archives } from './archives.ts';
import { applyManifest, OPERATOR_NAMESPACE, type Target, type VaultName } from './installation.ts';
import { run, until } from './run.ts';

const backupSchema = z.object({
	metadata: z.object({ name: z.string() }),
	status: z
		.object({
			archive: z.string().optional(),
			conditions: z.array(z.object({ type: z.string(), status: z.string(), reason: z.string(), message: z.string() })).default([]),
		})
		.default({ conditions: [] }),
});
type Backup = z.infer<typeof backupSchema>;

/** What is killed. */
const VICTIMS = ['the pod of the Job', 'the pod of the Job', 'the operator', 'a Vault pod'] as const;

export type Killed = {
	/** How often each was killed. */
	kills: Record<string, number>;
	/** Names of archives that a RuneVaultBackup says are there, or that lie at the destination under their name. */
	listed: string[];
	/** Backups that were given up, with what they say. */
	failed: string[];
};

const conditionOf = ({ status }: Backup, type: string) => status.conditions.find(each => each.type === type);
const isDone = (backup: Backup): boolean => {
	const [complete, verified] = [conditionOf(backup, 'Complete'), conditionOf(backup, 'Verified')];
	return complete?.reason === 'Failed' || verified?.reason === 'Failed' || (complete?.status === 'True' && verified?.status === 'True');
};

/**
 * Makes `count` backups one after the other, each with one kill at a random moment.
 * @param random 0 to 1
 */
export async function backUpUnderKills(
	{ target, vault, archives }: { target: Target; vault: VaultName; archives: Archives },
	count: number,
	random: () => number = Math.random,
): Promise<Killed> {
	const kills: Record<string, number> = {};
	for (let index = 0; index < count; index += 1) {
		const name = `kills-${index}`;
		const metadata = { namespace: vault.namespace, name };
		await applyManifest(target.kubectl, {
			apiVersion: 'runevault.io/v1alpha1',
			kind: 'RuneVaultBackup',
			metadata,
			spec: { vault: vault.name },
		});
		const victim = VICTIMS[Math.floor(random() * VICTIMS.length)] ?? VICTIMS[0];
		await new Promise(resolve => setTimeout(resolve, random() * 6_000));
		kills[victim] = (kills[victim] ?? 0) + (await kill(target, vault, name, victim));
		await until(
			`the end of ${name}`,
			async () => {
				const backup = (await read(target, vault)).find(each => each.metadata.name === name);
				if (backup !== undefined && isDone(backup)) return true;
				throw new Error(JSON.stringify(backup?.status.conditions));
			},
			120_000,
			250,
		);
	}
	const backups = await read(target, vault);
	const lying = await readdir(join(archives.folder, vault.namespace, vault.name));
	const told = backups.filter(backup => conditionOf(backup, 'Complete')?.status === 'True').flatMap(({ status }) => status.archive ?? []);
	const failed = backups.flatMap(backup =>
		backup.status.conditions.filter(({ reason }) => reason === 'Failed').map(({ message }) => message),
	);
	return { kills, listed: [...new Set([...told, ...lying.filter(name => !name.startsWith('.'))])].sort(), failed };
}

async function read({ kubectl }: Target, { namespace }: VaultName): Promise<Backup[]> {
	const text = await kubectl(['get', 'runevaultbackups', '-n', namespace, '-o', 'json']);
	return z.object({ items: z.array(backupSchema) }).parse(JSON.parse(text)).items;
}

/** @returns 1, or 0 when there was nothing to kill at that moment */
async function kill({ kubectl }: Target, vault: VaultName, backup: string, victim: (typeof VICTIMS)[number]): Promise<number> {
	const [namespace, selector] =
		victim === 'the operator'
			? [OPERATOR_NAMESPACE, 'app.kubernetes.io/name=runevault']
			: [
					vault.namespace,
					victim === 'a Vault pod' ? 'app.kubernetes.io/component=vault' : `job-name in (${backup}-backup,${backup}-drill)`,
				];
	const pods = (await kubectl(['get', 'pods', '-n', namespace, '-l', selector, '-o', 'name'])).trim().split('\n').filter(Boolean);
	if (pods[0] === undefined) return 0;
	const doomed = victim === 'the operator' ? pods : [pods[0]];
	await kubectl(['delete', ...doomed, '-n', namespace, '--grace-period=0', '--force', '--ignore-not-found', '--wait=false']);
	return 1;
}

/** Opens an archive with the team's identity, loads its key and decrypts its canary, as anybody may offline. @returns the fingerprint */
export async function drillOffline(file: string, identityFile: string): Promise<string> {
	const said = await run(process.execPath, ['vault/main.ts', 'drill', '--file', file, '--identity', identityFile]);
	return z.object({ fingerprint: z.string() }).parse(JSON.parse(said)).fingerprint;
}
