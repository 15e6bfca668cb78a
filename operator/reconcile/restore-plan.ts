/** One step of a RuneVaultRestore: from what is seen of it to its status and the objects that are to be there. Pure, as a backup's is. */
import type { BackupDestination } from '../../crds/backup.ts';
import { conditionOf, dated } from '../../crds/conditions.ts';
import type { OperationFindings, RESTORE_REASONS, RestoreStatus, RuneVaultBackup, RuneVaultRestore } from '../../crds/operations.ts';
import { restoreJob } from '../desired/backup.ts';
import type { CheckedVault } from '../desired/inputs.ts';
import { buildOperation, type OperationInputs } from '../desired/operation.ts';
import { instant } from '../observe/instant.ts';
import type { JobEnd } from '../observe/views.ts';
import { type OperationStep, reasonOf } from './backup-plan.ts';

export type RestoreSpec = {
	vault: string;
	backup?: string | undefined;
	source?: { archive: string; namespace?: string | undefined; destination: BackupDestination } | undefined;
	identitySecretName: string;
};

export type RestoreFacts = {
	restore: RuneVaultRestore;
	spec: RestoreSpec;
	/** The vault, or one with the defaults in the place of a vault that is gone. */
	vault: CheckedVault;
	/** The fingerprint that is recorded of a vault that is there. */
	fingerprint: string | undefined;
	/** That the spec names. */
	backup: RuneVaultBackup | undefined;
	hasIdentity: boolean;
	/** What it waits for, as a sentence. */
	obstacle: string | undefined;
	job: JobEnd | undefined;
	now: number;
	inputs: OperationInputs;
};

type Finding = OperationFindings<typeof RESTORE_REASONS>['Complete'];
type Archive = {
	archive: string;
	destination: BackupDestination;
	namespace: string;
	written: { bytes: number; sha256: string } | undefined;
};

/** Whether nothing of it is to be done any more. */
export function isRestoreDone({ status }: RuneVaultRestore): boolean {
	const complete = conditionOf(status, 'Complete');
	return complete?.status === 'True' || complete?.reason === 'Failed';
}

export function restoreStep(facts: RestoreFacts): OperationStep<RestoreStatus> {
	const { restore, spec, vault, hasIdentity, obstacle, job, now, fingerprint } = facts;
	const { status = {} } = restore;
	if (isRestoreDone(restore)) return { status, objects: [] };
	const stay = (reason: Finding['reason'], message: string, more: RestoreStatus = {}) =>
		told(facts, { ...status, ...more }, { status: 'False', reason, message });
	const archive = archiveOf(facts);
	if (archive === undefined) {
		return { status: stay('BackupNotFound', `There is no RuneVaultBackup ${spec.backup} with an archive.`), objects: [] };
	}
	if (status.startedAt === undefined && !hasIdentity) {
		return { status: stay('SecretNotFound', `spec.identitySecretName: there is no Secret ${spec.identitySecretName}.`), objects: [] };
	}
	if (status.startedAt === undefined && obstacle !== undefined) return { status: stay('Waiting', obstacle), objects: [] };
	const begun = { startedAt: status.startedAt ?? instant(now) };
	if (job?.state === 'failed') {
		const message = `The restore failed: ${reasonOf(job)}. Make another one when that is mended.`;
		return { status: stay('Failed', message, { ...begun, completedAt: instant(now) }), objects: [] };
	}
	if (job?.state === 'complete') {
		const done = job.outcome !== undefined && 'done' in job.outcome ? job.outcome.done : undefined;
		if (done === undefined) return { status: stay('Running', RUNNING, begun), objects: [], again: job.name };
		const restored = { ...status, ...begun, fingerprint: done.fingerprint, completedAt: instant(now) };
		return {
			status: told(facts, restored, { status: 'True', reason: 'Restored', message: `What ${archive.archive} holds is there.` }),
			objects: [],
		};
	}
	const trouble = job?.outcome !== undefined && 'fault' in job.outcome ? ` It is tried again: ${reasonOf(job)}.` : '';
	const { name, uid } = restore.metadata;
	const { identitySecretName } = spec;
	const plan = restoreJob({ operation: name, vault, ...archive, identitySecretName, fingerprint });
	const objects = buildOperation({ kind: 'RuneVaultRestore', name, uid, vault }, facts.inputs, plan);
	return { status: stay('Running', `${RUNNING}${trouble}`, begun), objects };
}

const RUNNING = 'A Job brings back what the archive holds.';

function archiveOf({ spec: { source }, backup, restore }: RestoreFacts): Archive | undefined {
	const { namespace } = restore.metadata;
	if (source !== undefined) {
		return { archive: source.archive, destination: source.destination, namespace: source.namespace ?? namespace, written: undefined };
	}
	const { archive, destination, bytes, sha256 } = backup?.status ?? {};
	if (archive === undefined || destination === undefined || conditionOf(backup?.status, 'Complete')?.status !== 'True') return undefined;
	return { archive, destination, namespace, written: bytes === undefined || sha256 === undefined ? undefined : { bytes, sha256 } };
}

function told({ restore, now }: RestoreFacts, status: RestoreStatus, Complete: Finding): RestoreStatus {
	const when = { generation: restore.metadata.generation ?? 1, now: instant(now) };
	return { ...status, conditions: dated<'Complete', Finding>(['Complete'], { Complete }, restore.status?.conditions ?? [], when) };
}
