/** When backups are due, and what the status of a RuneVault tells of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RuneVaultBackup } from '../../../crds/operations.ts';
import type { RuneVaultStatus } from '../../../crds/status.ts';
import { backupCurrent, backupStatus } from '../../../operator/observe/backup-status.ts';
import { computeStatus } from '../../../operator/observe/status.ts';
import { archiveNameOf } from '../../../operator/reconcile/backup-plan.ts';
import { dueTimes, isSchedule, scheduledName } from '../../../operator/reconcile/schedule.ts';
import { facts, resourceWith, spec } from './builders.ts';

const at = (text: string) => Date.parse(text);
const RECIPIENT = `age1${'q'.repeat(58)}`;

function backup(completedAt: string, change: { verifiedAt?: string; label?: string } = {}): RuneVaultBackup {
	const { verifiedAt, label } = change;
	const labels = label === undefined ? {} : { 'runevault.io/scheduled': label };
	const complete = {
		type: 'Complete',
		status: 'True',
		reason: 'Archived',
		message: '',
		observedGeneration: 1,
		lastTransitionTime: completedAt,
	};
	return {
		apiVersion: 'runevault.io/v1alpha1',
		kind: 'RuneVaultBackup',
		metadata: {
			name: `b-${completedAt.slice(8, 10)}`,
			namespace: 'rune',
			uid: `0123abcd-${completedAt}`,
			creationTimestamp: completedAt,
			labels,
		},
		spec: { vault: 'acme' },
		status: { completedAt, conditions: [complete as never], ...(verifiedAt === undefined ? {} : { verifiedAt }) },
	};
}

describe('a schedule', () => {
	it('[OPR-114] tells the times before and after, in UTC', () => {
		const due = dueTimes('0 3 * * *', at('2026-11-25T04:00:00Z'));
		assert.deepEqual(due, { last: at('2026-11-25T03:00:00Z'), before: at('2026-11-24T03:00:00Z'), next: at('2026-11-26T03:00:00Z') });
	});

	for (const schedule of ['0 3 * * *', '*/15 0-6,22 * * 1-5', '0 0 29 2 *']) {
		it(`[OPR-113] ${schedule} is one`, () => assert.ok(isSchedule(schedule)));
	}
	for (const schedule of ['99 * * * *', '0 0 31 2 *', '0 25 * * *']) {
		it(`[OPR-113] ${schedule} never comes`, () => assert.ok(!isSchedule(schedule)));
	}

	it('[OPR-114] gives the backup of one time one name', () => {
		assert.equal(scheduledName('acme', at('2026-11-25T03:00:00Z')), 'acme-202611250300');
		assert.ok(scheduledName('a'.repeat(40), at('2026-11-25T03:00:00Z')).length <= 55);
	});

	it('[OPR-110] an archive is called by its date', () => {
		assert.equal(archiveNameOf(backup('2026-11-25T03:00:00Z')), 'vault_keys_backup_2026-11-25T030000Z-0123abcd.age');
	});
});

it('[OPR-116] a restore that is under way shows in Progressing', () => {
	const { conditions } = computeStatus(facts(before => ({ ...before, isRestoring: true })));
	const progressing = conditions?.find(({ type }) => type === 'Progressing');
	assert.deepEqual([progressing?.status, progressing?.reason], ['True', 'Restoring']);
});

describe('BackupCurrent', () => {
	const NOW = at('2026-11-25T04:00:00Z');
	const nightly = (change: object = {}) =>
		spec({
			backup: { schedule: '0 3 * * *', recipients: [RECIPIENT], destination: { type: 'Volume', volume: { claimName: 'x' } }, ...change },
		});
	const told = (
		backups: RuneVaultBackup[],
		change: { spec?: ReturnType<typeof spec>; created?: string; before?: RuneVaultStatus['backup'] } = {},
	) => {
		const vault = resourceWith({ team: 'acme' });
		const { created = '2026-01-01T00:00:00Z', before } = change;
		const { status, reason } = backupCurrent({
			...{ backups, now: NOW, check: { spec: change.spec ?? nightly() } },
			vault: {
				...vault,
				metadata: { ...vault.metadata, creationTimestamp: created },
				status: before === undefined ? {} : { backup: before },
			},
		});
		return `${status} ${reason}`;
	};

	const cases: [string, string, string][] = [
		['of last night', '2026-11-25T03:00:09Z', 'True Current'],
		['of the night before, when last night failed', '2026-11-24T03:00:09Z', 'True Current'],
		['of two nights before', '2026-11-23T03:00:09Z', 'False Stale'],
	];
	for (const [what, verifiedAt, expected] of cases) {
		it(`[OPR-115] with a proved backup ${what}: ${expected}`, () => {
			assert.equal(told([backup(verifiedAt, { verifiedAt })]), expected);
			assert.equal(told([], { before: { lastVerifiedAt: verifiedAt } }), expected, 'also when its resource is gone');
		});
	}

	it('[OPR-115] a backup that was not proved counts only where none is', () => {
		const made = [backup('2026-11-25T03:00:09Z')];
		assert.equal(told(made), 'False Stale');
		assert.equal(told(made, { spec: nightly({ verify: 'Disabled' }) }), 'True Current');
	});

	it('[OPR-115] is Unknown without a schedule, and of a vault that is too young', () => {
		assert.equal(told([], { spec: nightly({ schedule: undefined }) }), 'Unknown NoSchedule');
		assert.equal(told([], { spec: spec() }), 'Unknown NoSchedule');
		assert.equal(told([], { created: '2026-11-25T01:00:00Z' }), 'Unknown Awaited');
		assert.equal(told([]), 'False Stale');
	});

	it('[OPR-115] status.backup keeps what its resources told, the newest of each', () => {
		const backups = [
			backup('2026-11-24T03:00:00Z', { verifiedAt: '2026-11-24T03:01:00Z' }),
			backup('2026-11-25T03:00:00Z', { label: '1000' }),
		];
		const facts = { backups, now: NOW, vault: resourceWith({ team: 'acme' }), check: { spec: nightly() } };
		assert.deepEqual(backupStatus(facts, nightly(), { lastVerifiedAt: '2026-01-01T00:00:00Z' }), {
			lastSuccessAt: '2026-11-25T03:00:00Z',
			lastVerifiedAt: '2026-11-24T03:01:00Z',
			last: 'b-25',
			scheduledAt: '1970-01-01T00:00:01Z',
			next: '2026-11-26T03:00:00Z',
		});
		assert.equal(backupStatus(facts, spec(), { last: 'b-24' }), undefined);
	});
});
