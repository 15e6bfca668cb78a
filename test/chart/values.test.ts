/** The values of the charts: each explained, each checked, a wrong one refused by its name; and what of the CRD chart must stay. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';
import { z } from 'zod';
import { chartFolder, parseObjects, renderText, set } from './render.ts';

const read = (name: string) => readFile(join(chartFolder('runevault'), name), 'utf8');
const schemaSchema: z.ZodType<Schema> = z.lazy(() =>
	z.looseObject({ properties: z.record(z.string(), schemaSchema).optional(), $ref: z.string().optional() }),
);
type Schema = { properties?: Record<string, Schema> | undefined; $ref?: string | undefined };

/** Paths of values whose line, or the one before in a group, has no comment above. */
function unexplained(map: YAMLMap, path = ''): string[] {
	let isExplained = false;
	return map.items.flatMap(({ key, value }, index) => {
		if (!isScalar(key)) return [];
		const name = `${path}${String(key.value)}`;
		const comment = key.commentBefore ?? (index === 0 ? map.commentBefore : undefined);
		// A blank line ends a group; within it one comment may speak of several.
		isExplained = comment != null || (isExplained && key.spaceBefore !== true);
		if (isMap(value) && value.items.length > 0) return unexplained(value, `${name}.`);
		return isExplained ? [] : [name];
	});
}

describe('the values', () => {
	it('[CHT-5] each have a comment', async () => {
		const contents = parseDocument(await read('values.yaml')).contents;
		assert.ok(isMap(contents));
		// `resources` and `serviceAccount.name` are explained where they stand; what is below `resources` is Kubernetes' own.
		assert.deepEqual(
			unexplained(contents).filter(path => !path.startsWith('resources.') && !path.endsWith('.enabled')),
			[],
		);
	});

	it('[CHT-5] are all in the schema, and the schema has no other', async () => {
		const schema = schemaSchema.parse(JSON.parse(await read('values.schema.json')));
		const values = parseDocument(await read('values.yaml')).toJS() as Record<string, unknown>;
		assert.deepEqual(
			Object.keys(schema.properties ?? {})
				.filter(name => name !== 'global')
				.sort(),
			Object.keys(values).sort(),
		);
		for (const [name, { properties }] of Object.entries(schema.properties ?? {})) {
			if (properties === undefined || name === 'resources') continue;
			assert.deepEqual(Object.keys(properties).sort(), Object.keys(Object(values[name])).sort(), name);
		}
	});

	const wrong: [value: string, name: RegExp][] = [
		['replicas=0', /replicas/],
		['replica=2', /replica/],
		['image.digest=sha256:abc', /image\/digest/],
		['image.repository=localhost/runevault:1.0', /image\/repository/],
		['image.pullPolicy=Sometimes', /image\/pullPolicy/],
		['logLevel=loud', /logLevel/],
		['watchNamespaces={Not A Name}', /watchNamespaces\/0/],
		['serviceAccount.create=false', /serviceAccount\/name/],
		['podDisruptionBudget.maxUnavailable=0', /podDisruptionBudget\/maxUnavailable/],
		['networkPolicy.egress.apiServerPorts={70000}', /networkPolicy\/egress\/apiServerPorts\/0/],
		['admissionPolicies.podAccess.enabled=perhaps', /admissionPolicies\/podAccess\/enabled/],
		['admissionPolicies.everything.enabled=true', /admissionPolicies/],
		['resources.limit.memory=1Gi', /resources/],
		['tests.timeoutSeconds=0', /tests\/timeoutSeconds/],
		['fullnameOverride=Upper', /fullnameOverride/],
	];
	for (const [value, name] of wrong) {
		it(`[CHT-6] refuse ${value} by name`, () => assert.rejects(renderText('runevault', set(value)), name));
	}
});

describe('the CRD chart', () => {
	it('[CHT-7] keeps every CRD when it is removed', async () => {
		const objects = parseObjects(await renderText('runevault-crds'));
		assert.ok(objects.length > 0);
		for (const { kind, metadata } of objects) {
			assert.equal(kind, 'CustomResourceDefinition');
			assert.equal(metadata.annotations?.['helm.sh/resource-policy'], 'keep', metadata.name);
		}
	});
});
