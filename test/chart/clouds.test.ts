/** The guides for clouds beside the examples and the schemas they speak of. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { checkout } from '../cluster/paths.ts';
import { chartFolder, parseObjects, renderText } from './render.ts';
import { CLOUDS, cloudFile } from './scenarios.ts';

const guide = (name: string) => readFile(join(checkout, 'docs', 'clouds', `${name}.md`), 'utf8');

/** Whether a schema of a CRD, or values, have a field at this path, such as `access.tokens[].generation`. */
function hasField(schema: unknown, path: string): boolean {
	return path.split('.').every(part => {
		const name = part.replace('[]', '');
		const next = Object(Object(schema).properties ?? schema)[name];
		schema = part.endsWith('[]') ? Object(next).items : next;
		return schema !== undefined;
	});
}

describe('the guides for clouds', () => {
	for (const cloud of CLOUDS) {
		it(`[CHT-9] ${cloud} links both files, and shows the class that its RuneVault mounts`, async () => {
			const text = await guide(cloud);
			for (const file of ['values.yaml', 'runevault.yaml']) assert.ok(text.includes(`](../../examples/clouds/${cloud}/${file})`));
			const vault = Object(parseObjects(await readFile(cloudFile(cloud, 'runevault.yaml'), 'utf8')).at(-1));
			const mounted = vault.spec.keys?.kek.file.volume.csi.volumeAttributes.secretProviderClass;
			const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].flatMap(([, block]) =>
				parseAllDocuments(block ?? '').map(each => each.toJS()),
			);
			const classes = blocks.filter(({ kind }) => kind === 'SecretProviderClass');
			assert.deepEqual(
				classes.map(({ metadata }) => metadata),
				mounted === undefined ? [] : [{ name: mounted, namespace: vault.metadata.namespace }],
			);
		});
	}

	it('[CHT-9] the table of the Terraform variables names fields that exist', async () => {
		const [crd] = parseObjects(await renderText('runevault-crds')).filter(({ metadata }) => metadata.name === 'runevaults.runevault.io');
		const schema = Object(crd).spec.versions[0].schema.openAPIV3Schema;
		const values = parse(await readFile(join(chartFolder('runevault'), 'values.yaml'), 'utf8'));
		const text = await guide('README');
		const table = text.slice(text.indexOf('| variable | here |'));
		const fields = [...table.matchAll(/`(spec\.[\w.[\]]+)`/g)].map(([, path]) => path ?? '');
		assert.ok(fields.length > 12);
		assert.deepEqual(
			fields.filter(path => !hasField(schema, path)),
			[],
		);
		for (const path of ['image.repository', 'image.digest']) assert.ok(table.includes(path) && hasField(values, path), path);
	});
});
