/** Ways from outside on a real API server, with the CRDs of the Gateway API and of Traefik; their controllers are in test/cluster. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { remove } from '../../../kube/objects.ts';
import { resources } from '../../../kube/resources.ts';
import { resourceOf } from '../../../operator/observe/owned.ts';
import { gatewayCrds, traefikCrds } from '../../install/route-crds.ts';
import { until } from '../../install/run.ts';
import { applyVault, installCrds, patchVault, readVault, untilCondition } from './fixture.ts';
import { Stage } from './stage.ts';

const HOST = 'vault.example.com';
const ROUTE = { state: 'Enabled', type: 'HTTPRoute', host: HOST, gateway: { name: 'edge', namespace: 'edge', sectionName: 'https' } };
const TRAEFIK = { state: 'Enabled', host: HOST, preset: 'Traefik' };
/** The operator asks twice a minute for kinds of others. */
const DISCOVERY_MS = 60_000;
const transportOf = (annotations: Record<string, string> | undefined) =>
	annotations?.['traefik.ingress.kubernetes.io/service.serverstransport'];

describe('ways from outside', { concurrency: 3 }, () => {
	let stage: Stage;
	before(async () => {
		stage = await Stage.start();
	});
	after(() => stage?.stop());

	it('[OPR-172] [OPR-174] an HTTPRoute with its policy, of the Gateway API by its own CRDs, from an unknown kind to one that heals and goes', async () => {
		const { vault, node } = await stage.newVault('routed', { ingress: ROUTE });
		await node.keygen();
		const unknown = await untilCondition(stage.world, vault, 'ResolvedRefs', 'False', 'KindNotFound');
		assert.equal(unknown.message, 'spec.ingress.type: the cluster knows no HTTPRoute of gateway.networking.k8s.io.');
		await installCrds(stage.world.admin, await gatewayCrds());
		await untilCondition(stage.world, vault, 'ResolvedRefs', 'True', 'Resolved', DISCOVERY_MS);
		const [httpRoute, policy] = [resourceOf('HTTPRoute'), resourceOf('BackendTLSPolicy')];
		const route = await until('the HTTPRoute', () => node.read(httpRoute, 'acme'), DISCOVERY_MS);
		const { hostnames, parentRefs, rules } = Object(route.spec);
		assert.deepEqual([hostnames, rules[0].backendRefs[0].name, rules[0].backendRefs[0].port], [[HOST], 'acme', 8443]);
		assert.equal(`${parentRefs[0].namespace}/${parentRefs[0].name}/${parentRefs[0].sectionName}`, 'edge/edge/https');
		const { validation } = Object((await until('the policy', () => node.read(policy, 'acme'), DISCOVERY_MS)).spec);
		assert.deepEqual([validation.hostname, validation.caCertificateRefs[0].name], ['acme.routed.svc', 'acme-ca']);
		const secret = await node.read(resources.secrets, 'acme-tls');
		const ca = Buffer.from(Object(secret?.data)['ca.crt'], 'base64').toString();
		assert.deepEqual(Object(await node.read(resources.configMaps, 'acme-ca')).data, { 'ca.crt': ca });
		assert.equal((await readVault(stage.world, vault)).status?.endpoint, `https://${HOST}/mcp`);
		await remove(stage.world.admin, httpRoute, { namespace: 'routed', name: 'acme' });
		await until('the HTTPRoute back', () => node.read(httpRoute, 'acme'));
		await patchVault(stage.world, vault, { spec: { ingress: { type: 'Ingress', gateway: null } } });
		await until('an Ingress in its place', () => node.read(resources.ingresses, 'acme'));
		for (const [resource, name] of [
			[httpRoute, 'acme'],
			[policy, 'acme'],
			[resources.configMaps, 'acme-ca'],
		] as const) {
			await until(`${resource.kind} gone`, async () => (await node.read(resource, name)) === undefined);
		}
	});

	it("[OPR-171] [OPR-174] preset Traefik, by Traefik's own CRDs, from unknown kinds to objects that the annotations lead to", async () => {
		const { vault, node } = await stage.newVault('preset', { ingress: TRAEFIK });
		await node.keygen();
		await untilCondition(stage.world, vault, 'ResolvedRefs', 'False', 'KindNotFound');
		assert.equal(transportOf((await node.read(resources.services, 'acme'))?.metadata.annotations), undefined);
		await installCrds(stage.world.admin, await traefikCrds());
		await untilCondition(stage.world, vault, 'ResolvedRefs', 'True', 'Resolved', DISCOVERY_MS);
		const transport = await until('the ServersTransport', () => node.read(resourceOf('ServersTransport'), 'acme'), DISCOVERY_MS);
		assert.deepEqual(Object(transport.spec).rootCAs, [{ secret: 'acme-tls' }]);
		await until('the Middleware', () => node.read(resourceOf('Middleware'), 'acme'), DISCOVERY_MS);
		await until('its annotation', async () => transportOf((await node.read(resources.services, 'acme'))?.metadata.annotations));
		await patchVault(stage.world, vault, { spec: { ingress: { preset: 'None' } } });
		await until('the ServersTransport gone', async () => (await node.read(resourceOf('ServersTransport'), 'acme')) === undefined);
		const { annotations } = (await node.read(resources.services, 'acme'))?.metadata ?? {};
		assert.equal(transportOf(annotations), undefined);
	});

	it('[OPR-177] every RuneVault of docs/ingress.md is accepted', async () => {
		const page = await readFile(join(import.meta.dirname, '..', '..', '..', 'docs', 'ingress.md'), 'utf8');
		const blocks = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].flatMap(([, text = '']) =>
			parseAllDocuments(text).map(each => each.toJS()),
		);
		assert.deepEqual(
			blocks.map(({ metadata }) => metadata.name),
			['nginx', 'traefik', 'route'],
		);
		await stage.place('rune');
		for (const { metadata, spec } of blocks) {
			await applyVault(stage.world, metadata, spec);
			await untilCondition(stage.world, metadata, 'Accepted', 'True', 'Valid', DISCOVERY_MS);
		}
	});

	it('[OPR-173] what belongs to the other type is refused by the API server with its field', async () => {
		await stage.place('refused');
		const vault = { namespace: 'refused', name: 'acme' };
		const { gateway, ...rest } = ROUTE;
		for (const [ingress, path] of [
			[rest, /spec\.ingress\.gateway/],
			[{ ...TRAEFIK, gateway }, /spec\.ingress\.gateway/],
			[{ ...ROUTE, tlsSecretName: 'x' }, /spec\.ingress\.tlsSecretName/],
			[{ ...ROUTE, className: 'x' }, /spec\.ingress\.className/],
			[{ ...ROUTE, preset: 'Nginx' }, /spec\.ingress\.preset/],
			[{ state: 'Enabled' }, /spec\.ingress\.host/],
		] as const) {
			await assert.rejects(applyVault(stage.world, vault, { ingress }), path);
		}
	});
});
