/** `backup create`, `backup list` and `restore`: asks for something that is done once, and waits until it is done. */
import { conditionOf } from '../../crds/conditions.ts';
import { backupResource, type RuneVaultBackup, type RuneVaultRestore, restoreResource } from '../../crds/operations.ts';
import { create, get, list } from '../../kube/objects.ts';
import { apiVersionOf, type KubeObject, type Resource } from '../../kube/resources.ts';
import { CommandError } from './refusals.ts';
import { FIELD_MANAGER, type Session } from './session.ts';
import { age, oneLine, table } from './text.ts';
import { readVault } from './vaults.ts';
import { type Look, waitFor } from './wait.ts';

const LOOK_EVERY_MS = 1000;

type Operated = RuneVaultBackup | RuneVaultRestore;

/** @param waitMs how long to wait until it is done; undefined: not at all. */
export type Asked = { name: string; waitMs: number | undefined };

/** @throws CommandError when the vault is not there, says nothing of backups, or the backup failed. */
export async function createBackup(session: Session, { name, waitMs }: Asked): Promise<void> {
	const vault = await readVault(session, name);
	if (Object(vault.spec).backup === undefined) throw new CommandError(`${name} has no spec.backup, which says where backups go`);
	const made = await ask(session, backupResource, name, { vault: name });
	session.print(`RuneVaultBackup ${made} of ${name} is asked for`);
	if (waitMs === undefined) return;
	const { status } = await untilDone<RuneVaultBackup>(session, backupResource, made, waitMs, ['Complete', 'Verified']);
	const proved =
		conditionOf(status, 'Verified')?.status === 'True' ? 'proved: a Job decrypted with it' : 'not proved, as spec.backup.verify says';
	session.print(oneLine(`${status?.archive}, ${status?.bytes} bytes, is there, and ${proved}`));
}

/** @param name of one vault; of all in the namespace when undefined. */
export async function listBackups(session: Session, name: string | undefined): Promise<void> {
	const { namespace, transport, clock, print } = session;
	const all = (await list(transport, backupResource, { namespace })).items as unknown as RuneVaultBackup[];
	const backups = all.filter(({ spec }) => name === undefined || Object(spec).vault === name).sort(byAge);
	if (backups.length === 0) return print(`there is no RuneVaultBackup ${name === undefined ? '' : `of ${name} `}in namespace ${namespace}`);
	const rows = backups.map(({ metadata, spec, status }) => [
		metadata.name,
		String(Object(spec).vault),
		conditionOf(status, 'Complete')?.reason ?? '',
		conditionOf(status, 'Verified')?.reason ?? '',
		status?.bytes === undefined ? '' : String(status.bytes),
		age(metadata.creationTimestamp, clock.wall()),
		status?.archive ?? '',
	]);
	for (const line of table(['NAME', 'VAULT', 'COMPLETE', 'VERIFIED', 'BYTES', 'AGE', 'ARCHIVE'], rows)) print(line);
}

/** @throws CommandError when there is no such backup, or the restore failed. */
export async function restore(
	session: Session,
	{ name, waitMs, backup, identity }: Asked & { backup: string; identity: string },
): Promise<void> {
	if ((await get(session.transport, backupResource, { namespace: session.namespace, name: backup })) === undefined) {
		throw new CommandError(`there is no RuneVaultBackup ${backup} in namespace ${session.namespace}`);
	}
	const made = await ask(session, restoreResource, name, { vault: name, backup, identitySecretName: identity });
	session.print(`RuneVaultRestore ${made} of ${name} from ${backup} is asked for`);
	if (waitMs === undefined) return;
	const { status } = await untilDone<RuneVaultRestore>(session, restoreResource, made, waitMs, ['Complete']);
	session.print(oneLine(`${name} is restored, with key ${status?.fingerprint}; delete Secret ${identity} now`));
}

const byAge = (a: Operated, b: Operated) =>
	Date.parse(a.metadata.creationTimestamp ?? '') - Date.parse(b.metadata.creationTimestamp ?? '') ||
	a.metadata.name.localeCompare(b.metadata.name, 'en');

/** Creates it under a name of the vault and the time. @returns the name */
async function ask({ transport, namespace, clock }: Session, resource: Resource, vault: string, spec: object): Promise<string> {
	const stamp = clock.wall().toISOString().slice(0, 19).replace(/[-T:]/g, '');
	const name = `${vault}-${stamp}`;
	const object: KubeObject = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: { name, namespace }, spec };
	await create(transport, resource, object, { fieldManager: FIELD_MANAGER });
	return name;
}

/** Waits until all these conditions have come to an end. @throws CommandError when one of them failed, or time is over. */
async function untilDone<T extends Operated>(
	session: Session,
	resource: Resource,
	name: string,
	waitMs: number,
	types: readonly string[],
): Promise<T> {
	return waitFor(session, {
		look: () => look<T>(session, resource, name, types),
		waitMs,
		everyMs: LOOK_EVERY_MS,
		late: last => `${resource.kind} ${name}: not done in time, and goes on; last: ${last}`,
	});
}

async function look<T extends Operated>(
	{ transport, namespace }: Session,
	resource: Resource,
	name: string,
	types: readonly string[],
): Promise<Look<T>> {
	const found = await get(transport, resource, { namespace, name });
	if (found === undefined) throw new CommandError(`${resource.kind} ${name} was taken away meanwhile`);
	const operation = found as unknown as T;
	for (const type of types) {
		const condition = conditionOf(operation.status, type);
		if (condition === undefined) return { pending: 'waiting for the operator to see it' };
		if (condition.reason === 'Failed') throw new CommandError(condition.message);
		if (condition.status !== 'True' && condition.reason !== 'Disabled')
			return { pending: oneLine(`${condition.reason}: ${condition.message}`) };
	}
	return { done: operation };
}
