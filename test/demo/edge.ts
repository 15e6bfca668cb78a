/** A way from outside: an Ingress through a real Traefik on this machine, with TLS that is verified on both sides. */
import { connectVault } from '../../client/vault.ts';
import { LEAF_LIFE_MS, request } from '../../operator/tls/authority.ts';
import { issue } from '../../operator/tls/issue.ts';
import { applyManifest, type Target, tokenOf, type VaultName } from '../install/installation.ts';
import { reachThrough } from '../install/reach.ts';
import { traefikCrds } from '../install/route-crds.ts';
import { until } from '../install/run.ts';
import { startTraefik } from '../install/traefik.ts';
import { questions } from './memories.ts';
import type { Scene } from './trouble.ts';

const HOST = 'vault.example.com';
const CLASS = 'traefik';
const SECRET = 'web';
/** A change of the host rolls the pods, one after the other. */
const LIMIT_MS = 120_000;

/** Traefik's kinds and class, as they are in a cluster that has Traefik. Before the operator, which looks for kinds of others now and then. */
export async function prepareEdge({ kubectl, isRoutable }: Target): Promise<void> {
	if (!isRoutable) return;
	const items = await traefikCrds();
	await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
		input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
	});
	await applyManifest(kubectl, {
		apiVersion: 'networking.k8s.io/v1',
		kind: 'IngressClass',
		metadata: { name: CLASS },
		spec: { controller: 'traefik.io/ingress-controller' },
	});
}

/** Opens an Ingress, asks through its URL, and closes it again. Needs pods that this machine can route to. */
export async function reachFromOutside({ story, target, vault, asked }: Scene): Promise<void> {
	story.chapter('From outside: an Ingress through Traefik');
	const { kubectl, isRoutable } = target;
	if (!isRoutable) return story.tell('left out: it needs pods that this machine can route to');
	const ca = await putCertificate(target, vault);
	const setIngress = (ingress: object | null) =>
		kubectl(['patch', 'runevault', vault.name, '-n', vault.namespace, '--type=merge', '-p', JSON.stringify({ spec: { ingress } })]);
	await setIngress({ state: 'Enabled', host: HOST, className: CLASS, tlsSecretName: SECRET, preset: 'Traefik' });
	const traefik = await startTraefik({ kubeconfig: kubectl.kubeconfig, ingressClass: CLASS, nginxClass: 'none' });
	const reach = reachThrough(ca, '127.0.0.1');
	const url = `https://${HOST}:${traefik.port}/mcp`;
	try {
		const isServed = async () => (await reach.fetch(new URL('/health', url))).status === 200;
		await until(`200 of ${HOST}`, isServed, LIMIT_MS, 250);
		const client = await connectVault({ url, token: await tokenOf(kubectl, vault), fetch: reach.fetch, retries: 10, retryDelayMs: 250 });
		story.tell(`${url} answers; its certificate and the pods' are verified`);
		story.check('the same question through the Ingress gets the same answer', (await asked.askAgain(client)) === questions[0]?.expect);
		await client.close();
		const isRefused = await fetch(`https://127.0.0.1:${traefik.port}/health`).then(
			() => false,
			() => true,
		);
		story.check('a client that does not know the authority does not connect', isRefused);
	} finally {
		await reach.close();
		await traefik.stop();
		await setIngress(null);
	}
}

/** A certificate for the host in a Secret, as cert-manager would leave it. @returns its authority as PEM */
async function putCertificate({ kubectl }: Target, { namespace }: VaultName): Promise<string> {
	const now = Date.now();
	const [authority, server] = await issue([
		request('edge', 'authority', now, LEAF_LIFE_MS, []),
		{ ...request('edge', 'server', now, LEAF_LIFE_MS, [HOST]), signer: 0 },
	]);
	if (authority === undefined || server === undefined) throw new Error('no certificate was made');
	await applyManifest(kubectl, {
		apiVersion: 'v1',
		kind: 'Secret',
		type: 'kubernetes.io/tls',
		metadata: { namespace, name: SECRET },
		stringData: { 'tls.crt': server.cert, 'tls.key': server.key },
	});
	return authority.cert;
}
