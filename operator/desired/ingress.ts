/**
 * Ingress `<name>`: the public port from outside the cluster. The internal port is never in it.
 *
 * A preset has the controller do what the pods do anyhow, so that neither side waits for the other in vain, and check the certificate of the
 * pods. What the user writes wins over it.
 */
import type { KubeObject } from '../../kube/resources.ts';
import { backendNameOf, isPublicTls } from './certificate.ts';
import { MAX_BODY_BYTES, STALL_SECONDS } from './edge-limits.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf } from './metadata.ts';
import { namesOf } from './names.ts';
import { optional } from './pod.ts';
import { traefikName } from './traefik.ts';

const nginx = (option: string) => `nginx.ingress.kubernetes.io/${option}`;

/** Ingress controllers speak plain HTTP to what is behind them unless told otherwise; Traefik goes by an annotation of the Service instead. */
const backendAnnotations = (vault: CheckedVault): Record<string, string> =>
	isPublicTls(vault) ? { [nginx('backend-protocol')]: 'HTTPS' } : {};

/** With another certificate than the operator's, only the user knows who signs: nothing is checked until `proxy-ssl-*` annotations say so. */
function nginxAnnotations(vault: CheckedVault): Record<string, string> {
	const check = {
		[nginx('proxy-ssl-secret')]: `${vault.namespace}/${namesOf(vault.name).serverSecret}`,
		[nginx('proxy-ssl-verify')]: 'on',
		[nginx('proxy-ssl-name')]: backendNameOf(vault),
		[nginx('proxy-ssl-server-name')]: 'on',
		[nginx('proxy-ssl-protocols')]: 'TLSv1.3',
	};
	return {
		[nginx('proxy-body-size')]: `${MAX_BODY_BYTES / 1024 / 1024}m`,
		[nginx('proxy-read-timeout')]: String(STALL_SECONDS),
		[nginx('proxy-send-timeout')]: String(STALL_SECONDS),
		...(vault.spec.tls.type === 'SelfSigned' ? check : {}),
	};
}

function presetAnnotations(vault: CheckedVault, inputs: Inputs): Record<string, string> {
	if (vault.spec.ingress.preset === 'Nginx') return nginxAnnotations(vault);
	const middleware = traefikName(vault, inputs);
	return middleware === undefined ? {} : { 'traefik.ingress.kubernetes.io/router.middlewares': middleware };
}

export function buildIngress(vault: CheckedVault, inputs: Inputs): KubeObject | undefined {
	const { state, type, host, className, annotations: own, tlsSecretName } = vault.spec.ingress;
	if (state !== 'Enabled' || type !== 'Ingress' || host === undefined) return undefined;
	const { service } = namesOf(vault.name);
	const backend = { service: { name: service, port: { name: 'mcp' } } };
	const annotations = { ...backendAnnotations(vault), ...presetAnnotations(vault, inputs), ...own };
	return {
		apiVersion: 'networking.k8s.io/v1',
		kind: 'Ingress',
		metadata: metadataOf(vault, inputs, service, 'vault', { annotations }),
		spec: {
			...optional('ingressClassName', className),
			rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
			...(tlsSecretName === undefined ? {} : { tls: [{ hosts: [host], secretName: tlsSecretName }] }),
		},
	};
}
