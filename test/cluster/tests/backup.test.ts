/** The way back from the loss of everything, on a real cluster: Jobs under a kubelet, a volume, the drill, and a restore from the archive alone. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findTarget } from '../../demo/target.ts';
import { Archives } from '../../install/archives.ts';
import { backUpUnderKills, drillOffline } from '../../install/backup-kills.ts';
import {
	applyManifest,
	authorityOf,
	connect,
	createNamespace,
	installOperator,
	manifest,
	reachVault,
	type Target,
	tokenOf,
	waitFor,
} from '../../install/installation.ts';
import { getObject } from '../../install/kubectl.ts';
import { runPlugin } from '../../install/plugin.ts';
import type { Reach } from '../../install/reach.ts';
import { searchOnce } from '../../install/search.ts';

const vault = { namespace: `backup-${randomBytes(3).toString('hex')}`, name: 'acme' };
const texts = ['We decided to use PostgreSQL as the database.', 'Fridays are free of meetings.'];
/** The volume is a folder of a node on this machine. */
const skip = process.env.CLUSTER === 'current' && 'needs nodes on this machine';

describe('backup and restore on a real cluster', { skip }, () => {
	let target: Target;
	let archives: Archives;
	let reach: Reach;
	let token: string;
	let blob: Uint8Array;
	let archive: string;

	/** What the Vault says of the question that was asked before everything was lost. */
	const ask = async (): Promise<number[]> => {
		// A name that was asked for while the namespace was gone is answered from a cache for five seconds, as long as twenty tries take.
		const client = await connect(vault, reach, token, { retries: 40 });
		try {
			return (await client.decryptScores(blob, 2)).results.map(({ index }) => index);
		} finally {
			await client.close();
		}
	};
	const fingerprint = async (name = vault.name) => {
		const status = (await getObject(target.kubectl, 'runevault', name, vault.namespace))?.status;
		return (status?.keys as { fingerprint?: string } | undefined)?.fingerprint;
	};

	before(async () => {
		target = await findTarget(process.env);
		await installOperator(target);
		await createNamespace(target.kubectl, vault.namespace);
		archives = await Archives.prepare(target, vault);
		await applyManifest(target.kubectl, manifest(vault, { replicas: 2, backup: archives.spec }));
		await waitFor(target.kubectl, vault, 'Ready');
		await waitFor(target.kubectl, vault, 'Progressing', 'False');
		reach = await reachVault(target, vault);
		token = await tokenOf(target.kubectl, vault);
		blob = await searchOnce(vault, reach, token, texts, 'Which database did we choose?');
	});
	after(async () => {
		await reach?.close();
		await target?.kubectl(['delete', 'namespace', vault.namespace, '--wait=false', '--ignore-not-found']);
		await archives?.clear();
	});

	it('[CLU-40] makes an archive by a Job, proves it by another, and leaves neither rights nor identity behind', async () => {
		({ archive } = await archives.create());
		assert.deepEqual(await readdir(join(archives.folder, vault.namespace, vault.name)), [archive]);
		assert.match(await runPlugin(target, ['backup', 'list', vault.name, '-n', vault.namespace]), /Archived\s+Proved/);
		const [backup] = (await target.kubectl(['get', 'runevaultbackups', '-n', vault.namespace, '-o', 'name'])).trim().split('\n');
		const name = backup?.split('/')[1] ?? '';
		assert.equal(await getObject(target.kubectl, 'secret', `${name}-drill`, vault.namespace), undefined);
		assert.equal(await getObject(target.kubectl, 'role', `${name}-backup`, vault.namespace), undefined);
	});

	it('[CLU-41] brings everything back after the loss of the namespace: same token, same key, same authority, same answer', async t => {
		const [answer, key, authority] = [await ask(), await fingerprint(), await authorityOf(target.kubectl, vault)];
		await archives.loseNamespace();
		await archives.prepareRestore();
		const started = performance.now();
		await archives.restore(archive);
		const restored = performance.now();
		// The client is the one of before: its address, its token and the authority it believes are unchanged.
		assert.deepEqual(await ask(), answer);
		const answered = performance.now();
		t.diagnostic(
			`restored after ${((restored - started) / 1000).toFixed(1)} s, answered after ${((answered - started) / 1000).toFixed(1)} s`,
		);
		await waitFor(target.kubectl, vault, 'Ready');
		assert.equal(await fingerprint(), key);
		assert.equal(await tokenOf(target.kubectl, vault), token);
		assert.equal(await authorityOf(target.kubectl, vault), authority);
	});

	it('[CLU-42] lists no archive that does not open, whoever was killed while a schedule made it', async t => {
		const count = Number(process.env.BACKUP_KILLS ?? 4);
		const scene = { target, namespace: vault.namespace, archives };
		const { made, kills, listed, failed } = await backUpUnderKills(scene, count, line => console.log(line));
		t.diagnostic(`${made} backups, ${JSON.stringify(kills)} killed, ${listed.length} archives, ${failed.length} given up`);
		assert.ok(made >= count && listed.length + failed.length >= made);
		const identityFile = join(await mkdtemp(join(tmpdir(), 'identity-')), 'identity.txt');
		await writeFile(identityFile, archives.identity);
		const keys = new Map<string, unknown>();
		for (const { vault: name, archive: file } of listed) {
			if (!keys.has(name)) keys.set(name, await fingerprint(name));
			assert.equal(await drillOffline(join(archives.folder, vault.namespace, name, file), identityFile), keys.get(name), file);
		}
		await rm(dirname(identityFile), { recursive: true });
	});
});
