/** Restores on a real API server: what the operator makes of a RuneVaultRestore, and what it leaves alone meanwhile. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { backupResource, type RuneVaultRestore, restoreResource } from '../../../crds/operations.ts';
import { create, get, patchMerge, remove } from '../../../kube/objects.ts';
import { type KubeObject, resources } from '../../../kube/resources.ts';
import { until } from '../../install/run.ts';
import { argsOf, endPod, fail, findJob, succeed, untilJob } from './fake-jobs.ts';
import { FINGERPRINT } from './fake-node.ts';
import { applyVault, readVault, untilCondition } from './fixture.ts';
import { Stage } from './stage.ts';

const ARCHIVE = 'vault_keys_backup_2026-11-25T030000Z-0123abcd.age';
const S3 = {
	type: 'S3',
	s3: { endpoint: 'https://s3.example.com', bucket: 'archives', prefix: 'west', credentialsSecretName: 's3', caSecretName: 's3-ca' },
};
const SOURCE = { archive: ARCHIVE, destination: S3 };

let stage: Stage;
before(async () => {
	stage = await Stage.start();
});
after(() => stage?.stop());

const restore = (namespace: string, name: string, spec: object): Promise<KubeObject> =>
	create(stage.world.admin, restoreResource, {
		apiVersion: 'runevault.io/v1alpha1',
		kind: 'RuneVaultRestore',
		metadata: { name, namespace },
		spec: { vault: 'acme', identitySecretName: 'identity', ...spec },
	});

const addIdentity = (namespace: string) =>
	create(stage.world.admin, resources.secrets, {
		apiVersion: 'v1',
		kind: 'Secret',
		metadata: { name: 'identity', namespace },
		data: { identity: 'eA==' },
	});

/** Waits for the condition of a restore, as `Status Reason`. */
const untilTold = (namespace: string, name: string, wanted: string) =>
	until(
		`${wanted} of ${namespace}/${name}`,
		async () => {
			const found = (await get(stage.world.admin, restoreResource, { namespace, name })) as unknown as RuneVaultRestore;
			const condition = found.status?.conditions?.[0];
			return condition && `${condition.status} ${condition.reason}` === wanted ? condition : undefined;
		},
		15_000,
		60,
	);

describe('a RuneVaultRestore', { concurrency: 2 }, () => {
	it('[OPR-116] of a vault that is gone runs with its defaults; what comes back is left alone until it is done', async () => {
		const { vault, node } = await stage.place('gone');
		await restore('gone', 'one', { source: { ...SOURCE, namespace: 'elsewhere' } });
		const { message } = await untilTold('gone', 'one', 'False SecretNotFound');
		assert.equal(message, 'spec.identitySecretName: there is no Secret identity.');
		await addIdentity('gone');
		const job = await untilJob(stage.world, 'gone', 'one-restore');
		assert.deepEqual(argsOf(job), [
			...['restore', '--vault', 'acme', '--archive', ARCHIVE, '--s3-endpoint', 'https://s3.example.com', '--s3-bucket', 'archives'],
			...['--s3-prefix', 'west/elsewhere/acme', '--s3-region', 'us-east-1', '--s3-credentials', '/etc/runevault/s3'],
			...['--s3-ca', '/etc/runevault/s3-ca/ca.crt', '--identity', '/etc/runevault/identity/identity'],
		]);

		// What the Job does, and its last step not yet: the RuneVault is there, and its token is not.
		await applyVault(stage.world, vault);
		await untilCondition(stage.world, vault, 'Progressing', 'True', 'Restoring');
		await stage.quiet('gone', 500);
		assert.equal(await findJob(stage.world, 'gone', 'acme-keygen'), undefined);
		assert.equal(await node.read(resources.secrets, 'acme-token-team'), undefined);

		await succeed(stage.world, job, { fingerprint: FINGERPRINT, made: ['Secret acme-kek'] });
		await untilTold('gone', 'one', 'True Restored');
		await until('the rights are gone', async () => {
			const role = await get(stage.world.admin, resources.roles, { namespace: 'gone', name: 'one-restore' });
			return role === undefined;
		});
		await node.keygen();
		await node.runPods();
		await untilCondition(stage.world, vault, 'Ready', 'True');
	});

	it('[OPR-116] of a vault that runs leaves its pods and tokens as they are meanwhile', async () => {
		const { vault, node } = await stage.servingVault('running');
		await addIdentity('running');
		await restore('running', 'one', { source: SOURCE });
		const job = await untilJob(stage.world, 'running', 'one-restore');
		assert.deepEqual(argsOf(job).slice(-2), ['--fingerprint', FINGERPRINT]);
		await untilCondition(stage.world, vault, 'Progressing', 'True', 'Restoring');
		await remove(stage.world.admin, resources.secrets, { namespace: 'running', name: 'acme-token-team' });
		await stage.quiet('running', 500);
		assert.equal(await node.read(resources.secrets, 'acme-token-team'), undefined, 'no token is made beside the one that comes back');
		await fail(stage.world, job, 'OtherKey');
		const { message } = await untilTold('running', 'one', 'False Failed');
		assert.match(message, /^The restore failed: the RuneVault has another key than the archive, and keeps it\./);
		await until('the token is made', () => node.read(resources.secrets, 'acme-token-team'));
		await untilCondition(stage.world, vault, 'Ready', 'True');
	});

	it('[OPR-117] waits for the backup it names, and takes the archive, its place, size and digest from it', async () => {
		const { vault } = await stage.servingVault('named');
		await addIdentity('named');
		await restore('named', 'one', { backup: 'nightly' });
		await untilTold('named', 'one', 'False BackupNotFound');
		const metadata = { name: 'nightly', namespace: 'named' };
		const backup = { apiVersion: 'runevault.io/v1alpha1', kind: 'RuneVaultBackup', metadata, spec: { vault: 'acme' } };
		await create(stage.world.admin, backupResource, backup);
		await until('the operator has seen it', async () => (await get(stage.world.admin, backupResource, metadata))?.status !== undefined);
		const at = '2026-11-25T03:00:00Z';
		const told = { observedGeneration: 1, lastTransitionTime: at, message: '' };
		const conditions = [
			{ type: 'Complete', status: 'True', reason: 'Archived', ...told },
			{ type: 'Verified', status: 'True', reason: 'Proved', ...told },
		];
		const destination = { type: 'Volume', volume: { claimName: 'archives' } };
		const status = { archive: ARCHIVE, destination, bytes: 7, sha256: 'ab'.repeat(32), startedAt: at, completedAt: at, conditions };
		await patchMerge(stage.world.admin, backupResource, metadata, { status }, { subresource: 'status' });
		const job = await untilJob(stage.world, 'named', 'one-restore');
		assert.ok(argsOf(job).join(' ').includes(`--directory /var/lib/runevault/archives/named/acme`));
		assert.ok(
			argsOf(job)
				.join(' ')
				.includes(`--bytes 7 --sha256 ${'ab'.repeat(32)}`),
		);
		const { volumes, containers } = Object(job.spec).template.spec;
		assert.deepEqual(volumes[0], { name: 'archives', persistentVolumeClaim: { claimName: 'archives' } });
		assert.equal(containers[0].volumeMounts[0].readOnly, true);
		await endPod(stage.world, job, 'ArchiveDamaged');
		await until('it is said why', async () =>
			(await untilTold('named', 'one', 'False Running')).message.includes('the archive is damaged'),
		);
		await succeed(stage.world, job, { fingerprint: FINGERPRINT });
		await untilTold('named', 'one', 'True Restored');
		assert.equal((await readVault(stage.world, vault)).status?.keys?.fingerprint, FINGERPRINT);
	});

	it('[OPR-112] [OPR-117] waits for a backup that is under way, and a new backup for it', async () => {
		const backup = { recipients: [`age1${'q'.repeat(58)}`], destination: { type: 'Volume', volume: { claimName: 'archives' } } };
		await stage.servingVault('locked', { backup: { ...backup, verify: 'Disabled' } });
		await addIdentity('locked');
		const make = (name: string) =>
			create(stage.world.admin, backupResource, {
				apiVersion: 'runevault.io/v1alpha1',
				kind: 'RuneVaultBackup',
				metadata: { name, namespace: 'locked' },
				spec: { vault: 'acme' },
			});
		await make('first');
		const job = await untilJob(stage.world, 'locked', 'first-backup');
		await restore('locked', 'one', { source: SOURCE });
		assert.equal((await untilTold('locked', 'one', 'False Waiting')).message, 'RuneVaultBackup first is under way.');
		await make('second');
		await succeed(stage.world, job, { bytes: 7, sha256: 'ab'.repeat(32), fingerprint: FINGERPRINT });
		const restoring = await untilJob(stage.world, 'locked', 'one-restore');
		assert.equal(await findJob(stage.world, 'locked', 'second-backup'), undefined);
		await succeed(stage.world, restoring, { fingerprint: FINGERPRINT });
		await untilJob(stage.world, 'locked', 'second-backup');
	});

	it('[OPR-113] names one archive in one way', async () => {
		await stage.place('ways');
		await assert.rejects(restore('ways', 'none', {}), /either backup or source must be there/);
		await assert.rejects(restore('ways', 'both', { backup: 'x', source: SOURCE }), /either backup or source must be there/);
		await assert.rejects(restore('ways', 'path', { source: { ...SOURCE, archive: '../../etc/passwd' } }), /spec\.source\.archive/);
	});
});
