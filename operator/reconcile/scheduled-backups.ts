/** The backups of a schedule: made when they are due, and taken away with their archives. */
import { backupResource, type RuneVaultBackup } from '../../crds/operations.ts';
import type { RuneVault } from '../../crds/runevault.ts';
import { isAlreadyExists } from '../../kube/errors.ts';
import { create, remove } from '../../kube/objects.ts';
import type { KubeObject } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import type { CheckedVault } from '../desired/inputs.ts';
import { FIELD_MANAGER, SCHEDULED_LABEL } from '../desired/names.ts';
import { isBackupDone } from './backup-plan.ts';
import { dueTimes, isScheduled, scheduledAt, scheduledName } from './schedule.ts';

type Scene = { vault: RuneVault | undefined; checked: CheckedVault | undefined; now: number };

/** Above the time itself, so that it is past when the time has come. */
const MARGIN_MS = 1_000;

/**
 * A time that passed while nobody looked, such as the last one of a schedule that is new, counts once.
 * @returns milliseconds until the next one is due; undefined without a schedule, and before there is a key
 */
export async function keepSchedule(
	{ vault, checked, now }: Scene,
	backups: readonly RuneVaultBackup[],
	transport: Transport,
): Promise<number | undefined> {
	const { schedule, retain } = checked?.spec.backup ?? {};
	if (vault === undefined || schedule === undefined || retain === undefined || vault.status?.keys === undefined) return undefined;
	const { last, next } = dueTimes(schedule, now);
	const known = Math.max(Date.parse(vault.status.backup?.scheduledAt ?? '') || 0, ...backups.map(scheduledAt));
	if (last !== undefined && last > known) await makeBackup(vault, last, transport);
	const finished = backups.filter(backup => isScheduled(backup) && isBackupDone(backup));
	for (const { metadata } of finished.slice(0, Math.max(0, finished.length - retain))) {
		await remove(transport, backupResource, metadata, { uid: metadata.uid });
	}
	return next === undefined ? undefined : next - now + MARGIN_MS;
}

async function makeBackup({ apiVersion, metadata: { name, namespace } }: RuneVault, at: number, transport: Transport): Promise<void> {
	const metadata = { name: scheduledName(name, at), namespace, labels: { [SCHEDULED_LABEL]: String(at) } };
	const backup: KubeObject = { apiVersion, kind: backupResource.kind, metadata, spec: { vault: name } };
	try {
		await create(transport, backupResource, backup, { fieldManager: FIELD_MANAGER });
	} catch (error) {
		if (!isAlreadyExists(error)) throw error;
	}
}
