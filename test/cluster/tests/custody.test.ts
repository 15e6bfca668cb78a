/** Keys and records that a team brings and keeps, on a real cluster: an adopted enVector key, and audit records on a volume. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findTarget } from '../../demo/target.ts';
import { crash } from '../../install/crash.ts';
import {
	applyManifest,
	connect,
	createNamespace,
	installOperator,
	manifest,
	reachVault,
	type Target,
	tokenOf,
	type VaultName,
	waitFor,
} from '../../install/installation.ts';
import { getObject } from '../../install/kubectl.ts';
import { run } from '../../install/run.ts';
import { makeVolume } from '../../install/volume.ts';

const namespace = `custody-${randomBytes(3).toString('hex')}`;
const adopted = { namespace, name: 'adopted' };
const audited = { namespace, name: 'audited' };
const vector = (name: string) => join(import.meta.dirname, '..', '..', 'vectors', 'envector', name);
/** The volume is a folder of a node on this machine. */
const skip = process.env.CLUSTER === 'current' && 'needs nodes on this machine';

describe('what a team brings and keeps', { skip }, () => {
	let target: Target;
	const settled = async (vault: VaultName) => {
		await waitFor(target.kubectl, vault, 'Ready');
		await waitFor(target.kubectl, vault, 'Progressing', 'False');
	};

	before(async () => {
		target = await findTarget(process.env);
		await installOperator(target);
		await createNamespace(target.kubectl, namespace);
	});
	after(async () => {
		await target?.kubectl(['delete', 'namespace', namespace, '--wait=false']);
		await target?.kubectl(['delete', 'persistentvolume', namespace, '--ignore-not-found', '--wait=false']);
	});

	it("[CLU-23] adopts the key of an enVector user, and opens the results of the vendor's own library with it", async () => {
		const metadata = { namespace, name: 'own-key' };
		const stringData = { 'SecKey.json': await readFile(vector('SecKey.json'), 'utf8') };
		await applyManifest(target.kubectl, { apiVersion: 'v1', kind: 'Secret', metadata, stringData });
		const keys = { dimension: 1024, import: { secretName: 'own-key' } };
		// The vendor's result holds no guard rows.
		const protection = { guardRows: 0, smudge: '0' };
		await applyManifest(target.kubectl, manifest(adopted, { replicas: 1, keys, protection }));
		await settled(adopted);
		await target.kubectl(['delete', 'secret', 'own-key', '-n', namespace]);
		const reach = await reachVault(target, adopted);
		try {
			const client = await connect(adopted, reach, await tokenOf(target.kubectl, adopted), { retries: 20 });
			const { results } = await client.decryptScores(await readFile(vector('score-sharded.pb')), 10);
			const expected = JSON.parse(await readFile(vector('score-sharded.top10.json'), 'utf8')) as { shard_idx: number; row_idx: number }[];
			assert.deepEqual(
				results.map(({ shard_idx, row_idx }) => [shard_idx, row_idx]),
				expected.map(({ shard_idx, row_idx }) => [shard_idx, row_idx]),
			);
			await client.close();
		} finally {
			await reach.close();
		}
	});

	it('[CLU-24] keeps audit records on a volume, in one chain although the process is killed', async () => {
		const folder = await makeVolume(target.kubectl, namespace);
		const audit = { sink: 'Volume', volume: { size: '64Mi', storageClassName: namespace } };
		await applyManifest(target.kubectl, manifest(audited, { replicas: 1, audit }));
		await settled(audited);
		const token = await tokenOf(target.kubectl, audited);
		const call = async () => {
			const reach = await reachVault(target, audited);
			const client = await connect(audited, reach, token, { retries: 40 });
			await client.status().finally(() => Promise.all([client.close(), reach.close()]));
		};
		const file = join(folder, 'audit-audited-0.000001.jsonl');
		const verified = () => run(process.execPath, ['client/kubectl/main.ts', 'audit', 'verify', file]);
		await call();
		await verified();
		const lines = (await readFile(file, 'utf8')).split('\n').length;
		await crash(target, audited, 'audited-0');
		await call();
		await settled(audited);
		await verified();
		assert.ok((await readFile(file, 'utf8')).split('\n').length > lines);
		const claim = await getObject(target.kubectl, 'persistentvolumeclaim', 'audit-audited-0', namespace);
		assert.equal(claim?.status?.phase, 'Bound');
	});
});
