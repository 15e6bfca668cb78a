import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { MAX_CRD_BYTES } from '../../../crds/crd.ts';
import { findStale, generate, writeAll } from '../../../crds/generate.ts';
import { runeVaultSpecSchema } from '../../../crds/runevault.ts';
import { type JsonSchema, toStructural } from '../../../crds/structural.ts';

const described = (schema: JsonSchema): JsonSchema => ({ description: 'x', ...schema });
const object = (properties: Record<string, JsonSchema>) => described({ type: 'object', properties });

describe('the structural rewriter', () => {
	const refused: [string, JsonSchema, RegExp][] = [
		['a union', described({ anyOf: [] }), /cannot hold anyOf/],
		['a reference', described({ $ref: '#/x' }), /cannot hold \$ref/],
		['a boolean', described({ type: 'boolean' }), /boolean has no place/],
		['a float', described({ type: 'number' }), /number has no place/],
		['anything', described({}), /type any/],
		['a field without a description', { type: 'string', maxLength: 1 }, /no description/],
		['a string without a bound', described({ type: 'string' }), /no maxLength/],
		['a list without a bound', described({ type: 'array', items: {} }), /no maxItems/],
		['a map without a bound', described({ type: 'object', additionalProperties: {} }), /no maxProperties/],
		['an integer without bounds', described({ type: 'integer', minimum: 0 }), /no bounds/],
		['an object of nothing', described({ type: 'object' }), /says nothing/],
		['a pattern with look-ahead', described({ type: 'string', maxLength: 9, pattern: '^(?=a)' }), /RE2/],
		['a format nobody checks', described({ type: 'string', maxLength: 9, format: 'starts_with' }), /starts_with/],
	];
	for (const [what, schema, message] of refused) {
		it(`[OPR-2] refuses ${what}, naming the field`, () => {
			assert.throws(() => toStructural(object({ a: object({ b: schema }) })), message);
			assert.throws(() => toStructural(object({ a: object({ b: schema }) })), /\(root\)\.a\.b: /);
		});
	}

	it('[OPR-2] refuses a union of zod too', () => {
		const json = z.toJSONSchema(z.object({ a: z.union([z.string(), z.int()]).describe('x') }).describe('x'), {
			target: 'openapi-3.0',
			io: 'input',
		});
		const { $schema, ...schema } = json;
		assert.throws(() => toStructural(schema), /\.a: a CRD cannot hold anyOf/);
	});

	it('keeps bounds, defaults, rules and Kubernetes extensions', () => {
		const integer = described({
			type: 'integer',
			minimum: 1,
			maximum: 9,
			default: 3,
			'x-kubernetes-validations': [{ rule: 'self == oldSelf' }],
		});
		assert.deepEqual(toStructural(integer), { ...integer, format: 'int32' });
		const quantity = described({ type: 'string', maxLength: 9, pattern: '^[0-9]+$', 'x-kubernetes-int-or-string': true });
		assert.equal(toStructural(quantity).type, undefined);
	});
});

describe('the generated files', () => {
	it('[OPR-1] are what the schemas say', async () => {
		assert.deepEqual(await findStale(generate()), [], 'run: node crds/generate.ts');
	});

	it('[OPR-1] are found stale when they differ or are missing', async () => {
		const folder = await mkdtemp(join(tmpdir(), 'runevault-crds-'));
		try {
			const files = generate();
			assert.deepEqual(await findStale(files, folder), Object.keys(files));
			await writeAll(files, folder);
			assert.deepEqual(await findStale(files, folder), []);
			await writeFile(join(folder, 'crds/runevaults.yaml'), 'kind: Other\n');
			assert.deepEqual(await findStale(files, folder), ['crds/runevaults.yaml']);
		} finally {
			await rm(folder, { recursive: true });
		}
	});

	it('[OPR-1] hold a CRD that client-side apply can carry, the chart with the policy to keep it', () => {
		const files = generate();
		const crd = parse(files['crds/runevaults.yaml'] ?? '');
		const copy = parse(files['charts/runevault-crds/templates/runevaults.yaml'] ?? '');
		assert.ok(Buffer.byteLength(JSON.stringify(crd)) < MAX_CRD_BYTES);
		assert.deepEqual(copy.metadata.annotations, { 'helm.sh/resource-policy': 'keep' });
		assert.deepEqual(copy.spec, crd.spec);
		const [version] = crd.spec.versions;
		assert.deepEqual(
			version.additionalPrinterColumns.map((column: { name: string }) => column.name),
			['Ready', 'Primary', 'Replicas', 'Keys', 'Token-Age', 'Age', 'Epoch', 'Endpoint', 'Image'],
		);
	});

	it('are the same every time', () => assert.deepEqual(generate(), generate()));

	it('[OPR-1] have every default of the schema', () => {
		const [version] = parse(generate()['crds/runevaults.yaml'] ?? '').spec.versions;
		const withDefaults = (schema: JsonSchema, value: unknown): unknown => {
			const filled = value === undefined ? schema.default : value;
			if (schema.type === 'array' && Array.isArray(filled)) return filled.map(item => withDefaults(Object(schema.items), item));
			if (schema.properties === undefined || filled === undefined) return filled;
			const fields = Object.entries(Object(schema.properties)).map(([name, field]) => [
				name,
				withDefaults(Object(field), Object(filled)[name]),
			]);
			return Object.fromEntries(fields.filter(([, field]) => field !== undefined));
		};
		const spec = { team: 'acme', ingress: { state: 'Enabled', host: 'a.b' }, podTemplate: { tolerations: [{ key: 'a' }] } };
		assert.deepEqual(withDefaults(version.schema.openAPIV3Schema.properties.spec, spec), runeVaultSpecSchema.parse(spec));
	});
});
