/** What import and KEK change in the objects of a vault, and what they leave as it was. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KEYGEN_FAULTS } from '../../../crds/keygen-faults.ts';
import { buildVaultConfig } from '../../../operator/desired/config-map.ts';
import { desired } from '../../../operator/desired/index.ts';
import type { Inputs } from '../../../operator/desired/inputs.ts';
import { findAll } from '../../../operator/observe/findings.ts';
import { inputsOf } from '../../../operator/reconcile/plan.ts';
import * as build from './builders.ts';

const objects = (keys: Record<string, unknown>, over: Partial<Inputs> = {}) =>
	desired(build.vault({ keys }), build.inputs({ isKeygenWanted: true, ...over }));
const only = (keys: Record<string, unknown>, kind: string, over: Partial<Inputs> = {}) =>
	Object(objects(keys, over).find(object => object.kind === kind));
const keygenRole = (keys: Record<string, unknown>) =>
	Object(objects(keys).find(({ kind, metadata }) => kind === 'Role' && metadata.name === 'acme-keygen'));
const podOf = (object: { spec: { template: { spec: PodSpec } } }) => {
	const { containers, volumes } = object.spec.template.spec;
	const [container] = containers;
	assert.ok(container);
	return { ...container, volumes };
};
type Named = { name: string; [field: string]: unknown };
type PodSpec = { containers: { args: string[]; volumeMounts: Named[] }[]; volumes: Named[] };
/** Without the flags of Node before it. */
const commandOf = (args: readonly string[]) => args.slice(args.indexOf('/app/vault/main.js'));
const named = (list: readonly Named[], name: string) => list.find(each => each.name === name);

const imported = { import: { secretName: 'old-key', key: 'key.json' } };
const csi = { driver: 'secrets-store.csi.k8s.io', readOnly: true, volumeAttributes: { secretProviderClass: 'acme-kek' } };
const filed = { kek: { type: 'File', file: { volume: { csi }, path: 'acme/kek' } } };

describe('an import', () => {
	it('[OPR-60] is mounted into the keygen Job, key and KEK alone, and into nothing else', () => {
		const { args, volumes, volumeMounts } = podOf(only(imported, 'Job', { isImportWanted: true }));
		assert.deepEqual(commandOf(args).slice(2), [
			'--import',
			'/etc/runevault/import/SecKey.json',
			'--import-kek',
			'/etc/runevault/import/kek',
		]);
		assert.deepEqual(named(volumeMounts, 'import'), { name: 'import', mountPath: '/etc/runevault/import', readOnly: true });
		assert.deepEqual(named(volumes, 'import')?.secret, {
			secretName: 'old-key',
			items: [
				{ key: 'key.json', path: 'SecKey.json' },
				{ key: 'kek', path: 'kek' },
			],
			optional: true,
			defaultMode: 0o440,
		});
		assert.deepEqual(only(imported, 'StatefulSet', { isImportWanted: true }), only({}, 'StatefulSet'));
		assert.deepEqual(keygenRole(imported), keygenRole({}), 'the kubelet mounts it: the Job needs no right');
	});

	it('[OPR-60] is not looked at any more when a key is recorded, however it came into the spec', () => {
		assert.deepEqual(only(imported, 'Job'), only({}, 'Job'));
		const settings = { image: 'x', version: '1', operatorNamespace: 'o', clusterDomain: 'c' };
		const wantsImport = (...modifiers: build.Modifier[]) => inputsOf(build.facts(...modifiers), settings, []).isImportWanted;
		const keys = { fingerprint: build.FINGERPRINT, version: 1, dimension: 1024, secretName: 'acme-keys-1' };
		assert.equal(wantsImport(build.withStatus({ keys })), false);
		assert.equal(wantsImport(build.withStatus({})), true);
	});

	it('[OPR-60] makes no key while its Secret is missing', () => {
		const settings = { image: 'x', version: '1', operatorNamespace: 'o', clusterDomain: 'c' };
		const generate = build.withKeys({ stage: 'generate', fingerprint: undefined, isFailed: false });
		const missing: build.Modifier = before => ({
			...before,
			missingRefs: [{ path: 'spec.keys.import.secretName', kind: 'Secret', name: 'old-key' }],
		});
		assert.equal(inputsOf(build.facts(generate), settings, []).isKeygenWanted, true);
		const facts = build.facts(generate, missing);
		assert.equal(inputsOf(facts, settings, []).isKeygenWanted, false);
		const { Ready, ResolvedRefs, KeysLoaded, Progressing } = findAll(facts);
		assert.deepEqual(
			[Ready.reason, ResolvedRefs.reason, KeysLoaded.reason, Progressing.reason],
			['RefsMissing', 'SecretNotFound', 'Generating', 'GeneratingKeys'],
		);
		assert.equal(ResolvedRefs.message, 'spec.keys.import.secretName: there is no Secret old-key.');
		assert.equal(KeysLoaded.message, 'The key is adopted once the Secret that spec.keys.import names is there.');
	});

	it('[OPR-62] that fails is told in the status in one sentence', () => {
		for (const fault of Object.keys(KEYGEN_FAULTS) as (keyof typeof KEYGEN_FAULTS)[]) {
			const facts = build.facts(build.withKeys({ stage: 'generate', fingerprint: undefined, isFailed: true, fault }));
			const { KeysLoaded, Degraded } = findAll(facts);
			assert.deepEqual([KeysLoaded.reason, Degraded.reason], ['KeygenFailed', 'KeygenFailed']);
			assert.equal(KeysLoaded.message, `Job acme-keygen failed and is started again: ${KEYGEN_FAULTS[fault]}.`);
		}
		const silent = findAll(build.facts(build.withKeys({ stage: 'generate', fingerprint: undefined, isFailed: true })));
		assert.equal(silent.KeysLoaded.message, "Job acme-keygen failed and is started again: its pod's log says why.");
	});
});

describe('a KEK in a file', () => {
	it('[OPR-61] is mounted by pods and Job from the volume of the spec, and read where it lies in it', () => {
		for (const kind of ['StatefulSet', 'Job']) {
			const { volumes, volumeMounts } = podOf(only(filed, kind));
			assert.deepEqual(named(volumes, 'kek'), { name: 'kek', csi }, kind);
			assert.deepEqual(named(volumeMounts, 'kek'), { name: 'kek', mountPath: '/etc/runevault/kek', readOnly: true }, kind);
		}
		assert.deepEqual(commandOf(podOf(only(filed, 'Job')).args).slice(2), ['--kek', '/etc/runevault/kek/acme/kek']);
		assert.equal(buildVaultConfig(build.vault({ keys: filed }), build.inputs()).keys.kekFile, '/etc/runevault/kek/acme/kek');
	});

	it('[OPR-61] leaves the Job no right to the KEK Secret', () => {
		assert.match(JSON.stringify(keygenRole({}).rules), /acme-kek/);
		assert.doesNotMatch(JSON.stringify(keygenRole(filed).rules), /acme-kek/);
	});

	it('[OPR-61] that is not asked for changes nothing', () => {
		assert.deepEqual(objects({ kek: { type: 'Secret' } }), objects({}));
		const { volumes, args } = podOf(only({}, 'StatefulSet'));
		assert.deepEqual(named(volumes, 'kek'), { name: 'kek', secret: { secretName: 'acme-kek', defaultMode: 0o440 } });
		assert.deepEqual(commandOf(args), ['/app/vault/main.js', 'serve']);
		assert.deepEqual(commandOf(podOf(only({}, 'Job')).args), ['/app/vault/main.js', 'keygen']);
		assert.equal(buildVaultConfig(build.vault(), build.inputs()).keys.kekFile, '/etc/runevault/kek/kek');
	});
});
