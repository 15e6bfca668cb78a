/** One operator, one RuneVault and the way to it: what the demo and the cluster tests both start from. */
import { connectVault, type Vault, type VaultOptions } from '../../client/vault.ts';
import { getObject, helmInstall, type Kubectl, secretText } from './kubectl.ts';
import { type Reach, reachByPortForward, reachDirectly } from './reach.ts';
import { until } from './run.ts';

export const PUBLIC_PORT = 8443;
export const INTERNAL_PORT = 9443;
export const OPERATOR_NAMESPACE = 'runevault-system';

export type Target = {
	kubectl: Kubectl;
	/** The helm program. */
	helm: string;
	/** `repository:tag` of the one image. */
	image: string;
	/** Whether this machine has a route to cluster addresses. */
	isRoutable: boolean;
};

export type VaultName = { namespace: string; name: string };

/** Installs the CRDs and the operator with Helm, as the README says. @param extra further values of the operator's chart */
export async function installOperator({ kubectl, helm, image }: Target, extra: Record<string, string> = {}): Promise<void> {
	const colon = image.lastIndexOf(':');
	const values = { 'image.repository': image.slice(0, colon), 'image.tag': image.slice(colon + 1), ...extra };
	await installCrds({ kubectl, helm });
	await helmInstall(helm, kubectl, 'runevault', 'charts/runevault', OPERATOR_NAMESPACE, values);
}

/** Installs the CRDs and waits until the API server serves them. */
export async function installCrds({ kubectl, helm }: Pick<Target, 'kubectl' | 'helm'>): Promise<void> {
	await helmInstall(helm, kubectl, 'runevault-crds', 'charts/runevault-crds', OPERATOR_NAMESPACE, {});
	await kubectl(['wait', '--for=condition=Established', 'crd/runevaults.runevault.io', '--timeout=30s']);
}

/** The manifest of a RuneVault with a spec laid over the demo's own. */
export function manifest({ namespace, name }: VaultName, spec: Record<string, unknown> = {}): Record<string, unknown> {
	return {
		apiVersion: 'runevault.io/v1alpha1',
		kind: 'RuneVault',
		metadata: { namespace, name },
		spec: { team: 'acme', replicas: 3, keys: { dimension: 512 }, ...spec },
	};
}

/** `spec.access` with a token for the team and one for administrators. */
export const access = (teamGeneration: number) => ({
	tokens: [
		{ name: 'team', role: 'Member', generation: teamGeneration },
		{ name: 'admin', role: 'Admin', generation: 1 },
	],
});

/** Applies an object as a person would: `kubectl apply -f -`. */
export async function applyManifest(kubectl: Kubectl, object: Record<string, unknown>): Promise<void> {
	await kubectl(['apply', '-f', '-'], { input: JSON.stringify(object) });
}

export async function createNamespace(kubectl: Kubectl, namespace: string): Promise<void> {
	await applyManifest(kubectl, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
}

/** Waits for a condition of the RuneVault, as judged from its present spec. @throws with what the condition says when it does not come. */
export async function waitFor(kubectl: Kubectl, vault: VaultName, condition: string, status = 'True', timeoutMs = 180_000): Promise<void> {
	await until(
		`${condition}=${status} of runevault ${vault.namespace}/${vault.name}`,
		async () => {
			const object = await getObject(kubectl, 'runevault', vault.name, vault.namespace);
			const conditions = (object?.status?.conditions ?? []) as (Record<'type' | 'status' | 'reason' | 'message', string> & {
				observedGeneration: number;
			})[];
			const found = conditions.find(each => each.type === condition);
			if (found?.status === status && found.observedGeneration === object?.metadata.generation) return true;
			throw new Error(found ? `${found.status}: ${found.reason}: ${found.message}` : 'no such condition yet');
		},
		timeoutMs,
		250,
	);
}

/** The name of the pod that is routed to now. */
export async function primaryOf(kubectl: Kubectl, vault: VaultName): Promise<string | undefined> {
	const status = (await getObject(kubectl, 'runevault', vault.name, vault.namespace))?.status;
	return (status?.primary as { pod?: string } | undefined)?.pod;
}

/** The token of one identity, from its Secret. */
export const tokenOf = (kubectl: Kubectl, vault: VaultName, name = 'team'): Promise<string> =>
	secretText(kubectl, `${vault.name}-token-${name}`, 'token', vault.namespace);

/** What a client of the vault may trust, as PEM. Another one when the RuneVault was deleted and made anew. */
export const authorityOf = (kubectl: Kubectl, vault: VaultName): Promise<string> =>
	secretText(kubectl, `${vault.name}-tls`, 'ca.crt', vault.namespace);

export async function reachVault({ kubectl, isRoutable }: Target, vault: VaultName): Promise<Reach> {
	const ca = await authorityOf(kubectl, vault);
	return isRoutable ? reachDirectly(ca) : reachByPortForward(kubectl, vault.namespace, vault.name, PUBLIC_PORT, ca);
}

/** The Vault through its Service, as a client in the cluster's network would call it. */
export function connect(vault: VaultName, reach: Reach, token: string, options: Partial<VaultOptions> = {}): Promise<Vault> {
	const url = `https://${vault.name}.${vault.namespace}.svc:${PUBLIC_PORT}/mcp`;
	return connectVault({ url, token, fetch: reach.fetch, ...options });
}
