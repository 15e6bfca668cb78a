/**
 * Which certificate clients see, and Certificate `<name>-public-tls` for cert-manager, which keeps it in a Secret of the same name. Names of
 * the cluster's own are for private issuers; a public one is told by `dnsNames` what it can sign.
 */
import type { KubeObject } from '../../kube/resources.ts';
import { clientNames } from './certificate-names.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf } from './metadata.ts';
import { namesOf } from './names.ts';

/** Whether clients speak TLS to the pods. */
export const isPublicTls = ({ spec }: CheckedVault): boolean => spec.tls.type !== 'Disabled';

/** The Secret with the certificate that clients see; undefined where it is the operator's own, or none. */
export function publicSecretOf({ name, spec: { tls } }: CheckedVault): string | undefined {
	return tls.type === 'CertManager' ? namesOf(name).publicSecret : tls.secret?.secretName;
}

/** The name that a proxy in front of the pods finds in their certificate: the Service's where the operator signs, else the one clients call by. */
export function backendNameOf({ name, namespace, spec: { tls, ingress } }: CheckedVault): string {
	const own = `${namesOf(name).service}.${namespace}.svc`;
	return tls.type === 'SelfSigned' ? own : (ingress.host ?? own);
}

export function buildCertificate(vault: CheckedVault, inputs: Inputs): KubeObject | undefined {
	const { certManager } = vault.spec.tls;
	if (certManager === undefined || !inputs.hasCertificates) return undefined;
	const { publicSecret } = namesOf(vault.name);
	return {
		apiVersion: 'cert-manager.io/v1',
		kind: 'Certificate',
		metadata: metadataOf(vault, inputs, publicSecret, 'tls'),
		spec: {
			secretName: publicSecret,
			issuerRef: certManager.issuerRef,
			dnsNames: certManager.dnsNames ?? clientNames(vault, inputs.clusterDomain),
			privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
			usages: ['digital signature', 'server auth'],
		},
	};
}
