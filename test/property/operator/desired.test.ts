/** For any spec the schema admits, the builders give objects that the API server could take, and the same ones every time. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { runeVaultSpecSchema } from '../../../crds/runevault.ts';
import { buildVaultConfig } from '../../../operator/desired/config-map.ts';
import { desired } from '../../../operator/desired/index.ts';
import type { CheckedVault, Inputs } from '../../../operator/desired/inputs.ts';
import { buildTokenSecret } from '../../../operator/desired/token-secret.ts';
import { checkSpec } from '../../../operator/observe/policies.ts';
import { makeToken } from '../../../operator/reconcile/token-text.ts';
import { vaultConfigSchema } from '../../../vault/config.ts';
import { inputs, resourceWith } from '../../unit/operator/builders.ts';

const ALPHANUMERIC = 'abcdefghijklmnopqrstuvwxyz0123456789';
const character = fc.constantFrom(...ALPHANUMERIC);
const label = (max: number) =>
	fc
		.tuple(character, fc.string({ unit: fc.constantFrom(...ALPHANUMERIC, '-'), maxLength: max - 2 }), character)
		.map(([first, middle, last]) => first + middle + last);
const host = fc.array(label(20), { minLength: 1, maxLength: 4 }).map(labels => labels.join('.'));
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const stringMap = fc.dictionary(label(20), label(20), { maxKeys: 4 });

const spec = fc
	.record({
		team: label(32),
		replicas: fc.integer({ min: 1, max: 9 }),
		image: optional(fc.constant('registry.example/runevault:1')),
		keys: fc.record({
			dimension: fc.integer({ min: 32, max: 4096 }),
			import: optional(fc.record({ secretName: host, key: label(40) })),
			kek: fc.oneof(
				fc.constant({ type: 'Secret' }),
				fc.record({
					type: fc.constant('File'),
					file: fc.record({
						volume: fc.constant({ csi: { driver: 'secrets-store.csi.k8s.io' } }),
						path: fc.array(label(20), { minLength: 1, maxLength: 3 }).map(parts => parts.join('/')),
					}),
				}),
			),
		}),
		access: fc.record({
			tokens: fc.uniqueArray(
				fc.record({ name: label(20), role: fc.constantFrom('Member', 'Admin'), generation: fc.integer({ min: 1, max: 1e6 }) }),
				{
					minLength: 1,
					maxLength: 8,
					selector: token => token.name,
				},
			),
		}),
		failover: fc.record({ leaseDuration: fc.integer({ min: 5, max: 120 }).map(seconds => `${seconds}s`) }),
		audit: fc.oneof(
			fc.constant({ sink: 'Stdout' }),
			fc.record({
				sink: fc.constant('Volume'),
				volume: fc.record({ size: fc.constantFrom('64Mi', '10Gi', '16Ti'), storageClassName: optional(host) }),
			}),
		),
		ingress: fc.oneof(
			fc.constant({ state: 'Disabled' }),
			fc.record({ state: fc.constant('Enabled'), host, annotations: stringMap, tlsSecretName: optional(label(30)) }),
		),
		networkPolicy: fc.record({ state: fc.constantFrom('Enabled', 'Disabled') }),
		monitoring: fc.record({ serviceMonitor: fc.constantFrom('Enabled', 'Disabled'), labels: stringMap }),
		podTemplate: fc.record({ labels: stringMap, nodeSelector: stringMap }),
	})
	.map(raw => runeVaultSpecSchema.parse(raw));

const vault: fc.Arbitrary<CheckedVault> = fc.record({
	name: label(39).map(name => `v${name}`),
	namespace: label(63),
	uid: fc.uuid(),
	spec,
});

const world: fc.Arbitrary<Inputs> = fc
	.record({ isKeygenWanted: fc.boolean(), isImportWanted: fc.boolean(), isWorkloadWanted: fc.boolean(), hasServiceMonitors: fc.boolean() })
	.map(inputs);

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

describe('the desired list of any vault', () => {
	it('[OPR-26] has names and label values that Kubernetes takes, each object once', () => {
		fc.assert(
			fc.property(vault, world, (any, given) => {
				const objects = desired(any, given);
				const names = objects.map(({ kind, metadata: { name } }) => `${kind}/${name}`);
				assert.equal(new Set(names).size, names.length);
				for (const { kind, metadata } of objects) {
					assert.match(metadata.name, SUBDOMAIN);
					assert.ok(metadata.name.length <= (kind === 'Service' || kind === 'Job' || kind === 'StatefulSet' ? 63 : 253));
					for (const value of Object.values(metadata.labels ?? {}))
						assert.match(value, /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/);
				}
				// A pod's name is its host name, and with the hash of its template a label.
				assert.ok(`${any.name}-${any.spec.replicas}`.length <= 52);
			}),
			{ numRuns: 300 },
		);
	});

	it('[OPR-26] is plain data, the same every time, and leaves what it was given as it was', () => {
		fc.assert(
			fc.property(vault, world, (any, given) => {
				const before = JSON.stringify([any, given]);
				const objects = desired(any, given);
				assert.deepEqual(JSON.parse(JSON.stringify(objects)), JSON.parse(JSON.stringify(desired(any, given))));
				assert.equal(JSON.stringify([any, given]), before);
			}),
			{ numRuns: 100 },
		);
	});

	it('[OPR-26] configures pods with what the Vault reads', () => {
		fc.assert(
			fc.property(vault, any => void vaultConfigSchema.parse(buildVaultConfig(any, inputs()))),
			{ numRuns: 200 },
		);
	});

	it('[OPR-26] passes the policies, which throw on nothing', () => {
		fc.assert(
			fc.property(vault, fc.anything(), (any, junk) => {
				assert.ok('spec' in checkSpec(resourceWith(any.spec, { name: any.name })));
				checkSpec(resourceWith(junk));
			}),
			{ numRuns: 200 },
		);
	});

	it('[OPR-26] names token Secrets so that Kubernetes takes them', () => {
		fc.assert(
			fc.property(vault, any => {
				for (const { name, generation } of any.spec.access.tokens) {
					const text = makeToken(any.spec.team, size => new Uint8Array(size));
					const secret = buildTokenSecret(any, { version: '1' }, { name, generation, text, sha256: '', rotatedAt: '' });
					assert.match(secret.metadata.name, SUBDOMAIN);
				}
			}),
			{ numRuns: 100 },
		);
	});
});
