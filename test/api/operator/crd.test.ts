/** The CRD and its rules on a real API server. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { resource as runeVaults } from '../../../crds/runevault.ts';
import { KubeError } from '../../../kube/errors.ts';
import { get, list } from '../../../kube/objects.ts';
import { resources } from '../../../kube/resources.ts';
import { buildStatefulSet } from '../../../operator/desired/stateful-set.ts';
import { vault as aVault, inputs } from '../../unit/operator/builders.ts';
import { applyAs, applyVault, patchVault, readVault, World } from './fixture.ts';

let world: World;
before(async () => {
	world = await World.start();
	await world.namespace('rules');
});
after(() => world?.stop());

const vault = (name: string) => ({ namespace: 'rules', name });

async function refusal(work: Promise<unknown>): Promise<string> {
	try {
		await work;
	} catch (error) {
		assert.ok(error instanceof KubeError, String(error));
		return String(error);
	}
	throw new Error('the API server took it');
}

describe('the CRD on a real API server', () => {
	it('[OPR-3] fills in every default', async () => {
		await applyVault(world, vault('defaults'));
		const { spec } = await readVault(world, vault('defaults'));
		assert.deepEqual(spec, {
			team: 'acme',
			replicas: 3,
			imagePullPolicy: 'IfNotPresent',
			keys: { dimension: 1024, deletionPolicy: 'Retain', kek: { type: 'Secret' } },
			access: {
				tokens: [{ name: 'team', role: 'Member', generation: 1, overlap: '0s' }],
				limits: { topK: 10, callsPerMinute: 600, failedAuthPerMinute: 20 },
			},
			failover: { probePeriod: '10s', leaseDuration: '15s' },
			routing: 'Primary',
			audit: { sink: 'Stdout' },
			tls: { type: 'SelfSigned' },
			protection: {
				provenance: { mode: 'Optional', publicKeys: [] },
				guardRows: 16,
				smudge: '5e-3',
				releasedBits: { limitPerKey: 3000, onLimit: 'Alert' },
			},
			ingress: { state: 'Disabled', type: 'Ingress', preset: 'None' },
			monitoring: { serviceMonitor: 'Enabled' },
			networkPolicy: { state: 'Enabled' },
			resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '1Gi' } },
			podTemplate: {},
		});
	});

	const volume = (secretProviderClass: string) => ({
		csi: { driver: 'secrets-store.csi.k8s.io', volumeAttributes: { secretProviderClass } },
	});
	const kek = (of: string) => ({ type: 'File', file: { volume: volume(of) } });

	const changes: [string, Record<string, unknown>, RegExp][] = [
		['an import that comes later', { keys: { import: { secretName: 'old' } } }, /spec\.keys\.import: .*immutable/],
		['a KEK that moves into a file', { keys: { kek: kek('a') } }, /spec\.keys\.kek: .*immutable/],
		['another team', { team: 'other' }, /spec\.team: .*immutable/],
		['another dimension', { keys: { dimension: 512 } }, /spec\.keys\.dimension: .*immutable/],
		['another audit sink', { audit: { sink: 'Volume', volume: { size: '1Gi' } } }, /spec\.audit: .*immutable: delete the RuneVault/],
		['a lower generation', { access: { tokens: [{ name: 'team', generation: 1 }] } }, /generation: .*must not fall/],
	];
	for (const [what, spec, message] of changes) {
		it(`[OPR-3] refuses ${what}`, async () => {
			const name = vault(`immutable-${changes.findIndex(([each]) => each === what)}`);
			await applyVault(world, name, { access: { tokens: [{ name: 'team', generation: 2 }] } });
			assert.match(await refusal(patchVault(world, name, { spec })), message);
		});
	}

	it('[OPR-3] keeps import and KEK as they came, and refuses to have them changed or taken out', async () => {
		const name = vault('custody');
		const keys = { import: { secretName: 'old' }, kek: kek('a') };
		await applyVault(world, name, { keys });
		const kept = {
			dimension: 1024,
			deletionPolicy: 'Retain',
			import: { secretName: 'old', key: 'SecKey.json' },
			kek: { type: 'File', file: { volume: volume('a'), path: 'kek' } },
		};
		assert.deepEqual(Object((await readVault(world, name)).spec).keys, kept);
		await patchVault(world, name, { spec: { replicas: 2, keys: { indexName: 'memory' } } });
		for (const [change, field] of [
			[{ import: null }, 'import'],
			[{ import: { secretName: 'other' } }, 'import'],
			[{ import: { key: 'other' } }, 'import'],
			[{ kek: null }, 'kek'],
			[{ kek: kek('b') }, 'kek'],
			[{ kek: { file: { path: 'other' } } }, 'kek'],
			[{ kek: { file: { volume: { csi: { readOnly: true } } } } }, 'kek'],
		] as const) {
			const said = await refusal(patchVault(world, name, { spec: { keys: change } }));
			assert.match(said, new RegExp(`spec\\.keys\\.${field}: .*immutable`), JSON.stringify(change));
		}
		assert.deepEqual(Object((await readVault(world, name)).spec).keys, { ...kept, indexName: 'memory' });
	});

	const specs: [string, Record<string, unknown>, RegExp][] = [
		['ten replicas', { replicas: 10 }, /spec\.replicas/],
		['no replicas', { replicas: 0 }, /spec\.replicas/],
		['a dimension of 16', { keys: { dimension: 16 } }, /spec\.keys\.dimension/],
		['a KEK in a file that is nowhere', { keys: { kek: { type: 'File' } } }, /spec\.keys\.kek\.file/],
		['a file for a KEK in a Secret', { keys: { kek: { ...kek('a'), type: 'Secret' } } }, /spec\.keys\.kek\.file/],
		[
			'a KEK in two volumes',
			{ keys: { kek: { type: 'File', file: { volume: { csi: {}, secret: {} } } } } },
			/spec\.keys\.kek\.file\.volume/,
		],
		['one guard row', { protection: { guardRows: 1 } }, /spec\.protection\.guardRows: .*must be 0 or 16/],
		['too little noise to matter', { protection: { smudge: '1e-5' } }, /spec\.protection\.smudge: .*must be 0, or between/],
		['noise that drowns the scores', { protection: { smudge: '0.02' } }, /spec\.protection\.smudge: .*must be 0, or between/],
		['noise that is no number', { protection: { smudge: 'much' } }, /spec\.protection\.smudge/],
		[
			'signed results without a key',
			{ protection: { provenance: { mode: 'Required' } } },
			/spec\.protection\.provenance\.publicKeys: .*must hold a key/,
		],
		['more bits than a key has', { protection: { releasedBits: { limitPerKey: 6491 } } }, /releasedBits\.limitPerKey/],
		[
			'a KEK above its volume',
			{ keys: { kek: { type: 'File', file: { volume: volume('a'), path: '../kek' } } } },
			/spec\.keys\.kek\.file\.path/,
		],
		['an import of no Secret', { keys: { import: {} } }, /spec\.keys\.import\.secretName/],
		['a token name twice', { access: { tokens: [{ name: 'a' }, { name: 'a' }] } }, /spec\.access\.tokens/],
		['no tokens', { access: { tokens: [] } }, /spec\.access\.tokens/],
		['an Ingress without a host', { ingress: { state: 'Enabled' } }, /spec\.ingress\.host/],
		['a volume for audit without its size', { audit: { sink: 'Volume' } }, /spec\.audit\.volume: .*with the sink Volume, and only then/],
		['a volume that nothing is written to', { audit: { volume: { size: '1Gi' } } }, /spec\.audit\.volume: /],
		['a volume that is too small', { audit: { sink: 'Volume', volume: { size: '63Mi' } } }, /spec\.audit\.volume\.size: .*between 64Mi/],
		['a collector with a password', { tracing: { endpoint: 'http://a:b@collector' } }, /spec\.tracing\.endpoint/],
		['more calls than all', { tracing: { endpoint: 'http://c', samplingRatio: '1.5' } }, /spec\.tracing\.samplingRatio/],
		['a lease of one second', { failover: { leaseDuration: '1s' } }, /spec\.failover\.leaseDuration/],
		['a duration that is none', { failover: { probePeriod: 'soon' } }, /spec\.failover\.probePeriod/],
		['a reserved label', { podTemplate: { labels: { 'runevault.io/vault': 'x' } } }, /spec\.podTemplate\.labels/],
		['a token name of 21 characters', { access: { tokens: [{ name: 'a'.repeat(21) }] } }, /spec\.access\.tokens\[0\]\.name/],
	];
	for (const [what, spec, message] of specs) {
		it(`[OPR-3] refuses ${what}`, async () => {
			assert.match(await refusal(applyVault(world, vault('refused'), spec)), message);
		});
	}

	it('[OPR-63] takes a StatefulSet with a claim of each pod, and applying it again writes nothing', async () => {
		const audit = { sink: 'Volume', volume: { size: '10Gi', storageClassName: 'fast' } };
		await applyVault(world, vault('kept'), { audit });
		const { spec } = await readVault(world, vault('kept'));
		assert.deepEqual(Object(spec).audit, audit);
		const set = buildStatefulSet({ ...aVault({ audit }, 'kept'), namespace: 'rules' }, inputs());
		assert.ok(set);
		const first = await applyAs(world.admin, set, resources.statefulSets);
		const second = await applyAs(world.admin, set, resources.statefulSets);
		assert.equal(Object(first.spec).volumeClaimTemplates[0].spec.resources.requests.storage, '10Gi');
		assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
	});

	it('[OPR-3] refuses a name that its objects could not append to', async () => {
		assert.match(await refusal(applyVault(world, vault('a'.repeat(41)))), /at most 40 characters/);
	});

	it('[OPR-3] is found by its short name, its category and its team', async () => {
		await applyVault(world, vault('found'), { team: 'findable' });
		const { items } = await list(world.admin, runeVaults, { fieldSelector: 'spec.team=findable' });
		assert.deepEqual(
			items.map(item => item.metadata.name),
			['found'],
		);
		const crd = await get(world.admin, resources.customResourceDefinitions, { name: 'runevaults.runevault.io' });
		assert.deepEqual(Object(crd?.spec).names.shortNames, ['rv']);
		assert.deepEqual(Object(crd?.spec).names.categories, ['all']);
	});
});
