/** Manifests in the documents and in examples/, held against the schemas. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { runeVaultSpecSchema } from '../../../crds/runevault.ts';
import { filesOf, readPages, readText } from './pages.ts';

type Schema = {
	properties?: Record<string, Schema>;
	additionalProperties?: unknown;
	items?: Schema;
	'x-kubernetes-preserve-unknown-fields'?: boolean;
};

/** Of each kind, as the CRD has it. */
const schemas = new Map<string, Schema>();
for (const file of await filesOf('crds/*.yaml')) {
	const { spec } = parse(await readText(file));
	schemas.set(spec.names.kind, spec.versions[0].schema.openAPIV3Schema);
}

/** Fields that the schema does not have, as paths. */
function unknownFields(value: unknown, schema: Schema | undefined, path: string): string[] {
	if (Array.isArray(value)) return value.flatMap((item, index) => unknownFields(item, schema?.items, `${path}[${index}]`));
	if (typeof value !== 'object' || value === null) return [];
	if (schema?.additionalProperties !== undefined || schema?.['x-kubernetes-preserve-unknown-fields']) return [];
	return Object.entries(value).flatMap(([field, each]) => {
		const known = schema?.properties?.[field];
		return known === undefined ? [`${path}.${field}`] : unknownFields(each, known, `${path}.${field}`);
	});
}

/** What is wrong with the manifests of ours in a YAML text. A block of `spec` alone is a part of a RuneVault. */
function faults(text: string): string[] {
	return parseAllDocuments(text).flatMap(document => {
		if (document.errors.length > 0) return document.errors.map(error => error.message);
		const { apiVersion, kind, spec } = Object(document.toJS());
		const isPart = kind === undefined && spec !== undefined;
		if (!isPart && !String(apiVersion).startsWith('runevault.io/')) return [];
		const schema = schemas.get(isPart ? 'RuneVault' : kind);
		if (schema === undefined) return [`there is no kind ${kind}`];
		const unknown = unknownFields(spec, schema.properties?.spec, 'spec');
		if (!isPart && kind !== 'RuneVault') return unknown;
		const { error } = runeVaultSpecSchema.safeParse(isPart ? { team: 'acme', ...spec } : spec);
		return [...unknown, ...(error?.issues ?? []).map(({ path, message }) => `spec.${path.join('.')}: ${message}`)];
	});
}

const pages = (await readPages()).filter(({ blocks }) => blocks.some(({ language }) => language === 'yaml'));
const examples = await filesOf('examples/*.yaml');

describe('manifests', () => {
	for (const { file, blocks } of pages) {
		it(`[DOC-4] in ${file} fit the schemas`, () => {
			assert.deepEqual(
				blocks.filter(({ language }) => language === 'yaml').flatMap(({ text, line }) => faults(text).map(fault => `${line}: ${fault}`)),
				[],
			);
		});
	}

	for (const file of examples) {
		it(`[DOC-4] ${file} fits the schema`, async () => {
			assert.deepEqual(faults(await readText(file)), []);
		});
	}

	it('[DOC-4] that do not are found: another kind, a field, a value, a broken part', () => {
		assert.deepEqual(
			[
				'apiVersion: runevault.io/v1alpha1\nkind: RuneValt',
				'apiVersion: runevault.io/v1alpha1\nkind: RuneVault\nspec: {team: acme, keys: {dimensions: 4}}',
				'spec:\n  replicas: 12',
				'spec: {tls: {type: Secret, secret: {secretName: own}}}',
				'apiVersion: v1\nkind: Secret',
			].map(text => faults(text)[0]?.slice(0, 26)),
			['there is no kind RuneValt', 'spec.keys.dimensions', 'spec.replicas: Too big: ex', undefined, undefined],
		);
	});
});
