/** Ways from outside through a real Traefik: an Ingress by either preset, and an HTTPRoute by its Gateway. TLS on both sides is verified. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { loadEnglishModel } from '../../../client/embed.ts';
import { connectEnvector } from '../../../client/envector.ts';
import { openRune } from '../../../client/rune.ts';
import { connectVault, type Vault } from '../../../client/vault.ts';
import { loadSeal } from '../../../fhe/seal.ts';
import { LEAF_LIFE_MS, request } from '../../../operator/tls/authority.ts';
import { issue } from '../../../operator/tls/issue.ts';
import { findTarget } from '../../demo/target.ts';
import { startEnvector } from '../../envector/server.ts';
import {
	applyManifest,
	createNamespace,
	installOperator,
	manifest,
	primaryOf,
	type Target,
	tokenOf,
	waitFor,
} from '../../install/installation.ts';
import { getObject } from '../../install/kubectl.ts';
import { type Reach, reachThrough } from '../../install/reach.ts';
import { gatewayCrds, traefikCrds } from '../../install/route-crds.ts';
import { until } from '../../install/run.ts';
import { NGINX_CONTROLLER, startTraefik, type Traefik } from '../../install/traefik.ts';

const tag = randomBytes(3).toString('hex');
const vault = { namespace: `edge-${tag}`, name: 'acme' };
const HOST = 'vault.example.com';
const [OWN_CLASS, NGINX_CLASS] = [`traefik-${tag}`, `nginx-${tag}`];
const ingressClass = (name: string, controller: string) => ({
	apiVersion: 'networking.k8s.io/v1',
	kind: 'IngressClass',
	metadata: { name },
	spec: { controller },
});
/** The operator asks twice a minute for kinds of others. */
const DISCOVERY_MS = 60_000;

describe('a RuneVault behind Traefik', () => {
	let target: Target;
	let traefik: Traefik;
	let reach: Reach;
	let token: string;
	let envector: Awaited<ReturnType<typeof startEnvector>>;
	let blob: Uint8Array;
	let crds: Record<string, unknown>[] = [];

	const origin = () => `https://${HOST}:${traefik.port}`;
	const connect = (retries = 0): Promise<Vault> =>
		connectVault({ url: `${origin()}/mcp`, token, fetch: reach.fetch, retries, retryDelayMs: 250 });
	const setIngress = (ingress: Record<string, unknown>) =>
		applyManifest(target.kubectl, manifest(vault, { replicas: 2, ingress: { state: 'Enabled', host: HOST, ...ingress } }));
	const statusOf = async (path: string): Promise<number> => (await reach.fetch(`${origin()}${path}`)).status;
	const untilStatus = (wanted: number, timeoutMs = DISCOVERY_MS) =>
		until(
			`${wanted} of ${HOST}`,
			async () => {
				const status = await statusOf('/health');
				if (status !== wanted) throw new Error(`${status}: ${traefik.output().split('\n').slice(-8).join('\n')}`);
				return true;
			},
			timeoutMs,
			250,
		);
	const assertDecrypts = async (client: Vault) => {
		const { results } = await client.decryptScores(blob, 1);
		assert.equal(results.length, 1);
		await client.close();
	};

	before(async () => {
		target = await findTarget(process.env);
		crds = [...(await gatewayCrds()), ...(await traefikCrds())];
		const all = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: crds });
		await target.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], { input: all });
		await installOperator(target);
		await createNamespace(target.kubectl, vault.namespace);
		await applyManifest(target.kubectl, ingressClass(OWN_CLASS, 'traefik.io/ingress-controller'));
		await applyManifest(target.kubectl, ingressClass(NGINX_CLASS, NGINX_CONTROLLER));
		const now = Date.now();
		const [authority, server] = await issue([
			request('edge', 'authority', now, LEAF_LIFE_MS, []),
			{ ...request('edge', 'server', now, LEAF_LIFE_MS, [HOST]), signer: 0 },
		]);
		assert.ok(authority && server);
		await applyManifest(target.kubectl, {
			apiVersion: 'v1',
			kind: 'Secret',
			type: 'kubernetes.io/tls',
			metadata: { namespace: vault.namespace, name: 'web' },
			stringData: { 'tls.crt': server.cert, 'tls.key': server.key },
		});
		reach = reachThrough(authority.cert, '127.0.0.1');
		await setIngress({ className: OWN_CLASS, tlsSecretName: 'web' });
		[traefik, envector] = await Promise.all([
			startTraefik({ kubeconfig: target.kubectl.kubeconfig, ingressClass: OWN_CLASS, nginxClass: NGINX_CLASS }),
			startEnvector({ seal: await loadSeal() }),
		]);
		await waitFor(target.kubectl, vault, 'Ready');
		await waitFor(target.kubectl, vault, 'StandbyReady');
		token = await tokenOf(target.kubectl, vault);
	});

	after(async () => {
		await reach?.close();
		await traefik?.stop();
		await envector?.close();
		if (target === undefined) return;
		await target.kubectl(['delete', 'ingressclass', OWN_CLASS, NGINX_CLASS, '--ignore-not-found']);
		await target.kubectl(['delete', 'gatewayclass', OWN_CLASS, '--ignore-not-found']);
		await target.kubectl(['delete', 'namespace', vault.namespace, '--timeout=60s']);
		const names = crds.map(crd => Object(crd.metadata).name as string);
		await target.kubectl(['delete', 'crd', '--wait=false', '--ignore-not-found', ...names]);
	});

	it('[CLU-55] is not reached while Traefik has no reason to believe the pods, and is with the preset', async () => {
		await untilStatus(500);
		await setIngress({ className: OWN_CLASS, tlsSecretName: 'web', preset: 'Traefik' });
		await untilStatus(200);
		const status = (await getObject(target.kubectl, 'runevault', vault.name, vault.namespace))?.status;
		assert.equal(status?.endpoint, `https://${HOST}/mcp`);
	});

	it('[CLU-55] decrypts an encrypted search through it, over TLS that is verified on both sides', async () => {
		const client = await connect(10);
		using rune = await openRune({ vault: client, envector: connectEnvector(envector.url), index: 'edge', embed: await loadEnglishModel() });
		await rune.createIndex();
		await rune.remember(['We decided to use PostgreSQL as the database.', 'Fridays are free of meetings.']);
		const recall = await rune.recall('Which database did we choose?', 1);
		blob = recall.blob;
		assert.equal(recall.memories[0]?.text, 'We decided to use PostgreSQL as the database.');
		await client.close();
	});

	it('[CLU-56] has bodies that are too large refused by Traefik itself, and lets through what the pods take', async () => {
		const send = (bytes: number) =>
			reach.fetch(`${origin()}/mcp`, { method: 'POST', body: 'x'.repeat(bytes), headers: { 'content-type': 'application/json' } });
		// Traefik takes in a change every two seconds, and the Ingress may have come just after the Service that it reached the pods by.
		await until('Traefik refuses, not the pods', async () => {
			const large = await send(9 * 1024 * 1024);
			assert.equal(large.status, 413);
			return !/json/.test(large.headers.get('content-type') ?? '');
		});
		const small = await send(7 * 1024 * 1024);
		assert.equal(small.status, 401);
		assert.match(small.headers.get('content-type') ?? '', /json/, 'an answer of the Vault');
	});

	it('[CLU-57] goes on with another primary, for a client that is tied to none', async () => {
		const answer = await reach.fetch(`${origin()}/health`);
		assert.equal(answer.headers.get('set-cookie'), null);
		const client = await connect(40);
		const before = await primaryOf(target.kubectl, vault);
		await target.kubectl(['delete', 'pod', before ?? '', '-n', vault.namespace, '--grace-period=0', '--force']);
		await until('another primary', async () => (await primaryOf(target.kubectl, vault)) !== before);
		await assertDecrypts(client);
		await waitFor(target.kubectl, vault, 'StandbyReady');
	});

	it('[CLU-55] is reached by the preset for ingress-nginx too, whose annotations Traefik reads', async () => {
		const nginx = { className: NGINX_CLASS, tlsSecretName: 'web', preset: 'Nginx' };
		await setIngress({ state: 'Disabled' });
		await untilStatus(404);
		await setIngress({ ...nginx, annotations: { 'nginx.ingress.kubernetes.io/proxy-ssl-name': 'other.example.com' } });
		await untilStatus(500);
		await setIngress(nginx);
		await untilStatus(200);
		await assertDecrypts(await connect(10));
	});

	it('[CLU-58] decrypts through an HTTPRoute on a Gateway, which checks the pods by the policy', async () => {
		await applyManifest(target.kubectl, {
			apiVersion: 'gateway.networking.k8s.io/v1',
			kind: 'GatewayClass',
			metadata: { name: OWN_CLASS },
			spec: { controllerName: 'traefik.io/gateway-controller' },
		});
		await applyManifest(target.kubectl, {
			apiVersion: 'gateway.networking.k8s.io/v1',
			kind: 'Gateway',
			metadata: { namespace: vault.namespace, name: 'edge' },
			spec: {
				gatewayClassName: OWN_CLASS,
				listeners: [
					{
						name: 'https',
						protocol: 'HTTPS',
						port: traefik.port,
						hostname: HOST,
						tls: { certificateRefs: [{ kind: 'Secret', name: 'web' }] },
					},
				],
			},
		});
		await setIngress({ type: 'HTTPRoute', gateway: { name: 'edge', sectionName: 'https' } });
		await waitFor(target.kubectl, vault, 'ResolvedRefs');
		for (const kind of ['HTTPRoute', 'BackendTLSPolicy']) {
			await until(`${kind} accepted`, async () => {
				const status = JSON.stringify((await getObject(target.kubectl, kind, 'acme', vault.namespace))?.status ?? {});
				if (!/"status":"True","type":"Accepted"/.test(status)) throw new Error(`${status} ${traefik.output().slice(-800)}`);
				return true;
			});
		}
		await until('the Ingress gone', async () => (await getObject(target.kubectl, 'ingress', 'acme', vault.namespace)) === undefined);
		await untilStatus(200);
		await assertDecrypts(await connect(10));
	});
});
