import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../../../kube/resources.ts';
import { aVault } from './builders.ts';
import { kubectl, type Result } from './fake-cluster.ts';

const backedUp = () => {
	const vault = aVault();
	return { ...vault, spec: { ...Object(vault.spec), backup: {} } };
};
const condition = (type: string, status: string, reason: string, message = '') => ({ type, status, reason, message });
const posted = ({ received }: Result) => received.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body));

const ARCHIVED = { archive: 'vault_keys_backup_2026-01-02T030405Z-0123abcd.age', bytes: 70_000, fingerprint: 'sha256:ab' };
const COMPLETE = condition('Complete', 'True', 'Archived');

function backup(name: string, createdAt: string, vault: string, conditions: object[]): KubeObject {
	return {
		apiVersion: 'runevault.io/v1alpha1',
		kind: 'RuneVaultBackup',
		metadata: { name, namespace: 'rune', creationTimestamp: createdAt },
		spec: { vault },
		status: { ...ARCHIVED, conditions },
	};
}
const nightly = backup('nightly', '2026-01-02T00:04:05Z', 'acme', [COMPLETE, condition('Verified', 'True', 'Proved')]);

describe('kubectl runevault backup create', () => {
	it('[CLI-60] asks for one named by vault and time, and waits until it is proved', async () => {
		const running = condition('Complete', 'False', 'Running', 'A Job makes the archive.');
		const states = [
			undefined,
			{ conditions: [running] },
			{ ...ARCHIVED, conditions: [COMPLETE, condition('Verified', 'Unknown', 'Running', 'A Job opens it.')] },
			{ ...ARCHIVED, conditions: [COMPLETE, condition('Verified', 'True', 'Proved')] },
		];
		const result = await kubectl(['backup', 'create', 'acme'], { vaults: [backedUp()], onOperation: count => Object(states[count - 1]) });
		assert.equal(result.code, 0);
		assert.deepEqual(posted(result), [
			{
				apiVersion: 'runevault.io/v1alpha1',
				kind: 'RuneVaultBackup',
				metadata: { name: 'acme-20260102030405', namespace: 'rune' },
				spec: { vault: 'acme' },
			},
		]);
		assert.equal(
			result.out,
			`RuneVaultBackup acme-20260102030405 of acme is asked for\n${ARCHIVED.archive}, 70000 bytes, is there, and proved: a Job decrypted with it\n`,
		);
		assert.equal(result.err, 'waiting for the operator to see it\nRunning: A Job makes the archive.\nRunning: A Job opens it.\n');
	});

	it('[CLI-60] says so when it is not to be proved', async () => {
		const status = { ...ARCHIVED, conditions: [COMPLETE, condition('Verified', 'Unknown', 'Disabled')] };
		const { out } = await kubectl(['backup', 'create', 'acme'], { vaults: [backedUp()], onOperation: () => status });
		assert.match(out, /is there, and not proved, as spec\.backup\.verify says\n$/);
	});

	it('[CLI-60] a failure is its message, in one line', async () => {
		const status = { conditions: [condition('Complete', 'False', 'Failed', 'The backup failed: the destination cannot be reached.')] };
		const { code, err } = await kubectl(['backup', 'create', 'acme'], { vaults: [backedUp()], onOperation: () => status });
		assert.deepEqual([code, err], [1, 'kubectl runevault: The backup failed: the destination cannot be reached.\n']);
	});

	it('[CLI-60] a vault without spec.backup is refused before anything is asked for', async () => {
		const result = await kubectl(['backup', 'create', 'acme'], { vaults: [aVault()] });
		assert.deepEqual([result.code, posted(result)], [1, []]);
		assert.match(result.err, /acme has no spec\.backup/);
	});

	it('[CLI-60] waits no longer than it is told', async () => {
		const { code, err } = await kubectl(['backup', 'create', 'acme', '--timeout', '3s'], { vaults: [backedUp()], onOperation: () => ({}) });
		assert.equal(code, 1);
		assert.match(err, /RuneVaultBackup acme-20260102030405: not done in time, and goes on/);
	});
});

describe('kubectl runevault backup list', () => {
	const failed = backup('earlier', '2026-01-01T03:04:05Z', 'acme', [condition('Complete', 'False', 'Failed')]);
	const others = backup('others', '2026-01-01T03:04:05Z', 'beta', [COMPLETE]);
	const operations = { runevaultbackups: [nightly, failed, others] };

	it('[CLI-60] shows those of one vault, oldest first', async () => {
		const { out } = await kubectl(['backup', 'list', 'acme'], { operations });
		assert.deepEqual(
			out.split('\n').map(line => line.split(/\s+/).slice(0, 3).join(' ')),
			['NAME VAULT COMPLETE', 'earlier acme Failed', 'nightly acme Archived', ''],
		);
		assert.match(out, /Proved +70000 +3h +vault_keys_backup_/);
	});

	it('[CLI-60] shows those of all, or says that there is none', async () => {
		assert.match((await kubectl(['backup', 'list'], { operations })).out, /others/);
		assert.equal(
			(await kubectl(['backup', 'list', 'none'], { operations })).out,
			'there is no RuneVaultBackup of none in namespace rune\n',
		);
	});
});

describe('kubectl runevault restore', () => {
	const line = ['restore', 'acme', '--from', 'nightly', '--identity', 'key'];
	const operations = { runevaultbackups: [nightly] };

	it('[CLI-61] asks for it, also of a vault that is gone, waits, and reads no Secret', async () => {
		const status = { fingerprint: 'sha256:ab', conditions: [condition('Complete', 'True', 'Restored')] };
		const result = await kubectl(line, { operations, onOperation: () => status });
		assert.equal(result.code, 0);
		assert.deepEqual(posted(result)[0].spec, { vault: 'acme', backup: 'nightly', identitySecretName: 'key' });
		assert.match(result.out, /acme is restored, with key sha256:ab; delete Secret key now\n$/);
		assert.ok(!result.received.some(({ url }) => url.includes('/secrets')));
	});

	it('[CLI-61] a backup that is not there, and a restore that fails, are one line', async () => {
		const missing = await kubectl(line, {});
		assert.deepEqual([missing.code, missing.err], [1, 'kubectl runevault: there is no RuneVaultBackup nightly in namespace rune\n']);
		const status = { conditions: [condition('Complete', 'False', 'Failed', 'The restore failed: the archive is damaged.')] };
		const { code, err } = await kubectl(line, { operations, onOperation: () => status });
		assert.deepEqual([code, err], [1, 'kubectl runevault: The restore failed: the archive is damaged.\n']);
	});
});
