/**
 * One step of a RuneVaultBackup: from what is seen of it to its status and the objects that are to be there. Pure, and told from the status and
 * the Jobs alone, so that an operator started anew goes on where the last one was.
 *
 *     waiting → archiving (Job <name>-backup) → proving (Job <name>-drill) → done
 *
 * What the RuneVault said when it began is what holds: where the archive goes is kept in the status.
 */
import { BACKUP_FAULTS } from '../../crds/backup-outcomes.ts';
import { conditionOf, dated } from '../../crds/conditions.ts';
import { BACKUP_REASONS, type BackupStatus, type OperationFindings, type RuneVaultBackup } from '../../crds/operations.ts';
import type { KubeObject } from '../../kube/resources.ts';
import { type BackupPlan, backupJob, drillJob } from '../desired/backup.ts';
import type { CheckedVault } from '../desired/inputs.ts';
import { buildOperation, type Operation, type OperationInputs } from '../desired/operation.ts';
import { instant } from '../observe/instant.ts';
import type { JobEnd } from '../observe/views.ts';

export type BackupFacts = {
	backup: RuneVaultBackup;
	/** Undefined when it is not there, or its spec is not valid. */
	vault: CheckedVault | undefined;
	/** What it waits for, as a sentence. */
	obstacle: string | undefined;
	backupJob: JobEnd | undefined;
	drillJob: JobEnd | undefined;
	/** Milliseconds since 1970. */
	now: number;
	inputs: OperationInputs;
};

export type OperationStep<Status> = {
	status: Status;
	/** That are to be there; others of the operation are to go. */
	objects: KubeObject[];
	/** A Job that has ended without a word, and is to be run again. */
	again?: string;
};

type Findings = OperationFindings<typeof BACKUP_REASONS>;
type Step = OperationStep<BackupStatus>;

/** Whether nothing of it is to be done any more. */
export function isBackupDone({ status }: RuneVaultBackup): boolean {
	const complete = conditionOf(status, 'Complete');
	if (complete?.status !== 'True') return complete?.reason === 'Failed';
	const verified = conditionOf(status, 'Verified');
	return verified?.status === 'True' || verified?.reason === 'Failed' || verified?.reason === 'Disabled';
}

/** The seed's name of an archive, with what tells two of one day apart. */
export function archiveNameOf({ metadata: { creationTimestamp = '', uid } }: RuneVaultBackup): string {
	return `vault_keys_backup_${creationTimestamp.replaceAll(':', '')}-${uid.slice(0, 8)}.age`;
}

export function backupStep(facts: BackupFacts): Step {
	const { backup, vault, obstacle } = facts;
	const { status = {} } = backup;
	if (isBackupDone(backup)) return { status, objects: [] };
	if (vault === undefined) return waiting(facts, 'VaultNotFound', 'There is no RuneVault of that name with a valid spec.');
	if (vault.spec.backup === undefined) return waiting(facts, 'NoBackupSpec', 'The RuneVault has no spec.backup, which says where to.');
	if (status.startedAt === undefined && obstacle !== undefined) return waiting(facts, 'Waiting', obstacle);
	const { destination = vault.spec.backup.destination, startedAt = instant(facts.now), archive = archiveNameOf(backup) } = status;
	const begun = { ...status, archive, destination, startedAt };
	const { recipients, retain, verify } = vault.spec.backup;
	// A backup that was begun without a second recipient cannot be proved, whatever the RuneVault says now.
	const isVerified = verify === 'Enabled' && conditionOf(status, 'Verified')?.reason !== 'Disabled';
	const plan = { operation: backup.metadata.name, vault, archive, destination, recipients, retain, isVerified };
	return status.completedAt === undefined ? archiving(facts, begun, plan) : proving(facts, begun, plan);
}

function archiving(facts: BackupFacts, begun: BackupStatus, plan: BackupPlan): Step {
	const job = facts.backupJob;
	if (job?.state === 'failed') {
		const Complete = { status: 'False', reason: 'Failed', message: `The backup failed: ${reasonOf(job)}.` } as const;
		const Verified = { status: 'False', reason: 'Failed', message: 'There is no archive to prove.' } as const;
		return { status: told(facts, { ...begun, completedAt: instant(facts.now) }, { Complete, Verified }), objects: [] };
	}
	if (job?.state === 'complete') {
		const done = job.outcome !== undefined && 'done' in job.outcome ? job.outcome.done : undefined;
		if (done?.bytes === undefined || done.sha256 === undefined) return { ...running(facts, begun, plan), again: job.name };
		const { bytes, sha256, fingerprint } = done;
		const made = { ...begun, bytes, sha256, fingerprint, completedAt: instant(facts.now) };
		return proving({ ...facts, drillJob: undefined }, made, plan);
	}
	const objects = buildOperation(operationOf(facts, plan.vault), facts.inputs, backupJob(plan));
	return { ...running(facts, begun, plan), objects };
}

const COMPLETE = (archive: string) => ({ status: 'True', reason: 'Archived', message: `${archive} is there.` }) as const;

function proving(facts: BackupFacts, made: BackupStatus, plan: BackupPlan): Step {
	const { bytes = 0, sha256 = '', fingerprint } = made;
	const Complete = COMPLETE(plan.archive);
	const tell = (Verified: Findings['Verified'], more: BackupStatus = {}) => told(facts, { ...made, ...more }, { Complete, Verified });
	// As it was begun: a backup without a second recipient cannot be proved, whatever the RuneVault says now.
	const wasVerified = conditionOf(facts.backup.status, 'Verified')?.reason !== 'Disabled' && plan.isVerified;
	if (!wasVerified)
		return { status: tell({ status: 'Unknown', reason: 'Disabled', message: 'spec.backup.verify is Disabled.' }), objects: [] };
	const job = facts.drillJob;
	if (job?.state === 'failed') {
		return { status: tell({ status: 'False', reason: 'Failed', message: `The drill failed: ${reasonOf(job)}.` }), objects: [] };
	}
	if (job?.state === 'complete') {
		const done = job.outcome !== undefined && 'done' in job.outcome ? job.outcome.done : undefined;
		if (done === undefined) return { status: tell(PROVING), objects: [], again: job.name };
		if (done.fingerprint !== fingerprint) {
			return { status: tell({ status: 'False', reason: 'Failed', message: 'The drill found another key than the backup.' }), objects: [] };
		}
		const message = 'A Job opened the archive and decrypted a canary of the vault with the key in it.';
		return { status: tell({ status: 'True', reason: 'Proved', message }, { verifiedAt: instant(facts.now) }), objects: [] };
	}
	return {
		status: tell(PROVING),
		objects: buildOperation(operationOf(facts, plan.vault), facts.inputs, drillJob(plan, { bytes, sha256 })),
	};
}

const PROVING = { status: 'Unknown', reason: 'Running', message: 'A Job opens the archive and decrypts with it.' } as const;
const UNPROVED = { status: 'Unknown', reason: 'Disabled', message: 'spec.backup.verify is Disabled.' } as const;
const NOT_YET = { status: 'Unknown', reason: 'Waiting', message: 'There is no archive yet.' } as const;

function running(facts: BackupFacts, begun: BackupStatus, { isVerified }: BackupPlan): Step {
	const { backupJob: job } = facts;
	const trouble = job?.outcome !== undefined && 'fault' in job.outcome ? ` It is tried again: ${reasonOf(job)}.` : '';
	const Complete = { status: 'False', reason: 'Running', message: `A Job makes the archive.${trouble}` } as const;
	return { status: told(facts, begun, { Complete, Verified: isVerified ? NOT_YET : UNPROVED }), objects: [] };
}

function waiting(facts: BackupFacts, reason: 'Waiting' | 'VaultNotFound' | 'NoBackupSpec', message: string): Step {
	const { status = {} } = facts.backup;
	return { status: told(facts, status, { Complete: { status: 'False', reason, message }, Verified: NOT_YET }), objects: [] };
}

/** A sentence for a word that is known. */
export const reasonOf = ({ outcome }: JobEnd): string =>
	outcome !== undefined && 'fault' in outcome ? BACKUP_FAULTS[outcome.fault] : 'its pod did not run, or its log says why';

const operationOf = ({ backup: { metadata } }: BackupFacts, vault: CheckedVault): Operation => ({
	...{ kind: 'RuneVaultBackup', name: metadata.name, uid: metadata.uid, vault },
});

function told({ backup, now }: BackupFacts, status: BackupStatus, findings: Findings): BackupStatus {
	const types = Object.keys(BACKUP_REASONS) as (keyof typeof BACKUP_REASONS)[];
	const when = { generation: backup.metadata.generation ?? 1, now: instant(now) };
	return { ...status, conditions: dated(types, findings, backup.status?.conditions ?? [], when) };
}
