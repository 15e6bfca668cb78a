/**
 * The RuneVault resource: the one source of its TypeScript types, its defaults, the CRD's YAML and the reference page.
 *
 * Only what works is in here. Rules: no booleans, floats or phases; every field described and bounded; static defaults; durations and
 * quantities kept as typed; what must not change says so in a CEL transition rule. The reconcile parses the spec with the same schema.
 */
import { z } from 'zod';
import { auditSchema } from './audit.ts';
import { backupSchema } from './backup.ts';
import { ingressSchema, monitoringSchema, networkPolicySchema } from './exposure.ts';
import { compareDurations, dnsLabel, duration, listByKey, rules } from './fields.ts';
import { keysSchema } from './keys.ts';
import { podTemplateSchema, resourcesSchema } from './pod-template.ts';
import { protectionSchema } from './protection.ts';
import type { RuneVaultStatus } from './status.ts';
import { tlsSchema } from './tls.ts';
import { tracingSchema } from './tracing.ts';

export const resource = { group: 'runevault.io', version: 'v1alpha1', plural: 'runevaults', kind: 'RuneVault', namespaced: true } as const;

/** Names of owned objects append up to 35 characters, and a pod's host name and revision label hold 63. */
export const MAX_NAME_LENGTH = 40;

const tokenSchema = rules(
	z.object({
		name: dnsLabel(20).describe('Name of the token: the identity that limits, metrics and audit lines speak of.'),
		role: z.enum(['Member', 'Admin']).default('Member').describe('What the token may do.'),
		generation: rules(z.int().min(1).max(1_000_000).default(1), {
			rule: 'self >= oldSelf',
			message: 'must not fall: raise it to rotate the token',
		}).describe('Raise it to rotate the token: a new one is made, and the old one is refused after the overlap.'),
		rotateEvery: duration('1m', '8760h')
			.optional()
			.describe('How long a token lives before the operator rotates it; for ever when left out.'),
		overlap: duration('0s', '168h')
			.default('0s')
			.describe('How long the token before is still accepted beside the new one. With 0s it is refused at once, as after a leak.'),
	}),
	{
		rule: '!has(self.rotateEvery) || !has(self.overlap) || duration(self.overlap) < duration(self.rotateEvery)',
		message: 'must be shorter than rotateEvery',
		fieldPath: '.overlap',
		check: token => token.rotateEvery === undefined || compareDurations(token.overlap, token.rotateEvery) < 0,
		path: ['overlap'],
	},
);

const limitsSchema = z
	.object({
		topK: z.int().min(1).max(10).default(10).describe('How many results one decrypt_scores call may return at most.'),
		callsPerMinute: z.int().min(1).max(1_000_000).default(600).describe('Blobs a token may have decrypted a minute.'),
		failedAuthPerMinute: z.int().min(1).max(10_000).default(20).describe('Wrong tokens from one address a minute before it is locked out.'),
	})
	.prefault({});

export const runeVaultSpecSchema = z.object({
	team: rules(dnsLabel(32), { rule: 'self == oldSelf', message: 'is immutable' }).describe(
		'Name of the team; its tokens begin with evt_<team>_. Immutable.',
	),
	replicas: z.int().min(1).max(9).default(3).describe('Vault pods: one primary, the others standbys that could take over now.'),
	image: z.string().min(1).max(512).optional().describe("Image of the Vault pods; the operator's own when left out."),
	imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent').describe('When the image is pulled.'),
	keys: keysSchema.describe('The FHE key of the team.'),
	access: z
		.object({
			tokens: listByKey(tokenSchema.describe('A token of the team.'), 100, 'name')
				.min(1)
				.prefault([{ name: 'team', role: 'Member', generation: 1, overlap: '0s' }])
				.describe('The tokens of the team. One that is taken out is refused at once and its Secret is removed.'),
			limits: limitsSchema.describe('What callers may ask.'),
		})
		.prefault({})
		.describe('Who may call, and how much.'),
	routing: z
		.enum(['Primary', 'AllReady'])
		.default('Primary')
		.describe(
			'Primary sends clients to one pod, AllReady to every ready one: more throughput, with callsPerMinute shared out among the pods.',
		),
	failover: z
		.object({
			probePeriod: duration('1s', '60s').default('10s').describe('How often the operator has each pod prove that it decrypts.'),
			leaseDuration: duration('5s', '120s')
				.default('15s')
				.describe('How long a primary that fell silent keeps its Lease before a standby takes it.'),
		})
		.prefault({})
		.describe('How a lost primary is noticed and replaced.'),
	audit: auditSchema.describe('Where the record of each decryption and each refusal goes. Immutable.'),
	tls: tlsSchema.describe('How clients know that they speak to this Vault.'),
	protection: protectionSchema.describe('How the key is kept from those who may ask for decryptions.'),
	backup: backupSchema.optional().describe('Backups of the keys and tokens; none are made when left out.'),
	ingress: ingressSchema.describe('The way from outside the cluster.'),
	monitoring: monitoringSchema.describe('How Prometheus finds the pods.'),
	tracing: tracingSchema.describe('Spans of the calls, for a collector of traces. None are made when left out.'),
	networkPolicy: networkPolicySchema.describe('Who may reach the pods.'),
	resources: resourcesSchema.describe('Compute resources of a Vault pod.'),
	podTemplate: podTemplateSchema.describe('Placement and extras of the Vault pods.'),
});

/** A spec with its defaults filled in. */
export type RuneVaultSpec = z.infer<typeof runeVaultSpecSchema>;

/** The resource as the API server gives it: `spec` is not checked yet. */
export type RuneVault = {
	apiVersion: string;
	kind: string;
	metadata: {
		name: string;
		namespace: string;
		uid: string;
		generation: number;
		resourceVersion: string;
		creationTimestamp?: string;
		deletionTimestamp?: string;
		annotations?: Record<string, string>;
		labels?: Record<string, string>;
	};
	spec: unknown;
	status?: RuneVaultStatus;
};
