/** What the spec names and is not there, of what is still needed. */
import type { RuneVault, RuneVaultSpec } from '../../crds/runevault.ts';
import { isForbidden } from '../../kube/errors.ts';
import { get } from '../../kube/objects.ts';
import { type Resource, resources } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { publicSecretOf } from '../desired/certificate.ts';
import type { KeysObserved } from '../reconcile/keys.ts';
import type { Caches } from './gather.ts';
import { IMPORT_PATH, type MissingRef } from './observed.ts';
import type { OptionalKind } from './owned.ts';

const CERT_MANAGER = 'cert-manager.io';
const ISSUER_PATH = 'spec.tls.certManager.issuerRef';

const ingressClasses: Resource = {
	group: 'networking.k8s.io',
	version: 'v1',
	plural: 'ingressclasses',
	kind: 'IngressClass',
	namespaced: false,
};
const issuers: Resource = { group: CERT_MANAGER, version: 'v1', plural: 'issuers', kind: 'Issuer', namespaced: true };
const clusterIssuers: Resource = { ...issuers, plural: 'clusterissuers', kind: 'ClusterIssuer', namespaced: false };

/** A key that was imported need not lie around. Issuers of other groups than cert-manager's own are not looked for. */
export async function findMissingRefs(
	vault: RuneVault,
	spec: RuneVaultSpec,
	{ key, recorded }: KeysObserved,
	{ transport, caches }: { transport: Transport; caches: Pick<Caches, 'knows'> },
): Promise<MissingRef[]> {
	const { namespace } = vault.metadata;
	const { ingress, keys } = spec;
	const missing: MissingRef[] = [];
	const check = async (path: string, resource: Resource, name: string | undefined) => {
		if (name === undefined) return;
		const place = resource.namespaced ? { namespace, name } : { name };
		const isMissing = await lacks(transport, resource, place);
		if (isMissing) missing.push({ path, kind: resource.kind as MissingRef['kind'], name });
	};
	const checkCertificate = async () => {
		const { certManager } = spec.tls;
		if (certManager !== undefined && !caches.knows('Certificate')) {
			missing.push({ path: 'spec.tls.certManager', kind: 'CertManager', name: 'Certificate of cert-manager.io' });
			return;
		}
		const issuerRef = certManager?.issuerRef;
		if (issuerRef?.group === CERT_MANAGER) {
			await check(ISSUER_PATH, issuerRef.kind === 'ClusterIssuer' ? clusterIssuers : issuers, issuerRef.name);
		}
		const secret = publicSecretOf({ ...vault.metadata, spec });
		await check(certManager === undefined ? 'spec.tls.secret.secretName' : 'spec.tls.certManager', resources.secrets, secret);
	};
	if (key === undefined && recorded === undefined) await check(IMPORT_PATH, resources.secrets, keys.import?.secretName);
	await checkCertificate();
	if (ingress.state !== 'Enabled') return missing;
	missing.push(...unknownKinds(spec, caches));
	await check('spec.ingress.tlsSecretName', resources.secrets, ingress.tlsSecretName);
	await check('spec.ingress.className', ingressClasses, ingress.className);
	return missing;
}

/** A Gateway without BackendTLSPolicies may still serve the route, by the Service's `appProtocol`. */
function unknownKinds({ ingress }: RuneVaultSpec, caches: Pick<Caches, 'knows'>): MissingRef[] {
	const lacks = (path: string, name: string, ...kinds: OptionalKind[]): MissingRef[] =>
		kinds.every(kind => caches.knows(kind)) ? [] : [{ path, kind: 'Kind', name }];
	if (ingress.type === 'HTTPRoute') return lacks('spec.ingress.type', 'HTTPRoute of gateway.networking.k8s.io', 'HTTPRoute');
	if (ingress.preset !== 'Traefik') return [];
	return lacks('spec.ingress.preset', 'ServersTransport and Middleware of traefik.io', 'ServersTransport', 'Middleware');
}

/** An operator without rights over the cluster may not look for what has no namespace, and takes it to be there. */
async function lacks(transport: Transport, resource: Resource, place: { namespace?: string | undefined; name: string }): Promise<boolean> {
	try {
		return (await get(transport, resource, place, { metadataOnly: true })) === undefined;
	} catch (error) {
		if (!resource.namespaced && isForbidden(error)) return false;
		throw error;
	}
}
