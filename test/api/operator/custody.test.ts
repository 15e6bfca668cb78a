/** Keys that somebody brings along, on a real API server. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { create, patchMerge, remove } from '../../../kube/objects.ts';
import { resources } from '../../../kube/resources.ts';
import { until } from '../../install/run.ts';
import { conditionOf, readVault, untilCondition } from './fixture.ts';
import { type Placed, Stage } from './stage.ts';

let stage: Stage;
before(async () => {
	stage = await Stage.start();
});
after(() => stage?.stop());

/** A pod of the keygen Job has ended, and this is what it said. */
async function failKeygen({ vault: { namespace }, node }: Placed, said: string): Promise<void> {
	const job = await until('the keygen Job', () => node.read(resources.jobs, 'acme-keygen'), 15_000, 60);
	const { metadata, spec } = Object(job.spec).template;
	const name = 'acme-keygen-x';
	const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name: 'acme-keygen', uid: job.metadata.uid ?? '', controller: true }];
	await create(stage.world.admin, resources.pods, {
		apiVersion: 'v1',
		kind: 'Pod',
		metadata: { name, namespace, labels: metadata.labels, ownerReferences },
		spec,
	});
	const state = { terminated: { exitCode: 1, reason: 'Error', message: said } };
	const status = {
		phase: 'Failed',
		containerStatuses: [{ name: 'keygen', ready: false, restartCount: 0, image: 'x', imageID: 'x', state }],
	};
	await patchMerge(stage.world.admin, resources.pods, { namespace, name }, { status }, { subresource: 'status' });
}

describe('keys of ones own', { concurrency: 2 }, () => {
	it('[OPR-60] [OPR-62] an import waits for its Secret, tells why it failed, and needs the Secret no more when it is done', async () => {
		const { vault, node } = await stage.newVault('import', { keys: { import: { secretName: 'old-key' } } });
		const refs = await untilCondition(stage.world, vault, 'ResolvedRefs', 'False', 'SecretNotFound');
		assert.equal(refs.message, 'spec.keys.import.secretName: there is no Secret old-key.');
		await untilCondition(stage.world, vault, 'Ready', 'False', 'RefsMissing');
		await stage.quiet('import', 500);
		assert.equal(await node.read(resources.jobs, 'acme-keygen'), undefined, 'no key is made instead');

		const metadata = { name: 'old-key', namespace: 'import' };
		await create(stage.world.admin, resources.secrets, { apiVersion: 'v1', kind: 'Secret', metadata, data: { 'SecKey.json': 'e30=' } });
		await untilCondition(stage.world, vault, 'ResolvedRefs', 'True', 'Resolved', 30_000);
		await failKeygen({ vault, node }, 'ImportWrongKek');
		const failed = await untilCondition(stage.world, vault, 'KeysLoaded', 'False', 'KeygenFailed');
		assert.match(failed.message, /: kek in the Secret to import from does not open the key\.$/);

		await node.keygen();
		await node.runPods();
		await untilCondition(stage.world, vault, 'Ready', 'True');
		await remove(stage.world.admin, resources.secrets, metadata);
		const reads = () => stage.run.calls.filter(({ path }) => path.endsWith('/import/secrets/old-key')).length;
		const before = reads();
		await remove(stage.world.admin, resources.configMaps, { namespace: 'import', name: 'acme-canaries' });
		const job = await until('a Job for new canaries', () => node.read(resources.jobs, 'acme-keygen'), 15_000, 60);
		assert.doesNotMatch(JSON.stringify(job.spec), /old-key|--import/);
		await node.keygen();
		await untilCondition(stage.world, vault, 'Progressing', 'False');
		assert.equal((await conditionOf(stage.world, vault, 'ResolvedRefs'))?.status, 'True');
		assert.equal(reads(), before, 'nobody looks for the Secret any more');
		assert.equal(node.keysMade, 1);
	});

	it('[OPR-61] a KEK in a file: Ready without a KEK Secret, which is never asked for', async () => {
		const volume = { csi: { driver: 'secrets-store.csi.k8s.io', readOnly: true, volumeAttributes: { secretProviderClass: 'acme-kek' } } };
		const { vault, node } = await stage.servingVault('kekfile', { keys: { kek: { type: 'File', file: { volume } } } });
		assert.equal(await node.read(resources.secrets, 'acme-kek'), undefined);
		const set = await node.read(resources.statefulSets, 'acme');
		const { volumes } = Object(set?.spec).template.spec;
		assert.deepEqual(
			volumes.find(({ name }: { name: string }) => name === 'kek'),
			{ name: 'kek', ...volume },
		);
		assert.deepEqual(
			stage.run.calls.filter(({ path }) => path.endsWith('/kekfile/secrets/acme-kek')),
			[],
		);
		assert.ok((await readVault(stage.world, vault)).status?.keys?.fingerprint);
	});
});
