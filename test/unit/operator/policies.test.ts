import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { checkSpec } from '../../../operator/observe/policies.ts';
import { resourceWith } from './builders.ts';

const violationsOf = (spec: unknown, name = 'acme') => {
	const check = checkSpec(resourceWith(spec, { name }));
	return 'violations' in check ? check.violations.map(({ path }) => path) : [];
};
const volume = { name: 'extra', emptyDir: {} };
const kekFile = { type: 'File', file: { volume: { csi: { driver: 'secrets-store.csi.k8s.io' } }, path: 'acme/kek' } };
const mounted = (mountPath: string) => ({ podTemplate: { extraVolumes: [volume], extraVolumeMounts: [{ name: 'extra', mountPath }] } });

const ed25519 = generateKeyPairSync('ed25519', {
	publicKeyEncoding: { type: 'spki', format: 'pem' },
	privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const x25519 = generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'pem' });
const signedBy = (...keys: unknown[]) => ({
	protection: { provenance: { mode: 'Required', publicKeys: keys.map((key, at) => ({ kid: `k${at}`, key })) } },
});
const keyPath = (index: number) => [`spec.protection.provenance.publicKeys[${index}].key`];

const ROWS: [string, Record<string, unknown>, string[]][] = [
	['the smallest spec', {}, []],
	['a team in capitals', { team: 'ACME' }, ['spec.team']],
	['a fraction of a replica', { replicas: 1.5 }, ['spec.replicas']],
	['a dimension of 31', { keys: { dimension: 31 } }, ['spec.keys.dimension']],
	['a dimension of 32', { keys: { dimension: 32 } }, []],
	['a dimension of 4097', { keys: { dimension: 4097 } }, ['spec.keys.dimension']],
	['an import', { keys: { import: { secretName: 'old-key' } } }, []],
	['an import of no Secret', { keys: { import: {} } }, ['spec.keys.import.secretName']],
	['an import of a path', { keys: { import: { secretName: 'a', key: '../x' } } }, ['spec.keys.import.key']],
	['a KEK in a file', { keys: { kek: kekFile } }, []],
	['a KEK in a file that is nowhere', { keys: { kek: { type: 'File' } } }, ['spec.keys.kek.file']],
	['a file for a KEK in a Secret', { keys: { kek: { file: kekFile.file } } }, ['spec.keys.kek.file']],
	[
		'a KEK outside of its volume',
		{ keys: { kek: { type: 'File', file: { ...kekFile.file, path: 'a/../../kek' } } } },
		['spec.keys.kek.file.path'],
	],
	...[{}, { csi: {}, hostPath: {} }, { name: 'kek' }].map(
		source =>
			[
				`a KEK in a volume of ${Object.keys(source).join(' and ') || 'nothing'}`,
				{ keys: { kek: { type: 'File', file: { volume: source } } } },
				['spec.keys.kek.file.volume'],
			] as [string, Record<string, unknown>, string[]],
	),
	['an unknown role', { access: { tokens: [{ name: 'a', role: 'Root' }] } }, ['spec.access.tokens[0].role']],
	['a token name that comes twice', { access: { tokens: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] } }, ['spec.access.tokens[2].name']],
	['a lease of 4 s', { failover: { leaseDuration: '4s' } }, ['spec.failover.leaseDuration']],
	['a lease in minutes', { failover: { leaseDuration: '1m30s' } }, []],
	['an Ingress without a host', { ingress: { state: 'Enabled' } }, ['spec.ingress.host']],
	['a quantity that is none', { resources: { limits: { memory: 'much' } } }, ['spec.resources.limits.memory']],
	['a quantity as a number', { resources: { limits: { cpu: 2 } } }, []],
	['a label of ours', { podTemplate: { labels: { 'app.kubernetes.io/name': 'x' } } }, ['spec.podTemplate.labels']],
	['a label of theirs', { podTemplate: { labels: { 'example.com/tier': 'x' } } }, []],
	['no guard rows', { protection: { guardRows: 0 } }, []],
	['some guard rows', { protection: { guardRows: 8 } }, ['spec.protection.guardRows']],
	['no noise', { protection: { smudge: '0' } }, []],
	['noise in another notation', { protection: { smudge: '0.001' } }, []],
	['noise below rounding', { protection: { smudge: '1e-5' } }, ['spec.protection.smudge']],
	['noise that is no number', { protection: { smudge: '-1' } }, ['spec.protection.smudge']],
	['signed results', signedBy(ed25519.publicKey), []],
	['signed results without a key', signedBy(), ['spec.protection.provenance.publicKeys']],
	['a key of another curve', signedBy(ed25519.publicKey, x25519), keyPath(1)],
	['a private key', signedBy(ed25519.privateKey), keyPath(0)],
	['a key that is none', signedBy('-----BEGIN PUBLIC KEY-----'), keyPath(0)],
	['a volume that is taken', { podTemplate: { extraVolumes: [{ name: 'kek' }] } }, ['spec.podTemplate.extraVolumes[0].name']],
	['a volume that comes twice', { podTemplate: { extraVolumes: [volume, volume] } }, ['spec.podTemplate.extraVolumes[1].name']],
	[
		'a mount of no volume',
		{ podTemplate: { extraVolumeMounts: [{ name: 'none', mountPath: '/x' }] } },
		['spec.podTemplate.extraVolumeMounts[0].name'],
	],
	['a mount of its own', mounted('/var/lib/extra'), []],
	...['/', '/vault_keys', '/vault_keys/2', '/etc', '/etc/runevault/kek/', '/app', '/x/../etc/runevault', '/var/run/secrets'].map(
		path =>
			[`a mount over ${path}`, mounted(path), ['spec.podTemplate.extraVolumeMounts[0].mountPath']] as [
				string,
				Record<string, unknown>,
				string[],
			],
	),
	['an empty peer', { networkPolicy: { from: [{}] } }, ['spec.networkPolicy.from[0]']],
	[
		'a peer of two kinds',
		{ networkPolicy: { from: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] } },
		['spec.networkPolicy.from[0]'],
	],
	['two wrong fields', { replicas: 0, imagePullPolicy: 'Sometimes' }, ['spec.replicas', 'spec.imagePullPolicy']],
];

describe('policies', () => {
	for (const [what, over, paths] of ROWS) {
		it(`[OPR-4] ${what}: ${paths.join(', ') || 'fine'}`, () => assert.deepEqual(violationsOf({ team: 'acme', ...over }), paths));
	}

	it('[OPR-4] refuse a name that leaves no room for those of its objects', () => {
		assert.deepEqual(violationsOf({ team: 'acme' }, 'a'.repeat(40)), []);
		assert.deepEqual(violationsOf({ team: 'acme' }, 'a'.repeat(41)), ['metadata.name']);
		assert.deepEqual(violationsOf({ team: 'acme' }, '4acme'), ['metadata.name']);
	});

	it('[OPR-4] name fields and repeat no value', () => {
		const check = checkSpec(resourceWith({ team: 'SECRET-VALUE', access: { tokens: [{ name: 'SECRET-VALUE', role: 'SECRET-VALUE' }] } }));
		assert.doesNotMatch(JSON.stringify(check), /SECRET-VALUE/);
	});

	it('[OPR-4] refuse what is no spec at all', () => {
		assert.deepEqual(violationsOf(undefined), ['spec']);
		assert.deepEqual(violationsOf('acme'), ['spec']);
	});
});
