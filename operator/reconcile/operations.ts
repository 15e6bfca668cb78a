/**
 * The backups and restores of one vault, as part of its reconcile: one worker a key means that what is decided here about the vault is decided
 * by nobody else meanwhile. That is the lock: one operation at a time is begun, restores before backups, and a vault that is being restored is
 * left alone until it is done (`Observed.isRestoring`).
 */
import { conditionOf } from '../../crds/conditions.ts';
import {
	type BackupStatus,
	backupResource,
	type RestoreStatus,
	type RuneVaultBackup,
	type RuneVaultRestore,
	restoreResource,
	restoreSpecSchema,
} from '../../crds/operations.ts';
import { type RuneVault, runeVaultSpecSchema } from '../../crds/runevault.ts';
import { get } from '../../kube/objects.ts';
import { type Resource, resources, splitKey } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { jobNames } from '../desired/backup.ts';
import type { CheckedVault } from '../desired/inputs.ts';
import { ANNOTATIONS } from '../desired/names.ts';
import type { WriteProblem } from '../observe/findings.ts';
import type { Caches } from '../observe/gather.ts';
import { checkSpec } from '../observe/policies.ts';
import { type JobEnd, jobEnd } from '../observe/views.ts';
import type { Applier } from './apply.ts';
import { backupStep, isBackupDone, type OperationStep } from './backup-plan.ts';
import type { Note } from './notes.ts';
import type { OperationWriter } from './operation-writer.ts';
import type { Settings } from './plan.ts';
import { isRestoreDone, type RestoreSpec, restoreStep } from './restore-plan.ts';
import { keepSchedule } from './scheduled-backups.ts';

export type OperationEffects = {
	caches: Caches;
	transport: Transport;
	applier: Applier;
	operationWriter: OperationWriter;
	settings: Settings;
	tellOf: (object: RuneVaultBackup | RuneVaultRestore, note: Note) => void;
	now: () => number;
};

type Operated = RuneVaultBackup | RuneVaultRestore;
/** `vault` is undefined when it is not there; `checked` also when its spec is not valid. */
type Scene = { key: string; vault: RuneVault | undefined; checked: CheckedVault | undefined; now: number };

/** How long a backup waits for a rotation or a rollout to end. */
const PATIENCE_MS = 5 * 60_000;

const byAge = (a: Operated, b: Operated) =>
	Date.parse(a.metadata.creationTimestamp ?? '') - Date.parse(b.metadata.creationTimestamp ?? '') ||
	(a.metadata.name < b.metadata.name ? -1 : 1);

/** How often what an operation waits for is looked at. */
const WAITING_MS = 5_000;

/** @returns milliseconds until something is to be looked at again; undefined when there is nothing */
export async function runOperations(key: string, effects: OperationEffects): Promise<number | undefined> {
	const { caches, operationWriter } = effects;
	const scene = sceneOf(key, effects);
	if (scene.vault?.metadata.annotations?.[ANNOTATIONS.paused] === 'reconcile') return undefined;
	const living = <T extends Operated>(all: T[]) =>
		all
			.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
			.map(each => operationWriter.newest(each))
			.sort(byAge);
	const restores = living(caches.restores(key));
	const backups = living(caches.backups(key));
	let active = [...restores.filter(each => !isRestoreDone(each)), ...backups.filter(each => !isBackupDone(each))].find(
		({ status }) => status?.startedAt !== undefined,
	);
	const steps: OperationStep<BackupStatus | RestoreStatus>[] = [];
	for (const restore of restores) {
		const step = await stepOfRestore(restore, obstacleOf(restore, active), scene, effects);
		if (step === undefined) continue;
		steps.push(step);
		await carryOut(restoreResource, restore, step, effects);
		if (step.status.startedAt !== undefined && !isRestoreDone({ ...restore, status: step.status })) active ??= restore;
	}
	const restoring = restores.find(each => !isRestoreDone(each));
	for (const backup of backups) {
		const obstacle = obstacleOf(backup, restoring ?? active) ?? hindrance(backup, scene);
		const step = backupStep({
			...{ backup, vault: scene.checked, obstacle, now: scene.now, inputs: effects.settings },
			backupJob: jobOf(jobNames(backup.metadata.name).backup, backup, scene, effects),
			drillJob: jobOf(jobNames(backup.metadata.name).drill, backup, scene, effects),
		});
		steps.push(step);
		await carryOut(backupResource, backup, step, effects);
		if (step.status.startedAt !== undefined && !isBackupDone({ ...backup, status: step.status })) active ??= backup;
	}
	const dueAfterMs = await keepSchedule(scene, backups, effects.transport);
	// What they wait for may be something that no watch announces, such as a Secret, or time.
	return steps.some(isWaiting) ? Math.min(WAITING_MS, dueAfterMs ?? WAITING_MS) : dueAfterMs;
}

const isWaiting = ({ status }: OperationStep<BackupStatus | RestoreStatus>): boolean =>
	['Waiting', 'SecretNotFound'].includes(conditionOf(status, 'Complete')?.reason ?? '');

function sceneOf(key: string, { caches, now }: OperationEffects): Scene {
	const found = caches.vault(key);
	const vault = found?.metadata.deletionTimestamp === undefined ? found : undefined;
	const check = vault === undefined ? undefined : checkSpec(vault);
	const checked = vault !== undefined && check !== undefined && 'spec' in check ? { ...vault.metadata, spec: check.spec } : undefined;
	return { key, vault, checked, now: now() };
}

const obstacleOf = (self: Operated, active: Operated | undefined): string | undefined =>
	active === undefined || active.metadata.uid === self.metadata.uid ? undefined : `${active.kind} ${active.metadata.name} is under way.`;

/** What of the vault itself a backup waits for. */
function hindrance({ metadata }: RuneVaultBackup, { vault, now }: Scene): string | undefined {
	if (vault?.status?.keys === undefined) return 'The RuneVault has no key yet.';
	const progressing = conditionOf(vault.status, 'Progressing');
	const isMoving = progressing?.status === 'True' && ['RotatingTokens', 'RollingOut'].includes(progressing.reason);
	return isMoving && now - Date.parse(metadata.creationTimestamp ?? '') < PATIENCE_MS
		? 'It waits for a rotation or a rollout to end.'
		: undefined;
}

function jobOf(name: string, { metadata }: Operated, { key }: Scene, { caches }: OperationEffects): JobEnd | undefined {
	const job = caches.find({ kind: 'Job', namespace: metadata.namespace, name });
	const isOurs = job?.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) === true;
	return job === undefined || !isOurs || job.metadata.deletionTimestamp !== undefined
		? undefined
		: jobEnd(job, caches.labelled('Pod', key));
}

async function stepOfRestore(
	restore: RuneVaultRestore,
	obstacle: string | undefined,
	scene: Scene,
	effects: OperationEffects,
): Promise<OperationStep<RestoreStatus> | undefined> {
	const parsed = restoreSpecSchema.safeParse(restore.spec);
	// The API server admits no other; one that came in before a rule did is left alone.
	if (!parsed.success) return undefined;
	const spec: RestoreSpec = parsed.data;
	const { namespace, name } = restore.metadata;
	const isBegun = isRestoreDone(restore) || restore.status?.startedAt !== undefined;
	const place = { namespace, name: spec.identitySecretName };
	const hasIdentity = isBegun || (await get(effects.transport, resources.secrets, place, { metadataOnly: true })) !== undefined;
	return restoreStep({
		...{ restore, spec, obstacle, hasIdentity, now: scene.now, inputs: effects.settings },
		vault: scene.checked ?? gone(scene.key),
		fingerprint: scene.vault?.status?.keys?.fingerprint,
		backup: effects.caches.backups(scene.key).find(({ metadata }) => metadata.name === spec.backup),
		job: jobOf(jobNames(name).restore, restore, scene, effects),
	});
}

/** One with the defaults, for the Job that brings a vault back. */
function gone(key: string): CheckedVault {
	const { namespace = '', name } = splitKey(key);
	return { name, namespace, uid: '', spec: runeVaultSpecSchema.parse({ team: 'restored' }) };
}

async function carryOut<S extends BackupStatus | RestoreStatus>(
	resource: Resource,
	operation: Operated & { status?: S },
	step: OperationStep<S>,
	effects: OperationEffects,
): Promise<void> {
	const { applier, operationWriter, tellOf } = effects;
	let problem: WriteProblem | undefined;
	for (const object of step.objects) {
		const written = await applier.apply(operation.metadata, object);
		if (typeof written === 'object') problem ??= written;
	}
	const status = problem === undefined ? step.status : blocked(step.status, problem);
	if (await operationWriter.write(resource, operation, status)) {
		for (const note of notesOf(operation.status, status)) tellOf(operation, note);
	}
	if (step.again !== undefined) await removeOwned({ kind: 'Job', name: step.again }, operation, effects);
	const kept = new Set(step.objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
	for (const ref of leftovers(operation, step.status)) {
		if (!kept.has(`${ref.kind}/${ref.name}`)) await removeOwned(ref, operation, effects);
	}
}

/** An object of a name that is needed is somebody else's, or the API server refuses it: that is told in the place of what goes on. */
function blocked<S extends BackupStatus | RestoreStatus>(status: S, { kind, name, message }: WriteProblem): S {
	const conditions = status.conditions?.map(each =>
		each.type === 'Complete' && each.status === 'False' ? { ...each, message: `${kind} ${name}: ${message}` } : each,
	);
	return { ...status, conditions };
}

/** Rights as soon as their Job is done with, the throw-away identity when all is. */
function leftovers(operation: Operated, status: BackupStatus | RestoreStatus): { kind: string; name: string }[] {
	const names = jobNames(operation.metadata.name);
	const isRestore = operation.kind === restoreResource.kind;
	const account = isRestore ? names.restore : names.backup;
	const rights = ['ServiceAccount', 'Role', 'RoleBinding'].map(kind => ({ kind, name: account }));
	const isDone = !isRestore && isBackupDone({ ...operation, status } as RuneVaultBackup);
	return isDone ? [...rights, { kind: 'Secret', name: names.drillSecret }] : rights;
}

async function removeOwned(
	ref: { kind: string; name: string },
	{ metadata }: Operated,
	{ caches, applier }: OperationEffects,
): Promise<void> {
	const place = { ...ref, namespace: metadata.namespace };
	const found = caches.find(place);
	const isOurs = found?.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) === true;
	if (found !== undefined && isOurs && found.metadata.deletionTimestamp === undefined) await applier.remove(place, found.metadata.uid);
}

/** What came out, once each. */
function notesOf(before: Operated['status'], after: Operated['status']): Note[] {
	return (after?.conditions ?? []).flatMap(({ type, status, reason, message }): Note[] => {
		const was = conditionOf(before, type);
		if (was?.status === status && was.reason === reason) return [];
		if (reason === 'Failed') return [{ type: 'Warning', reason: `${type}Failed`, action: 'Operate', message }];
		return status === 'True' ? [{ type: 'Normal', reason, action: 'Operate', message }] : [];
	});
}
