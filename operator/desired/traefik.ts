/**
 * What `preset: Traefik` needs beside annotations: ServersTransport `<name>`, by which Traefik believes the pods and gives up on silent ones,
 * and Middleware `<name>`, which refuses bodies that the pods would refuse.
 */
import type { KubeObject } from '../../kube/resources.ts';
import { backendNameOf, isPublicTls } from './certificate.ts';
import { MAX_BODY_BYTES, STALL_SECONDS } from './edge-limits.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf } from './metadata.ts';
import { namesOf } from './names.ts';

const API_VERSION = 'traefik.io/v1alpha1';

const isWanted = ({ spec: { ingress } }: CheckedVault, { hasTraefik }: Inputs): boolean =>
	ingress.state === 'Enabled' && ingress.type === 'Ingress' && ingress.preset === 'Traefik' && hasTraefik;

/** How annotations name the ServersTransport and the Middleware; undefined where there are none. */
export const traefikName = (vault: CheckedVault, inputs: Inputs): string | undefined =>
	isWanted(vault, inputs) ? `${vault.namespace}-${vault.name}@kubernetescrd` : undefined;

/** A certificate that the operator does not sign is held against the authorities that Traefik's machine trusts. */
export function buildServersTransport(vault: CheckedVault, inputs: Inputs): KubeObject | undefined {
	if (!isWanted(vault, inputs)) return undefined;
	const { service, serverSecret } = namesOf(vault.name);
	const isOwn = vault.spec.tls.type === 'SelfSigned';
	return {
		apiVersion: API_VERSION,
		kind: 'ServersTransport',
		metadata: metadataOf(vault, inputs, service, 'vault'),
		spec: {
			...(isPublicTls(vault) ? { serverName: backendNameOf(vault) } : {}),
			...(isOwn ? { rootCAs: [{ secret: serverSecret }] } : {}),
			forwardingTimeouts: { dialTimeout: '5s', responseHeaderTimeout: `${STALL_SECONDS}s` },
		},
	};
}

export function buildBodyLimit(vault: CheckedVault, inputs: Inputs): KubeObject | undefined {
	if (!isWanted(vault, inputs)) return undefined;
	return {
		apiVersion: API_VERSION,
		kind: 'Middleware',
		metadata: metadataOf(vault, inputs, namesOf(vault.name).service, 'vault'),
		spec: { buffering: { maxRequestBodyBytes: MAX_BODY_BYTES } },
	};
}
