/** Backups on a real API server: what the operator makes of a RuneVaultBackup, step by step, and of a schedule. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { backupResource, type RuneVaultBackup } from '../../../crds/operations.ts';
import { create, get, list, remove, update } from '../../../kube/objects.ts';
import { type KubeObject, resources } from '../../../kube/resources.ts';
import { until } from '../../install/run.ts';
import { argsOf, endJob, endPod, fail, findJob, succeed, untilJob } from './fake-jobs.ts';
import { FINGERPRINT } from './fake-node.ts';
import { applyVault, patchVault, readVault, untilCondition } from './fixture.ts';
import { Stage } from './stage.ts';

const RECIPIENT = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const VOLUME = { type: 'Volume', volume: { claimName: 'archives' } };
const BACKUP = { recipients: [RECIPIENT], destination: VOLUME };
const WRITTEN = { bytes: 70_000, sha256: 'ab'.repeat(32), fingerprint: FINGERPRINT };

let stage: Stage;
before(async () => {
	stage = await Stage.start();
});
after(() => stage?.stop());

const make = (namespace: string, name: string, labels: Record<string, string> = {}): Promise<KubeObject> =>
	create(stage.world.admin, backupResource, {
		apiVersion: 'runevault.io/v1alpha1',
		kind: 'RuneVaultBackup',
		metadata: { name, namespace, labels },
		spec: { vault: 'acme' },
	});

const read = async (namespace: string, name: string): Promise<RuneVaultBackup> =>
	(await get(stage.world.admin, backupResource, { namespace, name })) as unknown as RuneVaultBackup;

/** Waits for a condition of a backup, as `Status Reason`. */
const untilTold = (namespace: string, name: string, type: string, wanted: string) =>
	until(
		`${type} ${wanted} of ${namespace}/${name}`,
		async () => {
			const condition = (await read(namespace, name)).status?.conditions?.find(each => each.type === type);
			return condition && `${condition.status} ${condition.reason}` === wanted ? condition : undefined;
		},
		15_000,
		60,
	);

const exists = async (namespace: string, resource: (typeof resources)['roles'] | (typeof resources)['secrets'], name: string) =>
	(await get(stage.world.admin, resource, { namespace, name })) !== undefined;

describe('a RuneVaultBackup', { concurrency: 2 }, () => {
	it('[OPR-110] is archived by one Job, proved by another, and told at each step', async () => {
		await stage.servingVault('archived', { backup: BACKUP });
		const { metadata } = await make('archived', 'first');
		const job = await untilJob(stage.world, 'archived', 'first-backup');
		const archive = `vault_keys_backup_${metadata.creationTimestamp?.replaceAll(':', '')}-${metadata.uid?.slice(0, 8)}.age`;
		assert.deepEqual(argsOf(job), [
			...['backup', '--vault', 'acme', '--archive', archive, '--recipient', RECIPIENT],
			...['--directory', '/var/lib/runevault/archives/archived/acme', '--drill-secret', 'first-drill'],
		]);
		await untilTold('archived', 'first', 'Complete', 'False Running');
		const role = await get(stage.world.admin, resources.roles, { namespace: 'archived', name: 'first-backup' });
		assert.deepEqual(Object(role).rules[1].resourceNames, [
			...['acme-keys-1', 'acme-kek', 'acme-verifiers', 'acme-ca', 'acme-token-team', 'first-drill'],
		]);
		const owner = {
			apiVersion: 'runevault.io/v1alpha1',
			kind: 'RuneVaultBackup',
			name: 'first',
			uid: metadata.uid ?? '',
			controller: true,
		};
		const labels = { ...job.metadata.labels };
		const secret = { name: 'first-drill', namespace: 'archived', labels, ownerReferences: [owner] };
		await create(stage.world.admin, resources.secrets, { apiVersion: 'v1', kind: 'Secret', metadata: secret, data: { identity: 'eA==' } });
		await succeed(stage.world, job, { archive, removed: 0, ...WRITTEN });

		await untilTold('archived', 'first', 'Complete', 'True Archived');
		const drill = await untilJob(stage.world, 'archived', 'first-drill');
		assert.deepEqual(argsOf(drill), [
			...['drill', '--archive', archive, '--directory', '/var/lib/runevault/archives/archived/acme'],
			...['--identity', '/etc/runevault/identity/identity', '--bytes', '70000', '--sha256', 'ab'.repeat(32), '--retain', '30'],
		]);
		const pod = Object(drill.spec).template.spec;
		assert.deepEqual([pod.automountServiceAccountToken, pod.serviceAccountName], [false, undefined], 'it cannot ask the API server');
		await until('the rights of the backup are gone', async () => !(await exists('archived', resources.roles, 'first-backup')));
		assert.ok(await exists('archived', resources.secrets, 'first-drill'));
		await succeed(stage.world, drill, { fingerprint: FINGERPRINT });

		await untilTold('archived', 'first', 'Verified', 'True Proved');
		const { status = {} } = await read('archived', 'first');
		const { bytes, sha256, fingerprint, destination } = status;
		assert.deepEqual({ bytes, sha256, fingerprint, destination }, { ...WRITTEN, destination: VOLUME });
		await until('the throw-away identity is gone', async () => !(await exists('archived', resources.secrets, 'first-drill')));
		const told = await until('the RuneVault tells of its proof', async () => {
			const { backup } = (await readVault(stage.world, { namespace: 'archived', name: 'acme' })).status ?? {};
			return backup?.lastVerifiedAt !== undefined && backup;
		});
		assert.deepEqual(told, { last: 'first', lastSuccessAt: status.completedAt, lastVerifiedAt: status.verifiedAt });
		await stage.quiet('archived', 500);
	});

	it('[OPR-111] that fails tells why, and is not tried for ever', async () => {
		await stage.servingVault('failing', { backup: { ...BACKUP, verify: 'Disabled' } });
		await make('failing', 'one');
		const job = await untilJob(stage.world, 'failing', 'one-backup');
		assert.deepEqual(argsOf(job).slice(-2), ['--retain', '30']);
		await endPod(stage.world, job, 'DestinationFailed');
		const trying = await until('it is said why', async () => {
			const { message } = await untilTold('failing', 'one', 'Complete', 'False Running');
			return message.includes('tried again') && message;
		});
		assert.match(trying, /It is tried again: the destination cannot be reached, or refused/);
		await endJob(stage.world, job, 'Failed');
		const { message } = await untilTold('failing', 'one', 'Complete', 'False Failed');
		assert.match(message, /^The backup failed: the destination cannot be reached/);
		await remove(stage.world.admin, resources.jobs, { namespace: 'failing', name: 'one-backup' });
		await stage.quiet('failing', 500);
		assert.equal(await findJob(stage.world, 'failing', 'one-backup'), undefined);
	});

	it('[OPR-111] whose drill fails has an archive and is not proved; what a pod makes up is not believed', async () => {
		await stage.servingVault('unproved', { backup: BACKUP });
		await make('unproved', 'one');
		const job = await untilJob(stage.world, 'unproved', 'one-backup');
		await succeed(stage.world, job, WRITTEN);
		const drill = await untilJob(stage.world, 'unproved', 'one-drill');
		await endPod(stage.world, drill, 'token evt_acme_secret');
		await fail(stage.world, drill, 'CanaryFailed');
		const { message } = await untilTold('unproved', 'one', 'Verified', 'False Failed');
		assert.equal(message, 'The drill failed: the key of the archive does not decrypt what the key of the vault does.');
		await untilTold('unproved', 'one', 'Complete', 'True Archived');
	});

	it('[OPR-111] whose Job ended without a word is made again', async () => {
		await stage.servingVault('wordless', { backup: BACKUP });
		await make('wordless', 'one');
		const job = await untilJob(stage.world, 'wordless', 'one-backup');
		await endJob(stage.world, job, 'Complete');
		const again = await until('another Job', async () => {
			const found = await findJob(stage.world, 'wordless', 'one-backup');
			return found !== undefined && found.metadata.uid !== job.metadata.uid && found;
		});
		await succeed(stage.world, again, WRITTEN);
		await untilTold('wordless', 'one', 'Complete', 'True Archived');
	});

	it('[OPR-112] waits for the one before it, for a key, and for what it is to be made of', async () => {
		await make('runevault-system', 'orphan');
		await untilTold('runevault-system', 'orphan', 'Complete', 'False VaultNotFound');
		const { vault, node } = await stage.newVault('waiting');
		await make('waiting', 'one');
		await untilTold('waiting', 'one', 'Complete', 'False NoBackupSpec');
		await applyVault(stage.world, vault, { backup: BACKUP });
		const { message } = await untilTold('waiting', 'one', 'Complete', 'False Waiting');
		assert.equal(message, 'The RuneVault has no key yet.');
		await node.keygen();
		const job = await untilJob(stage.world, 'waiting', 'one-backup');
		await make('waiting', 'two');
		assert.equal((await untilTold('waiting', 'two', 'Complete', 'False Waiting')).message, 'RuneVaultBackup one is under way.');
		await succeed(stage.world, job, WRITTEN);
		await succeed(stage.world, await untilJob(stage.world, 'waiting', 'one-drill'), { fingerprint: FINGERPRINT });
		await untilJob(stage.world, 'waiting', 'two-backup');
	});

	it('[OPR-113] cannot be changed, and a bad recipient, destination or schedule is refused by name', async () => {
		const { vault } = await stage.place('refused');
		const bad: [object, RegExp][] = [
			[{ ...BACKUP, recipients: ['age1nonsense'] }, /spec\.backup\.recipients\[0\]/],
			[{ ...BACKUP, recipients: [] }, /spec\.backup\.recipients/],
			[{ ...BACKUP, destination: { type: 'S3' } }, /spec\.backup\.destination\.s3.*must be there when type is S3/],
			[{ ...BACKUP, destination: { ...VOLUME, type: 'S3' } }, /spec\.backup\.destination/],
			[{ ...BACKUP, schedule: 'daily' }, /spec\.backup\.schedule/],
		];
		for (const [backup, message] of bad) await assert.rejects(applyVault(stage.world, vault, { backup }), message);
		await applyVault(stage.world, vault, { backup: { ...BACKUP, schedule: '0 0 31 2 *' } });
		const { message } = await untilCondition(stage.world, vault, 'Accepted', 'False', 'Invalid');
		assert.match(message, /^spec\.backup\.schedule: must be a time that comes/);
		const created = await make('refused', 'one');
		const changed = { ...created, spec: { vault: 'other' } };
		await assert.rejects(update(stage.world.admin, backupResource, changed), /is immutable/);
	});
});

describe('a schedule', () => {
	const scheduled = async (namespace: string) => (await list(stage.world.admin, backupResource, { namespace })).items;

	it('[OPR-114] makes a backup at once when the last time is past, and not a second one', async () => {
		const { vault } = await stage.servingVault('scheduled');
		const schedule = '0 3 * * *';
		await patchVault(stage.world, vault, { spec: { backup: { ...BACKUP, schedule, verify: 'Disabled', retain: 1 } } });
		const job = await until('the Job of a scheduled backup', async () => {
			const [backup] = await scheduled('scheduled');
			return backup && findJob(stage.world, 'scheduled', `${backup.metadata.name}-backup`);
		});
		await succeed(stage.world, job, WRITTEN);
		await untilCondition(stage.world, vault, 'BackupCurrent', 'True', 'Current');
		const [backup] = await scheduled('scheduled');
		assert.match(backup?.metadata.name ?? '', /^acme-\d{8}0300$/);
		await remove(stage.world.admin, backupResource, { namespace: 'scheduled', name: backup?.metadata.name ?? '' });
		await stage.quiet('scheduled', 700);
		assert.deepEqual(await scheduled('scheduled'), [], 'one that somebody took away stays away');
		const { backup: told } = (await readVault(stage.world, vault)).status ?? {};
		assert.equal(new Date(told?.next ?? '').getUTCHours(), 3);
		await untilCondition(stage.world, vault, 'BackupCurrent', 'True', 'Current');
	});

	it('[OPR-114] takes away its backups beyond those that are kept, and none that somebody asked for', async () => {
		const { vault } = await stage.servingVault('kept');
		await make('kept', 'asked');
		for (const at of [1000, 2000]) await make('kept', `acme-${at}`, { 'runevault.io/scheduled': String(at) });
		await patchVault(stage.world, vault, { spec: { backup: { ...BACKUP, schedule: '0 3 * * *', verify: 'Disabled', retain: 1 } } });
		for (let done = 0; done < 4; done++) {
			const job = await until('a Job that runs', async () => {
				const jobs = (await list(stage.world.admin, resources.jobs, { namespace: 'kept' })).items;
				return jobs.find(each => each.metadata.name.endsWith('-backup') && Object(each.status).conditions === undefined);
			});
			await succeed(stage.world, job, WRITTEN);
			await until('it is told', async () => {
				const name = job.metadata.name.replace(/-backup$/, '');
				const found = await get(stage.world.admin, backupResource, { namespace: 'kept', name });
				return found === undefined || JSON.stringify(found.status).includes('Archived');
			});
		}
		const names = await until('two are left', async () => {
			const all = (await scheduled('kept')).map(({ metadata }) => metadata.name);
			return all.length === 2 && all;
		});
		assert.ok(names.includes('asked') && names.some(name => /^acme-\d{12}$/.test(name)), names.join());
	});
});
