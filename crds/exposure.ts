/** How a Vault is reached and watched from outside its pods: Ingress, NetworkPolicy, monitoring. */
import { z } from 'zod';
import { dnsName, rules, stringMap } from './fields.ts';

export const ingressSchema = rules(
	z.object({
		state: z.enum(['Disabled', 'Enabled']).default('Disabled').describe('Whether an Ingress leads to the Vault.'),
		host: dnsName().optional().describe('Host name of the Ingress. Needed when it is enabled.'),
		className: dnsName().optional().describe("IngressClass; the cluster's default when left out."),
		annotations: stringMap(32, 4096).optional().describe('Annotations of the Ingress, for its controller.'),
		tlsSecretName: dnsName()
			.optional()
			.describe('Secret with the certificate of the host. Without it the Ingress itself speaks plain HTTP to clients.'),
	}),
	{
		// The API server tries the rule on the default `{}` too, before the defaults inside it are there.
		rule: "!has(self.state) || self.state != 'Enabled' || has(self.host)",
		message: 'must name a host when the Ingress is enabled',
		fieldPath: '.host',
		reason: 'FieldValueRequired',
		check: ingress => ingress.state !== 'Enabled' || ingress.host !== undefined,
		path: ['host'],
	},
).prefault({});

const selectorSchema = () =>
	z.object({
		matchLabels: stringMap(16, 63).optional().describe('Labels that must all be there.'),
		matchExpressions: z
			.array(
				z
					.object({
						key: z.string().min(1).max(317).describe('Label key.'),
						operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']).describe('How the label is compared.'),
						values: z.array(z.string().max(63).describe('A label value.')).max(32).optional().describe('Values for In and NotIn.'),
					})
					.describe('A condition on a label.'),
			)
			.max(16)
			.optional()
			.describe('Conditions on labels that must all hold.'),
	});

const peerSchema = z.object({
	podSelector: selectorSchema().optional().describe('Pods, in the namespaces selected, else in the namespace of the RuneVault.'),
	namespaceSelector: selectorSchema().optional().describe('Namespaces; an empty selector selects all.'),
	ipBlock: z
		.object({
			cidr: z.string().min(1).max(64).describe('Address range, such as 10.0.0.0/8.'),
			except: z.array(z.string().max(64).describe('An address range.')).max(32).optional().describe('Ranges inside it that are left out.'),
		})
		.optional()
		.describe('An address range. Excludes the selectors.'),
});

export const networkPolicySchema = z
	.object({
		state: z.enum(['Enabled', 'Disabled']).default('Enabled').describe('Whether a NetworkPolicy guards the Vault pods.'),
		from: z
			.array(peerSchema.describe('A peer.'))
			.max(32)
			.optional()
			.describe(
				'Who may reach the public port, as peers of a NetworkPolicy; everyone when left out. The internal port is open to the operator and to Prometheus only.',
			),
	})
	.prefault({});

export const monitoringSchema = z
	.object({
		serviceMonitor: z
			.enum(['Enabled', 'Shared', 'Disabled'])
			.default('Enabled')
			.describe(
				'Enabled makes a ServiceMonitor of its own where the Prometheus Operator is installed, Shared leaves the pods to the one of the chart, Disabled keeps Prometheus out.',
			),
		labels: stringMap(16, 63).optional().describe('Labels of the ServiceMonitor, for a Prometheus that selects by label.'),
	})
	.prefault({});
