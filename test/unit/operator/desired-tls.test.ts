/** What `spec.tls` makes of the owned objects, the token Secrets and the conditions. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ALLOW_PLAINTEXT } from '../../../crds/tls.ts';
import { buildVaultConfig } from '../../../operator/desired/config-map.ts';
import { endpointOf } from '../../../operator/desired/endpoint.ts';
import { desired } from '../../../operator/desired/index.ts';
import { buildTokenSecret } from '../../../operator/desired/token-secret.ts';
import { findAll } from '../../../operator/observe/findings.ts';
import type { MissingRef } from '../../../operator/observe/observed.ts';
import { checkSpec } from '../../../operator/observe/policies.ts';
import { podView } from '../../../operator/observe/views.ts';
import { probePlan } from '../../../operator/reconcile/plan.ts';
import { facts, inputs, NOW, pod, resourceWith, vault, withPod } from './builders.ts';

const SECRET = { type: 'Secret', secret: { secretName: 'own' } };
const CERT_MANAGER = { type: 'CertManager', certManager: { issuerRef: { name: 'team' } } };
const INGRESS = { state: 'Enabled', host: 'vault.example.com' };
const only = (spec: Record<string, unknown>, kind: string, name: string) =>
	Object(
		desired(vault(spec), inputs({ hasServiceMonitors: true, hasCertificates: true })).find(
			object => object.kind === kind && object.metadata.name === name,
		),
	);

describe('spec.tls', () => {
	for (const [tls, folder, secret] of [
		[undefined, '/etc/runevault/tls', undefined],
		[SECRET, '/etc/runevault/public-tls', 'own'],
		[CERT_MANAGER, '/etc/runevault/public-tls', 'acme-public-tls'],
		[{ type: 'Disabled' }, undefined, undefined],
	] as const) {
		it(`[OPR-77] ${tls?.type ?? 'left out'}: the pods have the files, and everybody is told how to speak to them`, () => {
			const spec = { tls, ingress: INGRESS };
			const scheme = folder === undefined ? 'http' : 'https';
			assert.deepEqual(buildVaultConfig(vault(spec), inputs()).tls, {
				internal: '/etc/runevault/tls',
				...(folder === undefined ? {} : { public: folder }),
			});
			const set = only(spec, 'StatefulSet', 'acme').spec.template;
			const volumes = Object.fromEntries(set.spec.volumes.map((each: { name: string; secret?: object }) => [each.name, each.secret]));
			assert.equal(volumes.tls.secretName, 'acme-tls');
			assert.equal(volumes['public-tls']?.secretName, secret);
			const mounts = set.spec.containers[0].volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
			assert.equal(mounts.includes('/etc/runevault/public-tls'), secret !== undefined);
			assert.equal(endpointOf(vault({ tls })), `${scheme}://acme.rune.svc:8443/mcp`);
			for (const [kind, name] of [
				['Service', 'acme'],
				['EndpointSlice', 'acme-primary'],
			] as const) {
				const object = only(spec, kind, name);
				assert.equal((object.spec ?? object).ports[0].appProtocol, scheme, kind);
			}
			const annotation = only(spec, 'Ingress', 'acme').metadata.annotations['nginx.ingress.kubernetes.io/backend-protocol'];
			assert.equal(annotation, folder === undefined ? undefined : 'HTTPS');
			const { annotations } = only(spec, 'Service', 'acme').metadata;
			assert.equal(annotations?.['traefik.ingress.kubernetes.io/service.serversscheme'], folder === undefined ? undefined : 'https');
		});
	}

	it('[OPR-77] the internal port has TLS in any case: for the kubelet, for Prometheus and for the operator', () => {
		const spec = { tls: { type: 'Disabled' } };
		const { metadata, spec: podSpec } = only(spec, 'StatefulSet', 'acme').spec.template;
		const [{ startupProbe, livenessProbe, readinessProbe }] = podSpec.containers;
		for (const probe of [startupProbe, livenessProbe, readinessProbe]) assert.equal(probe.httpGet.scheme, 'HTTPS');
		const [endpoint] = only(spec, 'ServiceMonitor', 'acme').spec.endpoints;
		assert.deepEqual(endpoint, {
			port: 'internal',
			path: '/metrics',
			scheme: 'https',
			tlsConfig: { ca: { secret: { name: 'acme-tls', key: 'ca.crt' } }, serverName: 'acme.rune.svc' },
			relabelings: [{ sourceLabels: ['__meta_kubernetes_service_label_runevault_io_vault'], targetLabel: 'vault' }],
		});
		assert.equal(podView({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'acme-0', ...metadata } }).hasTls, true);
	});

	it('[OPR-77] annotations of the Ingress that the user sets stay', () => {
		const annotations = { 'nginx.ingress.kubernetes.io/backend-protocol': 'GRPCS', other: 'x' };
		assert.deepEqual(only({ ingress: { ...INGRESS, annotations } }, 'Ingress', 'acme').metadata.annotations, annotations);
	});

	it('[OPR-81] CertManager: one Certificate, for the names of the Services and the Ingress, or for those it is given', () => {
		const { spec } = only({ tls: CERT_MANAGER, ingress: INGRESS }, 'Certificate', 'acme-public-tls');
		assert.deepEqual(spec.issuerRef, { name: 'team', kind: 'Issuer', group: 'cert-manager.io' });
		assert.deepEqual([spec.secretName, spec.privateKey.rotationPolicy], ['acme-public-tls', 'Always']);
		assert.deepEqual(spec.dnsNames, ['acme', 'acme.rune', 'acme.rune.svc', 'acme.rune.svc.cluster.local', 'vault.example.com']);
		const tls = { type: 'CertManager', certManager: { ...CERT_MANAGER.certManager, dnsNames: ['vault.example.com'] } };
		assert.deepEqual(only({ tls }, 'Certificate', 'acme-public-tls').spec.dnsNames, ['vault.example.com']);
		assert.ok(!desired(vault({ tls }), inputs()).some(({ kind }) => kind === 'Certificate'), 'where the cluster knows none');
	});

	it('[OPR-79] Disabled needs an annotation of the RuneVault', () => {
		const spec = { team: 'acme', tls: { type: 'Disabled' } };
		const check = checkSpec(resourceWith(spec));
		assert.ok('violations' in check);
		assert.deepEqual(check.violations, [
			{ path: 'spec.tls.type', message: 'Disabled needs the annotation runevault.io/allow-plaintext: "true" on the RuneVault' },
		]);
		assert.ok('spec' in checkSpec(resourceWith(spec, { annotations: { [ALLOW_PLAINTEXT]: 'true' } })));
		assert.ok('violations' in checkSpec(resourceWith(spec, { annotations: { [ALLOW_PLAINTEXT]: 'yes' } })));
	});

	it('[OPR-79] a block without its type, and a type without its block, are named', () => {
		for (const [tls, path] of [
			[{ type: 'Secret' }, 'spec.tls.secret'],
			[{ secret: { secretName: 'own' } }, 'spec.tls.secret'],
			[{ type: 'CertManager' }, 'spec.tls.certManager'],
			[{ ...SECRET, certManager: CERT_MANAGER.certManager }, 'spec.tls.certManager'],
		] as const) {
			const check = checkSpec(resourceWith({ team: 'acme', tls }));
			assert.deepEqual('violations' in check && check.violations.map(violation => violation.path), [path]);
		}
	});

	const refs: [MissingRef, string, string][] = [
		[{ path: 'spec.tls.secret.secretName', kind: 'Secret', name: 'own' }, 'SecretNotFound', 'there is no Secret own.'],
		[{ path: 'spec.tls.certManager.issuerRef', kind: 'Issuer', name: 'team' }, 'IssuerNotFound', 'there is no Issuer team.'],
		[{ path: 'spec.tls.certManager', kind: 'CertManager', name: 'x' }, 'CertManagerNotFound', 'the cluster knows no x.'],
	];
	for (const [ref, reason, text] of refs) {
		it(`[OPR-80] ResolvedRefs says ${reason}`, () => {
			const { ResolvedRefs } = findAll({ ...facts(), missingRefs: [ref] });
			assert.deepEqual([ResolvedRefs.status, ResolvedRefs.reason, ResolvedRefs.message], ['False', reason, `${ref.path}: ${text}`]);
		});
	}
});

describe('whom the prober asks', () => {
	it('[OPR-82] pods by the name in their certificate, and those of an older template over plain HTTP', () => {
		const credentials = { cert: 'c', key: 'k', ca: 'a' };
		const plan = probePlan(facts(withPod(1, { hasTls: false })), new Map(), NOW, credentials);
		assert.deepEqual(
			plan.targets.map(({ serverName }) => serverName),
			['acme-0.acme-pods.rune.svc', undefined, 'acme-2.acme-pods.rune.svc'],
		);
		assert.equal(plan.credentials, credentials);
		assert.equal(pod(0).hasTls, true);
	});
});

describe('the Secret of a token', () => {
	const token = { name: 'team', generation: 1, text: 'evt_acme_x', sha256: '', rotatedAt: '' };
	const texts = (of = vault(), ca?: string) => {
		const { data } = buildTokenSecret(of, { version: '1', ca }, token);
		return Object.fromEntries(Object.entries(Object(data)).map(([key, text]) => [key, Buffer.from(String(text), 'base64').toString()]));
	};

	it('[OPR-78] has whom to trust, where to call and a configuration for each common client', () => {
		const { 'ca.crt': ca, endpoint, ...files } = texts(vault(), 'PEM');
		const url = 'https://acme.rune.svc:8443/mcp';
		assert.deepEqual([ca, endpoint], ['PEM', url]);
		const headers = { Authorization: 'Bearer evt_acme_x' };
		const http = { 'runevault-acme': { type: 'http', url, headers } };
		assert.deepEqual(JSON.parse(files['mcp.json'] ?? ''), { mcpServers: http });
		assert.deepEqual(JSON.parse(files['claude.json'] ?? ''), { mcpServers: http });
		assert.deepEqual(JSON.parse(files['gemini.json'] ?? ''), { mcpServers: { 'runevault-acme': { httpUrl: url, headers } } });
		assert.deepEqual(JSON.parse(files['vscode.json'] ?? ''), { servers: http });
		assert.equal(
			files['codex.toml'],
			`[mcp_servers.runevault-acme]\nurl = "${url}"\nhttp_headers = { Authorization = "Bearer evt_acme_x" }\n`,
		);
	});

	it('[OPR-78] has no authority where the operator signs nothing for clients', () => {
		assert.ok(!Object.hasOwn(texts(), 'ca.crt'));
	});
});
