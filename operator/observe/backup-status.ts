/** What the status of a RuneVault tells of its backups: when there was one, when one was proved, when the next is due, and whether that will do. */
import type { BackupSpec } from '../../crds/backup.ts';
import type { Finding } from '../../crds/conditions.ts';
import type { RuneVaultBackup } from '../../crds/operations.ts';
import type { RuneVaultSpec } from '../../crds/runevault.ts';
import type { RuneVaultStatus } from '../../crds/status.ts';
import { dueTimes, scheduledAt } from '../reconcile/schedule.ts';
import { instant } from './instant.ts';
import type { Observed } from './observed.ts';

type Told = NonNullable<RuneVaultStatus['backup']>;
type Facts = Pick<Observed, 'backups' | 'vault' | 'check'> & { now: number };

const isComplete = ({ status }: RuneVaultBackup) =>
	status?.conditions?.some(({ type, status: holds }) => type === 'Complete' && holds === 'True') === true;

const latest = (...times: (string | undefined)[]): string | undefined =>
	times
		.filter(time => time !== undefined)
		.sort((a, b) => Date.parse(a) - Date.parse(b))
		.at(-1);

/** What was once told stays when its RuneVaultBackup goes. */
export function backupStatus({ backups, now }: Facts, spec: RuneVaultSpec | undefined, previous: Told | undefined): Told | undefined {
	if (spec === undefined) return previous;
	if (spec.backup === undefined) return undefined;
	const made = backups.filter(isComplete);
	const lastSuccessAt = latest(previous?.lastSuccessAt, ...made.map(({ status }) => status?.completedAt));
	const lastVerifiedAt = latest(previous?.lastVerifiedAt, ...made.map(({ status }) => status?.verifiedAt));
	const last = made.find(({ status }) => status?.completedAt === lastSuccessAt)?.metadata.name ?? previous?.last;
	const next = spec.backup.schedule === undefined ? undefined : dueTimes(spec.backup.schedule, now).next;
	const scheduled = Math.max(Date.parse(previous?.scheduledAt ?? '') || 0, ...backups.map(scheduledAt));
	const told = {
		...{ lastSuccessAt, lastVerifiedAt, last },
		scheduledAt: scheduled === 0 ? undefined : instant(scheduled),
		next: next === undefined ? undefined : instant(next),
	};
	return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
}

const finding = (status: Finding['status'], reason: Finding<'BackupCurrent'>['reason'], message: string): Finding<'BackupCurrent'> => ({
	...{ status, reason, message },
});

/** A backup is current that is not older than the time before the last one at which one was due. */
export function backupCurrent(facts: Facts): Finding<'BackupCurrent'> {
	const { check, vault, now } = facts;
	if (!('spec' in check)) return finding('Unknown', 'SpecInvalid', 'The spec is not valid.');
	const { backup } = check.spec;
	if (backup?.schedule === undefined) return finding('Unknown', 'NoSchedule', 'There is no spec.backup.schedule.');
	const told = backupStatus(facts, check.spec, vault.status?.backup);
	const [at, what] = backup.verify === 'Enabled' ? [told?.lastVerifiedAt, 'proved'] : [told?.lastSuccessAt, 'made'];
	const oldest = oldestAllowed(backup, now);
	if (at !== undefined && Date.parse(at) >= oldest) return finding('True', 'Current', `The last backup was ${what} at ${at}.`);
	if (at === undefined && Date.parse(vault.metadata.creationTimestamp ?? '') >= oldest) {
		return finding('Unknown', 'Awaited', `No backup was ${what} yet.`);
	}
	return finding(
		'False',
		'Stale',
		at === undefined ? `No backup was ever ${what}.` : `The last backup was ${what} at ${at}, two schedules ago.`,
	);
}

const oldestAllowed = ({ schedule = '' }: BackupSpec, now: number): number => dueTimes(schedule, now).before ?? 0;
