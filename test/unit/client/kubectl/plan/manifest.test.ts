import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyPatch, merged, readManifest } from '../../../../../client/kubectl/plan/manifest.ts';
import { aVault } from '../builders.ts';

const text = (spec = 'spec: {team: acme}', metadata = 'metadata: {name: acme}') =>
	`apiVersion: runevault.io/v1alpha1\nkind: RuneVault\n${metadata}\n${spec}\n`;
const read = (yaml: string) => readManifest(yaml, 'new.yaml');

describe('kubectl runevault plan: the file', () => {
	it('may hold other documents', () => {
		assert.equal(read(`kind: Namespace\n---\n${text()}---\n`).metadata.name, 'acme');
	});

	for (const [what, yaml, message] of [
		['is not YAML', 'a: [', /^new\.yaml is not YAML: .*at line 1/],
		['holds no RuneVault', 'kind: Pod', /^new\.yaml holds 0 RuneVaults/],
		['holds two', `${text()}---\n${text()}`, /^new\.yaml holds 2 RuneVaults/],
		['is of another version', text().replace('v1alpha1', 'v9'), /apiVersion: must be runevault\.io\/v1alpha1/],
		['has no name', text(undefined, 'metadata: {}'), /metadata\.name: must be a name/],
		['has no spec', text(''), /spec: must be an object/],
	] as const) {
		it(`[CLI-43] one that ${what} is refused in one line that says so`, () => {
			assert.throws(() => read(yaml), { message });
		});
	}
});

describe('kubectl runevault plan: what kubectl apply would send', () => {
	const live = (applied: unknown) =>
		aVault({}, { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(applied) } });

	it('[CLI-41] sets what the file says, and takes out what it said when it was last applied', () => {
		const applied = { metadata: { labels: { gone: 'x' } }, spec: { team: 'acme', replicas: 2, access: { limits: { topK: 3 } } } };
		const patch = applyPatch(read(text('spec: {team: acme, access: {tokens: [{name: ci}]}}')), live(applied));
		assert.deepEqual(patch, {
			metadata: { labels: { gone: null }, annotations: {} },
			spec: { team: 'acme', replicas: null, access: { tokens: [{ name: 'ci' }], limits: null } },
		});
	});

	it('[CLI-41] takes nothing out of what was never applied so', () => {
		assert.deepEqual(applyPatch(read(text()), aVault()), { metadata: { labels: {}, annotations: {} }, spec: { team: 'acme' } });
	});

	it('a merge patch sets, goes into objects, takes lists whole and takes out what is null', () => {
		const patch = { a: { b: null, c: 2 }, list: [3], fresh: { d: null, e: 1 } };
		assert.deepEqual(merged({ a: { b: 1, x: 9 }, list: [1, 2] }, patch), { a: { x: 9, c: 2 }, list: [3], fresh: { e: 1 } });
	});
});
