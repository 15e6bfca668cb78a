import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../../kube/resources.ts';
import { buildVaultConfig } from '../../../operator/desired/config-map.ts';
import { desired } from '../../../operator/desired/index.ts';
import type { Inputs } from '../../../operator/desired/inputs.ts';
import { verifiersDigest } from '../../../operator/desired/verifiers.ts';
import { version } from '../../../operator/version.ts';
import { vaultConfigSchema } from '../../../vault/config.ts';
import { inputs, vault } from './builders.ts';

const build = (spec: Record<string, unknown> = {}, over: Partial<Inputs> = {}) => desired(vault(spec), inputs(over));
const kinds = (objects: KubeObject[]) => objects.map(({ kind, metadata: { name } }) => `${kind} ${name}`);
const only = (objects: KubeObject[], kind: string) => Object(objects.find(object => object.kind === kind));

describe('the desired list', () => {
	it('[OPR-5] of a vault that serves, in the order it is applied', () => {
		assert.deepEqual(kinds(build()), [
			'ConfigMap acme-config',
			'ConfigMap acme-ledger',
			'Secret acme-verifiers',
			'ServiceAccount acme',
			'Role acme',
			'RoleBinding acme',
			'Lease acme-primary',
			'Service acme',
			'Service acme-pods',
			'EndpointSlice acme-primary',
			'NetworkPolicy acme',
			'PodDisruptionBudget acme',
			'StatefulSet acme',
		]);
	});

	it('[OPR-10] has keygen and its rights only while it is wanted, and no pods before there are keys', () => {
		const before = kinds(build({}, { isKeygenWanted: true, isWorkloadWanted: false, fingerprint: undefined }));
		const keygen = ['ServiceAccount acme-keygen', 'Role acme-keygen', 'RoleBinding acme-keygen', 'Job acme-keygen'];
		assert.deepEqual(
			before.filter(each => each.endsWith('keygen')),
			keygen,
		);
		assert.ok(!before.includes('StatefulSet acme'));
	});

	it('[OPR-24] has the optional objects as the spec says', () => {
		const without = kinds(build({ replicas: 1, networkPolicy: { state: 'Disabled' } }));
		assert.ok(!without.some(each => /NetworkPolicy|PodDisruptionBudget|Ingress|ServiceMonitor/.test(each)));
		const withAll = kinds(build({ ingress: { state: 'Enabled', host: 'vault.example.com' } }, { hasServiceMonitors: true }));
		for (const kind of ['NetworkPolicy', 'PodDisruptionBudget', 'Ingress', 'ServiceMonitor'])
			assert.ok(withAll.includes(`${kind} acme`), kind);
		const quiet = build({ monitoring: { serviceMonitor: 'Disabled' } }, { hasServiceMonitors: true });
		assert.ok(!kinds(quiet).includes('ServiceMonitor acme'));
	});

	it('owns all of it but the ledger, and never copies what other tools go by', () => {
		for (const { kind, metadata } of build(
			{ ingress: { state: 'Enabled', host: 'a.b' } },
			{ isKeygenWanted: true, hasServiceMonitors: true },
		)) {
			assert.deepEqual(
				metadata.ownerReferences?.map(({ uid, controller }) => [uid, controller]),
				metadata.name === 'acme-ledger' ? undefined : [['uid-1', true]],
				kind,
			);
			assert.equal(metadata.labels?.['app.kubernetes.io/managed-by'], 'runevault', kind);
			assert.equal(metadata.labels?.['runevault.io/vault'], 'acme', kind);
			assert.ok(!Object.keys(metadata.labels ?? {}).some(key => /instance|argocd/.test(key)), kind);
		}
	});

	it('is the same from the same, however often', () => {
		assert.deepEqual(build(), build());
	});
});

describe('the configuration of a pod', () => {
	it('is one the Vault reads, at every limit of the spec', () => {
		const extremes = [
			{},
			{
				keys: { dimension: 32, indexName: 'a' },
				access: { limits: { topK: 1, callsPerMinute: 1, failedAuthPerMinute: 1 } },
				failover: { leaseDuration: '5s' },
			},
			{
				keys: { dimension: 4096, indexName: 'a'.repeat(128) },
				access: { limits: { topK: 10, callsPerMinute: 1_000_000, failedAuthPerMinute: 10_000 } },
				failover: { leaseDuration: '120s' },
				ingress: { state: 'Enabled', host: `${'a'.repeat(63)}.example.com` },
			},
		];
		for (const spec of extremes) vaultConfigSchema.parse(buildVaultConfig(vault(spec), inputs()));
		vaultConfigSchema.parse(buildVaultConfig(vault(), { clusterDomain: 'cluster.local', fingerprint: undefined }));
	});

	it("has client-go's proportions for the Lease", () => {
		const { durationSeconds, renewDeadlineSeconds, retryPeriodSeconds } = buildVaultConfig(vault(), inputs()).lease;
		assert.deepEqual([durationSeconds, renewDeadlineSeconds, retryPeriodSeconds], [15, 10, 2]);
	});

	it('names every host under which clients may call', () => {
		assert.deepEqual(buildVaultConfig(vault({ ingress: { state: 'Enabled', host: 'v.example.com' } }), inputs()).hosts, [
			'acme',
			'acme.rune',
			'acme.rune.svc',
			'.acme-pods.rune.svc',
			'acme.rune.svc.cluster.local',
			'.acme-pods.rune.svc.cluster.local',
			'v.example.com',
		]);
	});
});

describe('the StatefulSet', () => {
	const set = only(build(), 'StatefulSet');
	const { template } = set.spec;
	const [container] = template.spec.containers;

	it('[OPR-6] meets the restricted Pod Security profile', () => {
		assert.deepEqual(template.spec.securityContext, {
			runAsNonRoot: true,
			runAsUser: 65532,
			runAsGroup: 65532,
			fsGroup: 65532,
			seccompProfile: { type: 'RuntimeDefault' },
		});
		assert.deepEqual(container.securityContext, {
			allowPrivilegeEscalation: false,
			readOnlyRootFilesystem: true,
			capabilities: { drop: ['ALL'] },
		});
	});

	it('[OPR-6] mounts what the pod contract says, read-only, and no answers of canaries', () => {
		const mounts = Object.fromEntries(
			container.volumeMounts.map((mount: { name: string; mountPath: string }) => [mount.name, mount.mountPath]),
		);
		assert.deepEqual(mounts, {
			config: '/etc/runevault/config',
			keys: '/vault_keys/1',
			kek: '/etc/runevault/kek',
			verifiers: '/etc/runevault/verifiers',
			canaries: '/etc/runevault/canaries',
			tls: '/etc/runevault/tls',
			tmp: '/tmp',
		});
		const writable = container.volumeMounts.filter((mount: { readOnly?: boolean }) => mount.readOnly !== true);
		assert.deepEqual(
			writable.map(({ name }: { name: string }) => name),
			['tmp'],
		);
		const canaries = template.spec.volumes.find(({ name }: { name: string }) => name === 'canaries');
		assert.deepEqual(
			canaries.configMap.items.map(({ key }: { key: string }) => key),
			['0.bin', '1.bin', '2.bin', '3.bin'],
		);
	});

	it('[OPR-18] leaves rolling to the operator', () => {
		assert.equal(set.spec.updateStrategy.type, 'OnDelete');
		assert.equal(set.spec.podManagementPolicy, 'Parallel');
	});

	it('restarts pods for a change of their configuration, not for an upgrade of the operator or new verifiers', () => {
		const templateOf = (spec: Record<string, unknown>, over: Partial<Inputs> = {}) =>
			JSON.stringify(only(build(spec, over), 'StatefulSet').spec.template);
		const now = templateOf({});
		assert.notEqual(templateOf({ access: { limits: { topK: 5 } } }), now);
		assert.equal(templateOf({}, { version: '9.9.9', verifiers: [], hasServiceMonitors: true }), now);
	});

	it('takes what the pod template adds, and not what is its own', () => {
		const podTemplate = {
			labels: { tier: 'gold' },
			annotations: { note: 'x' },
			nodeSelector: { disk: 'ssd' },
			tolerations: [{ key: 'dedicated', operator: 'Exists' }],
			extraVolumes: [{ name: 'ca', configMap: { name: 'ca' } }],
			extraVolumeMounts: [{ name: 'ca', mountPath: '/ca' }],
		};
		const { metadata, spec } = only(build({ podTemplate }), 'StatefulSet').spec.template;
		assert.equal(metadata.labels.tier, 'gold');
		assert.equal(metadata.labels['runevault.io/vault'], 'acme');
		assert.equal(metadata.annotations.note, 'x');
		assert.deepEqual(spec.nodeSelector, { disk: 'ssd' });
		assert.deepEqual(spec.containers[0].volumeMounts.at(-1), { name: 'ca', mountPath: '/ca', readOnly: true });
		assert.deepEqual(spec.volumes.at(-1), { name: 'ca', configMap: { name: 'ca' } });
	});
});

describe('rights', () => {
	it('[OPR-6] of the pods are the Lease, the EndpointSlice and the ledger, by name', () => {
		assert.deepEqual(
			only(build(), 'Role').rules.map((rule: { resources: string[]; resourceNames?: string[] }) => [rule.resources, rule.resourceNames]),
			[
				[['leases'], ['acme-primary']],
				[['endpointslices'], ['acme-primary']],
				[['configmaps'], ['acme-ledger']],
			],
		);
	});

	it('of keygen to read are its own objects, by name', () => {
		const role = build({}, { isKeygenWanted: true }).find(({ kind, metadata }) => kind === 'Role' && metadata.name === 'acme-keygen');
		for (const rule of Object(role).rules) assert.ok(rule.resourceNames !== undefined || String(rule.verbs) === 'create');
	});
});

describe('the NetworkPolicy', () => {
	/** Who may reach which port, computed from the object. */
	const rulesOf = (spec: Record<string, unknown>) =>
		only(build(spec), 'NetworkPolicy').spec.ingress.map((rule: { ports: { port: number }[]; from?: object[] }) => [
			rule.ports[0]?.port,
			rule.from?.length ?? 'everyone',
		]);

	it('[OPR-24] opens the public port to whom the spec names, the internal one to the operator and Prometheus', () => {
		assert.deepEqual(rulesOf({}), [
			[8443, 'everyone'],
			[9443, 2],
		]);
		assert.deepEqual(rulesOf({ networkPolicy: { from: [{ podSelector: {} }] }, monitoring: { serviceMonitor: 'Disabled' } }), [
			[8443, 1],
			[9443, 1],
		]);
	});
});

describe('verifiers', () => {
	it('[OPR-13] are digests, and tell when they have changed', () => {
		const { verifiers } = inputs();
		const text = Buffer.from(only(build(), 'Secret').data['verifiers.json'], 'base64').toString();
		assert.deepEqual(JSON.parse(text), { tokens: [{ name: 'team', role: 'Member', generation: 1, sha256: 'cd'.repeat(32) }] });
		assert.equal(verifiersDigest(verifiers), verifiersDigest([...verifiers]));
		assert.notEqual(verifiersDigest(verifiers), verifiersDigest(verifiers.map(each => ({ ...each, generation: 2 }))));
	});
});

describe('the version', () => {
	it('is the one of the package and of the charts', async () => {
		assert.equal(JSON.parse(await readFile('package.json', 'utf8')).version, version);
		for (const chart of ['runevault', 'runevault-crds']) {
			assert.match(await readFile(`charts/${chart}/Chart.yaml`, 'utf8'), new RegExp(`^appVersion: ${version}$`, 'm'));
		}
	});
});
