/** Every RuneVault in examples/, applied as it is on a real API server, and what the operator makes of it. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { backupResource, restoreResource } from '../../../crds/operations.ts';
import { resource as runeVaults } from '../../../crds/runevault.ts';
import { type KubeObject, resourcePath } from '../../../kube/resources.ts';
import { conditionOf, untilCondition } from './fixture.ts';
import { Stage } from './stage.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'examples');
const files = (await readdir(folder)).filter(file => file.endsWith('.yaml'));

let stage: Stage;
before(async () => {
	stage = await Stage.start();
});
after(() => stage?.stop());

const kinds = [runeVaults, backupResource, restoreResource];

const documentsIn = async (file: string): Promise<KubeObject[]> =>
	parseAllDocuments(await readFile(join(folder, file), 'utf8')).map(document => document.toJS());

async function runeVaultsIn(file: string): Promise<KubeObject[]> {
	return (await documentsIn(file)).filter(({ kind }) => kind === runeVaults.kind);
}

/** As `kubectl apply` sends it: a field that the schema does not know is refused. */
async function createStrictly(object: KubeObject, namespace: string, dryRun: { dryRun?: 'All' } = {}): Promise<KubeObject> {
	const resource = kinds.find(({ kind }) => kind === object.kind);
	assert.ok(resource, object.kind);
	return stage.world.admin.request({
		method: 'POST',
		path: resourcePath(resource, { namespace }),
		query: { fieldValidation: 'Strict', ...dryRun },
		body: { ...object, metadata: { ...object.metadata, namespace } },
	});
}

describe('the examples', { concurrency: 2 }, () => {
	it('[DOC-1] are one file a use, each about one RuneVault', async () => {
		assert.ok(files.length >= 10, files.join(' '));
		for (const file of files) assert.equal((await runeVaultsIn(file)).length, 1, file);
	});

	for (const file of files) {
		it(`[DOC-1] ${file} is accepted, and all that it asks for is applied when what it names is there`, async () => {
			const [example] = await runeVaultsIn(file);
			assert.ok(example);
			const { vault, node } = await stage.place(file.replace('.yaml', ''));
			assert.equal(example.metadata.name, vault.name);
			// Not for real: a restore that is under way keeps its RuneVault from being changed.
			const others = (await documentsIn(file)).filter(({ kind }) => kind !== runeVaults.kind);
			for (const other of others) await createStrictly(other, vault.namespace, { dryRun: 'All' });
			await createStrictly(example, vault.namespace);
			await untilCondition(stage.world, vault, 'Accepted', 'True');
			const refs = await conditionOf(stage.world, vault, 'ResolvedRefs');
			if (refs?.status !== 'True') {
				assert.match(refs?.message ?? '', /^spec\./, 'what is missing is named by its field');
				return;
			}
			await node.keygen();
			await untilCondition(stage.world, vault, 'Programmed', 'True', 'Applied');
		});
	}
});
