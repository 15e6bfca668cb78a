/** What goes into an archive, and what a restore makes of it: everything lost, something lost, or something else in its place. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { BackupFault } from '../../../../crds/backup-outcomes.ts';
import { openArchive } from '../../../../vault/backup/archive.ts';
import type { RestoreOptions } from '../../../../vault/backup/restore.ts';
import { tokens } from '../builders.ts';
import { configMaps, secrets } from '../pod-home.ts';
import { failsWith } from './archives.ts';
import { BackupStage, base64, readPart, vaults } from './stage.ts';

describe('backup and restore', () => {
	let stage: BackupStage;
	let archive: Uint8Array;
	before(async () => {
		stage = await BackupStage.create();
		archive = await stage.backup();
	});
	after(() => stage.close());

	const team = `${secrets}/acme-token-team`;
	const otherKek = () => stage.put(`${secrets}/acme-kek`, { data: { kek: Buffer.alloc(32, 5).toString('base64') } });

	it('[BKP-7] an archive holds keys, KEK, tokens, verifiers, CA, canary and resource, without what the server added', async () => {
		using opened = await openArchive(archive, stage.holder.identity);
		const { parts } = opened;
		assert.deepEqual([...parts.keys()].sort(), [
			'ca.json',
			'canary/0.bin',
			'canary/answer',
			'kek',
			'keys/1/SecKey_sealed.bin',
			'keys/1/TeamSecret_sealed.bin',
			'keys/1/key.json',
			'resource.json',
			'tokens/admin.json',
			'tokens/team.json',
			'verifiers.json',
		]);
		assert.equal(opened.manifest.fingerprint, stage.fingerprint);
		assert.deepEqual(Object(readPart(parts, 'resource.json')).metadata, { name: 'acme', annotations: { note: 'ours' } });
		const { annotations, data } = Object(readPart(parts, 'tokens/team.json'));
		assert.deepEqual({ annotations, data }, { annotations: { 'runevault.io/generation': '3' }, data: { token: base64(tokens.team) } });
	});

	it('[BKP-7] a key that its KEK does not open is not backed up', async () => {
		stage.lose(`${secrets}/acme-kek`);
		otherKek();
		await assert.rejects(stage.snapshot(), failsWith('KeyUnopened', /wrong KEK/));
	});

	it('[BKP-7] a key that is not the one its Secret names is not backed up', async () => {
		stage.lose();
		const key = stage.was(`${secrets}/acme-keys-1`);
		const { data } = Object(key);
		const description = { ...JSON.parse(Buffer.from(data['key.json'], 'base64').toString()), fingerprint: `sha256:${'0'.repeat(64)}` };
		stage.put(`${secrets}/acme-keys-1`, { ...key, data: { ...data, 'key.json': base64(JSON.stringify(description)) } });
		await assert.rejects(stage.snapshot(), failsWith('KeyUnopened', /its fingerprint is not sha256:0000/));
	});

	it('[BKP-7] a vault without canaries is not backed up, because no drill could prove it', async () => {
		stage.lose(`${configMaps}/acme-canaries`);
		await assert.rejects(stage.snapshot(), failsWith('KeyMissing', /^ConfigMap acme-canaries is not there$/));
	});

	it('[BKP-8] a drill whose key does not decrypt the canary fails', async () => {
		stage.lose();
		const map = Object(stage.was(`${configMaps}/acme-canaries`));
		stage.put(`${configMaps}/acme-canaries`, { ...map, data: { 'answers.json': JSON.stringify({ 0: 'f'.repeat(64) }) } });
		await assert.rejects(stage.prove(await stage.backup()), failsWith('CanaryFailed', /does not decrypt the canary/));
	});

	it('[BKP-9] with something lost, that and nothing else is brought back', async () => {
		for (const path of [`${secrets}/acme-kek`, `${secrets}/acme-keys-1`, `${secrets}/acme-ca`, team]) {
			stage.lose(path);
			assert.deepEqual((await stage.restore(archive)).made, [`Secret ${path.split('/').at(-1)}`]);
			assert.deepEqual(stage.dataOf(path), Object(stage.was(path)).data);
		}
	});

	it('[BKP-9] interrupted after any number of writes, it ends in the same state when it is run again', async () => {
		stage.lose('/');
		const { made } = await stage.restore(archive);
		const whole = [...stage.api.objects].map(([path, object]) => [path, Object(object).data]);
		for (let writes = 0; writes < made.length; writes++) {
			stage.lose('/');
			let left = writes;
			const dying = {
				...stage.transport,
				request: ((request: { method: string }) => {
					if (request.method !== 'GET' && left-- === 0) throw new Error('killed');
					return stage.transport.request(request as never);
				}) as typeof stage.transport.request,
			};
			await assert.rejects(stage.restore(archive, { transport: dying }), /killed/);
			assert.deepEqual((await stage.restore(archive)).made, made.slice(writes), `after ${writes} writes`);
			assert.deepEqual(
				[...stage.api.objects].map(([path, object]) => [path, Object(object).data]),
				whole,
			);
		}
	});

	it('[BKP-9] run again it writes nothing', async () => {
		stage.lose();
		assert.deepEqual((await stage.restore(archive)).made, []);
	});

	it('[BKP-9] tokens that were made anew meanwhile are the old ones again', async () => {
		stage.lose();
		stage.put(team, { ...stage.was(team), data: { token: base64('evt_acme_new') } });
		assert.deepEqual((await stage.restore(archive)).made, ['Secret acme-token-team']);
		assert.equal(stage.dataOf(team).token, base64(tokens.team));
	});

	it('[BKP-9] tokens of a RuneVault that is gone become those of the new one', async () => {
		stage.lose(vaults);
		assert.deepEqual((await stage.restore(archive)).made, ['RuneVault acme', 'Secret acme-token-team', 'Secret acme-token-admin']);
		const { uid } = Object(stage.api.objects.get(`${vaults}/acme`)).metadata;
		assert.equal(Object(stage.api.objects.get(team)).metadata.ownerReferences[0].uid, uid);
		assert.equal(Object(stage.api.objects.get(`${secrets}/acme-keys-1`)).metadata.ownerReferences, undefined);
	});

	it('[BKP-9] what was restored can be backed up and proved again', async () => {
		stage.lose('/');
		await stage.restore(archive);
		stage.put(`${secrets}/acme-verifiers`, stage.was(`${secrets}/acme-verifiers`));
		await stage.keygen();
		assert.equal(await stage.prove(await stage.backup()), stage.fingerprint);
	});

	type Refusal = [what: string, arrange: () => void, change: Partial<RestoreOptions>, fault: BackupFault, message: RegExp];
	const refusals: Refusal[] = [
		['an archive of another vault', () => stage.lose('/'), { vault: 'other' }, 'OtherVault', /of RuneVault acme, not other$/],
		[
			'another fingerprint than the recorded one',
			() => stage.lose('/'),
			{ fingerprint: `sha256:${'0'.repeat(64)}` },
			'OtherKey',
			/and the RuneVault records sha256:0000/,
		],
		[
			'another KEK in its place',
			() => {
				stage.lose(`${secrets}/acme-keys-1`);
				otherKek();
			},
			{},
			'NameTaken',
			/^what exists stays, and does not go with the archive: Secret acme-kek$/,
		],
		[
			'a key that was altered in its place',
			() => {
				stage.lose(`${secrets}/acme-kek`);
				const key = Object(stage.was(`${secrets}/acme-keys-1`));
				const sealed = Buffer.from(key.data['SecKey_sealed.bin'], 'base64');
				const altered = sealed.fill(7, sealed.length - 9).toString('base64');
				stage.put(`${secrets}/acme-keys-1`, { ...key, data: { ...key.data, 'SecKey_sealed.bin': altered } });
			},
			{},
			'NameTaken',
			/^what exists stays, and does not go with the archive: Secret acme-keys-1$/,
		],
		[
			'a Secret of somebody else',
			() => {
				stage.lose();
				stage.put(team, { data: {} });
			},
			{},
			'NameTaken',
			/^Secret acme-token-team exists and is not of RuneVault acme; it stays$/,
		],
		[
			'a RuneVault that is being deleted',
			() => {
				stage.lose();
				stage.put(`${vaults}/acme`, { metadata: { uid: 'u-1', deletionTimestamp: '2026-11-25T03:00:00Z' } });
			},
			{},
			'NameTaken',
			/^RuneVault acme is being deleted$/,
		],
	];
	for (const [what, arrange, change, fault, message] of refusals) {
		it(`[BKP-10] ${what} is refused, and nothing is written`, async () => {
			arrange();
			const before = new Map(stage.api.objects);
			await assert.rejects(stage.restore(archive, change), failsWith(fault, message));
			assert.deepEqual(new Map(stage.api.objects), before);
		});
	}

	it('[BKP-10] a key is never put in the place of another', async () => {
		stage.lose(`${secrets}/acme-keys-1`, `${secrets}/acme-kek`);
		await stage.keygen();
		const before = new Map(stage.api.objects);
		await assert.rejects(
			stage.restore(archive),
			failsWith('OtherKey', /^the key that exists is sha256:\w{64}, not sha256:\w{64}; it stays$/),
		);
		assert.deepEqual(new Map(stage.api.objects), before);
	});

	it('[BKP-11] a KEK that is a file is checked, is not in the archive, and is needed again', async () => {
		const directory = mkdtempSync(join(tmpdir(), 'kek-'));
		const kekFile = join(directory, 'kek');
		writeFileSync(kekFile, stage.kekBytes());
		stage.lose(`${secrets}/acme-kek`);
		const sealed = await stage.backup(kekFile);
		using opened = await openArchive(sealed, stage.holder.identity);
		assert.deepEqual([opened.parts.has('kek'), opened.manifest.kek], [false, 'File']);
		await assert.rejects(stage.prove(sealed), failsWith('KeyUnopened', /no key: key encryption key kek: cannot be read/));
		assert.equal(await stage.prove(sealed, kekFile), stage.fingerprint);
		stage.lose('/');
		const { made } = await stage.restore(sealed, { kekFile });
		assert.ok(made.includes('Secret acme-keys-1') && !made.includes('Secret acme-kek'));
		rmSync(directory, { recursive: true });
	});
});
