/** Which certificate the Vault shows to its clients. The internal port is the operator's and always has one of its own authority. */
import { z } from 'zod';
import { dnsName, rules } from './fields.ts';

/** On a RuneVault, by its user: that clients may speak plain HTTP, which `type: Disabled` needs. */
export const ALLOW_PLAINTEXT = 'runevault.io/allow-plaintext';

/** The common name of the certificate that the operator shows to the pods, by which they know it. */
export const OPERATOR_COMMON_NAME = 'runevault-operator';

const secretSchema = z.object({
	secretName: dnsName().describe(
		'Secret of type kubernetes.io/tls in the namespace of the RuneVault: tls.crt with its chain, and tls.key. A new certificate in it is served without a restart.',
	),
});

const certManagerSchema = z.object({
	issuerRef: z
		.object({
			name: dnsName().describe('Name of the issuer.'),
			kind: z
				.string()
				.min(1)
				.max(63)
				.regex(/^[A-Z][A-Za-z0-9]*$/, 'must be a kind such as Issuer')
				.default('Issuer')
				.describe('Issuer, ClusterIssuer, or the kind of an external issuer.'),
			group: dnsName().default('cert-manager.io').describe('API group of the issuer.'),
		})
		.describe('Who signs.'),
	dnsNames: z
		.array(dnsName().describe('A host name.'))
		.min(1)
		.max(32)
		.optional()
		.describe(
			"Names of the certificate; those of the Services and of the Ingress when left out. A public issuer signs no names of the cluster's own.",
		),
});

/** A block is there with its type, and only then. */
const blockOf = (type: string, block: 'secret' | 'certManager') => ({
	// The API server tries the rule on the default `{}` too, before the defaults inside it are there.
	rule: `(has(self.type) && self.type == '${type}') == has(self.${block})`,
	message: `must be there with the type ${type}, and only then`,
	fieldPath: `.${block}`,
	check: (tls: { type: string; secret?: unknown; certManager?: unknown }) => (tls.type === type) === (tls[block] !== undefined),
	path: [block],
});

export const tlsSchema = rules(
	z.object({
		type: z
			.enum(['SelfSigned', 'Secret', 'CertManager', 'Disabled'])
			.default('SelfSigned')
			.describe(
				`SelfSigned: the operator has an authority for this Vault, and its certificate is beside each token. Secret: yours. CertManager: one that cert-manager obtains. Disabled: plain HTTP on the public port, which the annotation ${ALLOW_PLAINTEXT} has to allow with true.`,
			),
		secret: secretSchema.optional().describe('Your certificate, with type Secret.'),
		certManager: certManagerSchema.optional().describe('What to ask cert-manager for, with type CertManager.'),
	}),
	blockOf('Secret', 'secret'),
	blockOf('CertManager', 'certManager'),
).prefault({});
