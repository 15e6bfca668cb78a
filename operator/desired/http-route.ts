/**
 * The way from outside by the Gateway API: HTTPRoute `<name>` on a Gateway of the cluster's, and BackendTLSPolicy `<name>`, by which the Gateway
 * checks the certificate of the pods against ConfigMap `<name>-ca`. That API takes authorities from ConfigMaps only; they are no secret.
 */
import type { RuneVaultSpec } from '../../crds/runevault.ts';
import type { KubeObject } from '../../kube/resources.ts';
import { backendNameOf, isPublicTls } from './certificate.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf } from './metadata.ts';
import { namesOf, PUBLIC_PORT } from './names.ts';

const API_VERSION = 'gateway.networking.k8s.io/v1';

const isWanted = ({ ingress }: Pick<RuneVaultSpec, 'ingress'>): boolean => ingress.state === 'Enabled' && ingress.type === 'HTTPRoute';

/** Whether a Gateway is to be shown who signs the certificate of the pods. */
export const wantsAuthority = (spec: RuneVaultSpec): boolean => isWanted(spec) && spec.tls.type === 'SelfSigned';

export function buildHttpRoute(vault: CheckedVault, inputs: Inputs): KubeObject | undefined {
	const { host, gateway, annotations } = vault.spec.ingress;
	if (!isWanted(vault.spec) || host === undefined || gateway === undefined || !inputs.hasHttpRoutes) return undefined;
	const { service } = namesOf(vault.name);
	return {
		apiVersion: API_VERSION,
		kind: 'HTTPRoute',
		metadata: metadataOf(vault, inputs, service, 'vault', annotations === undefined ? {} : { annotations }),
		spec: {
			hostnames: [host],
			parentRefs: [gateway],
			rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: [{ name: service, port: PUBLIC_PORT }] }],
		},
	};
}

/** With another certificate than the operator's, the Gateway goes by the authorities of its own machine. */
export function buildBackendTlsPolicy(vault: CheckedVault, inputs: Inputs): KubeObject | undefined {
	if (!isWanted(vault.spec) || !isPublicTls(vault) || !inputs.hasBackendTlsPolicies) return undefined;
	const { service, authority } = namesOf(vault.name);
	const trusted = wantsAuthority(vault.spec)
		? { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: authority }] }
		: { wellKnownCACertificates: 'System' };
	return {
		apiVersion: API_VERSION,
		kind: 'BackendTLSPolicy',
		metadata: metadataOf(vault, inputs, service, 'tls'),
		spec: {
			targetRefs: [{ group: '', kind: 'Service', name: service }],
			validation: { hostname: backendNameOf(vault), ...trusted },
		},
	};
}

export function buildAuthorityMap(vault: CheckedVault, inputs: Inputs): KubeObject | undefined {
	if (!wantsAuthority(vault.spec) || inputs.authority === undefined) return undefined;
	return {
		apiVersion: 'v1',
		kind: 'ConfigMap',
		metadata: metadataOf(vault, inputs, namesOf(vault.name).authority, 'tls'),
		data: { 'ca.crt': inputs.authority },
	};
}
