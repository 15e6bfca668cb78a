/** Ingress `<name>`: the public port from outside the cluster. The internal port is never in it. */
import type { KubeObject } from '../../kube/resources.ts';
import { isPublicTls } from './certificate.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf } from './metadata.ts';
import { namesOf } from './names.ts';
import { optional } from './pod.ts';

/** Ingress controllers speak plain HTTP to what is behind them unless told otherwise; Traefik goes by an annotation of the Service instead. */
const backendAnnotations = (vault: CheckedVault): Record<string, string> =>
	isPublicTls(vault) ? { 'nginx.ingress.kubernetes.io/backend-protocol': 'HTTPS' } : {};

export function buildIngress(vault: CheckedVault, inputs: Inputs): KubeObject | undefined {
	const { state, host, className, annotations, tlsSecretName } = vault.spec.ingress;
	if (state !== 'Enabled' || host === undefined) return undefined;
	const { service } = namesOf(vault.name);
	const backend = { service: { name: service, port: { name: 'mcp' } } };
	return {
		apiVersion: 'networking.k8s.io/v1',
		kind: 'Ingress',
		metadata: metadataOf(vault, inputs, service, 'vault', { annotations: { ...backendAnnotations(vault), ...annotations } }),
		spec: {
			...optional('ingressClassName', className),
			rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
			...(tlsSecretName === undefined ? {} : { tls: [{ hosts: [host], secretName: tlsSecretName }] }),
		},
	};
}
