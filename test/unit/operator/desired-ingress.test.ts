/** What `spec.ingress` makes of the owned objects. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_BODY_BYTES, STALL_SECONDS } from '../../../operator/desired/edge-limits.ts';
import { endpointOf } from '../../../operator/desired/endpoint.ts';
import { desired } from '../../../operator/desired/index.ts';
import type { Inputs } from '../../../operator/desired/inputs.ts';
import { findAll } from '../../../operator/observe/findings.ts';
import { checkSpec } from '../../../operator/observe/policies.ts';
import * as limits from '../../../vault/http/limits.ts';
import { facts, inputs, resourceWith, vault } from './builders.ts';

const HOST = 'vault.example.com';
const INGRESS = { state: 'Enabled', host: HOST };
const ROUTE = { ...INGRESS, type: 'HTTPRoute', gateway: { name: 'edge' } };
const OWN = { type: 'Secret', secret: { secretName: 'own' } };
const EVERYTHING = { hasHttpRoutes: true, hasBackendTlsPolicies: true, hasTraefik: true, authority: 'PEM' };
const build = (spec: Record<string, unknown>, over: Partial<Inputs> = EVERYTHING) => desired(vault(spec), inputs(over));
const only = (spec: Record<string, unknown>, kind: string, name = 'acme', over?: Partial<Inputs>) =>
	Object(build(spec, over).find(object => object.kind === kind && object.metadata.name === name));
const annotationsOf = (spec: Record<string, unknown>, kind = 'Ingress', over?: Partial<Inputs>): Record<string, string> =>
	only(spec, kind, 'acme', over).metadata.annotations ?? {};
const nginx = (option: string) => `nginx.ingress.kubernetes.io/${option}`;
const TRAEFIK_TRANSPORT = 'traefik.ingress.kubernetes.io/service.serverstransport';
const TRAEFIK_MIDDLEWARES = 'traefik.ingress.kubernetes.io/router.middlewares';

describe('a preset of the Ingress', () => {
	it('[OPR-170] goes by the limits of the pods', () => {
		assert.equal(MAX_BODY_BYTES, limits.MAX_BODY_BYTES);
		assert.equal(STALL_SECONDS * 1000, limits.connectionLimits.stallTimeoutMs);
		assert.ok(STALL_SECONDS * 1000 > limits.connectionLimits.requestTimeoutMs);
	});

	it('[OPR-170] Nginx: limits, timeouts, and the check of a certificate that the operator signs', () => {
		assert.deepEqual(annotationsOf({ ingress: { ...INGRESS, preset: 'Nginx' } }), {
			[nginx('backend-protocol')]: 'HTTPS',
			[nginx('proxy-body-size')]: '8m',
			[nginx('proxy-read-timeout')]: '60',
			[nginx('proxy-send-timeout')]: '60',
			[nginx('proxy-ssl-secret')]: 'rune/acme-tls',
			[nginx('proxy-ssl-verify')]: 'on',
			[nginx('proxy-ssl-name')]: 'acme.rune.svc',
			[nginx('proxy-ssl-server-name')]: 'on',
			[nginx('proxy-ssl-protocols')]: 'TLSv1.3',
		});
		const own = annotationsOf({ tls: OWN, ingress: { ...INGRESS, preset: 'Nginx' } });
		assert.ok(!Object.keys(own).some(key => key.includes('proxy-ssl')), 'of another one, only the user knows who signs');
	});

	it('[OPR-170] own annotations win', () => {
		const annotations = { [nginx('proxy-body-size')]: '1m', other: 'x' };
		const found = annotationsOf({ ingress: { ...INGRESS, preset: 'Nginx', annotations } });
		assert.deepEqual([found[nginx('proxy-body-size')], found.other, found[nginx('proxy-read-timeout')]], ['1m', 'x', '60']);
	});

	it('[OPR-171] Traefik: annotations that lead to its own objects, and neither where it knows none', () => {
		const spec = { ingress: { ...INGRESS, preset: 'Traefik' } };
		assert.equal(annotationsOf(spec)[TRAEFIK_MIDDLEWARES], 'rune-acme@kubernetescrd');
		assert.equal(annotationsOf(spec, 'Service')[TRAEFIK_TRANSPORT], 'rune-acme@kubernetescrd');
		assert.deepEqual(only(spec, 'ServersTransport').spec, {
			serverName: 'acme.rune.svc',
			rootCAs: [{ secret: 'acme-tls' }],
			forwardingTimeouts: { dialTimeout: '5s', responseHeaderTimeout: '60s' },
		});
		assert.deepEqual(only(spec, 'Middleware').spec, { buffering: { maxRequestBodyBytes: MAX_BODY_BYTES } });
		const without = { hasTraefik: false };
		assert.equal(annotationsOf(spec, 'Ingress', without)[TRAEFIK_MIDDLEWARES], undefined);
		assert.equal(annotationsOf(spec, 'Service', without)[TRAEFIK_TRANSPORT], undefined);
		assert.ok(!build(spec, without).some(({ apiVersion }) => apiVersion.startsWith('traefik.io')));
	});

	it('[OPR-171] Traefik: a certificate of the user is checked by the name of the Ingress, and none is where there is none', () => {
		const ingress = { ...INGRESS, preset: 'Traefik' };
		const { serverName, rootCAs } = only({ tls: OWN, ingress }, 'ServersTransport').spec;
		assert.deepEqual([serverName, rootCAs], [HOST, undefined]);
		assert.equal(only({ tls: { type: 'Disabled' }, ingress }, 'ServersTransport').spec.serverName, undefined);
	});
});

describe('type HTTPRoute', () => {
	it('[OPR-172] makes a route, a policy with the authority of the pods, and no Ingress', () => {
		const kinds = build({ ingress: ROUTE }).map(({ kind }) => kind);
		assert.ok(kinds.includes('HTTPRoute') && !kinds.includes('Ingress'));
		assert.deepEqual(only({ ingress: ROUTE }, 'BackendTLSPolicy').spec, {
			targetRefs: [{ group: '', kind: 'Service', name: 'acme' }],
			validation: { hostname: 'acme.rune.svc', caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'acme-ca' }] },
		});
		assert.deepEqual(only({ ingress: ROUTE }, 'ConfigMap', 'acme-ca').data, { 'ca.crt': 'PEM' });
		assert.equal(endpointOf(vault({ ingress: ROUTE })), `https://${HOST}/mcp`);
		assert.equal(endpointOf(vault({ ingress: { ...ROUTE, state: 'Disabled' } })), 'https://acme.rune.svc:8443/mcp');
	});

	it("[OPR-172] leaves a certificate of the user to the Gateway's own authorities, and plain HTTP without a policy", () => {
		assert.deepEqual(only({ tls: OWN, ingress: ROUTE }, 'BackendTLSPolicy').spec.validation, {
			hostname: HOST,
			wellKnownCACertificates: 'System',
		});
		for (const tls of [OWN, { type: 'Disabled' }]) {
			assert.equal(only({ tls, ingress: ROUTE }, 'ConfigMap', 'acme-ca').data, undefined);
		}
		assert.ok(!build({ tls: { type: 'Disabled' }, ingress: ROUTE }).some(({ kind }) => kind === 'BackendTLSPolicy'));
	});

	it('[OPR-172] makes of a kind only what the cluster knows', () => {
		const kinds = build({ ingress: ROUTE }, { ...EVERYTHING, hasBackendTlsPolicies: false }).map(({ kind }) => kind);
		assert.ok(kinds.includes('HTTPRoute') && !kinds.includes('BackendTLSPolicy'));
		assert.ok(!build({ ingress: ROUTE }, {}).some(({ apiVersion }) => apiVersion.startsWith('gateway.')));
	});

	it('[OPR-173] is told from an Ingress in the reconcile as by the API server', () => {
		const { gateway, ...rest } = ROUTE;
		for (const [ingress, path] of [
			[rest, 'gateway'],
			[{ ...INGRESS, gateway }, 'gateway'],
			[{ ...ROUTE, tlsSecretName: 'x' }, 'tlsSecretName'],
			[{ ...ROUTE, className: 'x' }, 'className'],
			[{ ...ROUTE, preset: 'Traefik' }, 'preset'],
		] as const) {
			const check = checkSpec(resourceWith({ team: 'acme', ingress }));
			assert.deepEqual('violations' in check && check.violations.map(violation => violation.path), [`spec.ingress.${path}`]);
		}
	});

	it('[OPR-174] ResolvedRefs says which kind the cluster does not know', () => {
		const missing = { path: 'spec.ingress.type', kind: 'Kind', name: 'HTTPRoute' } as const;
		const { ResolvedRefs } = findAll({ ...facts(), missingRefs: [missing] });
		const { reason, message } = ResolvedRefs;
		assert.deepEqual([reason, message], ['KindNotFound', 'spec.ingress.type: the cluster knows no HTTPRoute.']);
	});
});
