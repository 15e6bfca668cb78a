/** How a Vault is reached and watched from outside its pods: Ingress, NetworkPolicy, monitoring. */
import { z } from 'zod';
import { dnsLabel, dnsName, rules, stringMap } from './fields.ts';

const gatewaySchema = z.object({
	name: dnsName().describe('Name of the Gateway.'),
	namespace: dnsLabel(63)
		.optional()
		.describe('Its namespace, whose listener must admit routes of this one; that of the RuneVault when left out.'),
	sectionName: dnsName().optional().describe('Its listener; all that admit the host when left out. It should speak HTTPS.'),
});

export const ingressSchema = rules(
	z.object({
		state: z.enum(['Disabled', 'Enabled']).default('Disabled').describe('Whether a way from outside the cluster leads to the Vault.'),
		type: z
			.enum(['Ingress', 'HTTPRoute'])
			.default('Ingress')
			.describe(
				'Ingress: an Ingress, for the controller of its class. HTTPRoute: a route of the Gateway API, for the Gateway that `gateway` names.',
			),
		host: dnsName().optional().describe('Host name of the Ingress or the HTTPRoute. Needed when it is enabled.'),
		className: dnsName().optional().describe("IngressClass; the cluster's default when left out."),
		preset: z
			.enum(['None', 'Nginx', 'Traefik'])
			.default('None')
			.describe(
				'Whose annotations are set for size limits, timeouts and the check of the certificate of the pods: those of ingress-nginx, or of Traefik, with a ServersTransport and a Middleware of its own kinds.',
			),
		annotations: stringMap(32, 4096)
			.optional()
			.describe('Annotations of the Ingress or HTTPRoute, for its controller. They win over those of the preset.'),
		tlsSecretName: dnsName()
			.optional()
			.describe('Secret with the certificate of the host, for an Ingress. Without it the Ingress itself speaks plain HTTP to clients.'),
		gateway: gatewaySchema.optional().describe('The Gateway that the HTTPRoute hangs on, with type HTTPRoute.'),
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
	{
		rule: "(has(self.type) && self.type == 'HTTPRoute') == has(self.gateway)",
		message: 'must be there with the type HTTPRoute, and only then',
		fieldPath: '.gateway',
		check: ingress => (ingress.type === 'HTTPRoute') === (ingress.gateway !== undefined),
		path: ['gateway'],
	},
	...(['className', 'tlsSecretName'] as const).map(field => ({
		rule: `!has(self.type) || self.type != 'HTTPRoute' || !has(self.${field})`,
		message: 'is of an Ingress; an HTTPRoute has it from its Gateway',
		fieldPath: `.${field}`,
		check: (ingress: { type: string; className?: unknown; tlsSecretName?: unknown }) =>
			ingress.type !== 'HTTPRoute' || ingress[field] === undefined,
		path: [field],
	})),
	{
		rule: "!has(self.type) || self.type != 'HTTPRoute' || !has(self.preset) || self.preset == 'None'",
		message: 'is for an Ingress: must be None with the type HTTPRoute',
		fieldPath: '.preset',
		check: ingress => ingress.type !== 'HTTPRoute' || ingress.preset === 'None',
		path: ['preset'],
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
