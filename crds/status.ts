/** What the operator tells of a RuneVault: `status`, the source of its TypeScript type and of its half of the CRD. */
import { z } from 'zod';
import { CONDITION_TYPES, type Condition } from './conditions.ts';
import { dnsLabel, dnsName, listByKey } from './fields.ts';
import { conditionSchemaOf, count, instant } from './status-fields.ts';

/**
 * Why a primary was replaced. The first four are faults, the next three were asked for; Handover is what the pods settled among
 * themselves, by releasing the Lease or letting it expire.
 */
export const FAILOVER_REASONS = [
	'PodDeleted',
	'PodNotReady',
	'NoAnswer',
	'WrongAnswer',
	'Promoted',
	'NodeCordoned',
	'RollingOut',
	'Handover',
] as const;
export type FailoverReason = (typeof FAILOVER_REASONS)[number];

const failoverReason = () => z.enum(FAILOVER_REASONS);

const failoverSchema = z.object({
	count: count().describe('How often the primary has changed.'),
	ongoing: z
		.object({
			from: dnsName().describe('Name of the pod that was primary.'),
			to: dnsName().optional().describe('Name of the pod that was appointed, if one was.'),
			epoch: count().describe('The epoch that ends.'),
			reason: failoverReason().describe('Why it is being replaced.'),
			startedAt: instant().describe('When the operator noticed, or began it.'),
		})
		.optional()
		.describe('A change of primary that is under way.'),
	last: z
		.object({
			from: dnsName().describe('Name of the pod that was primary.'),
			to: dnsName().describe('Name of the pod that became primary.'),
			reason: failoverReason().describe('Why.'),
			startedAt: instant().describe('When the operator noticed, or began it.'),
			completedAt: instant().describe('When clients were routed to the new primary, as the operator saw it.'),
			milliseconds: count().describe('From the one to the other.'),
		})
		.optional()
		.describe('The last change of primary.'),
});

const tokenStatusSchema = z.object({
	name: dnsLabel(20).describe('Name of the token.'),
	generation: z.int().min(1).max(1_000_000).describe('Generation of the token in the Secret.'),
	secretName: dnsName().describe('Secret that holds the token.'),
	state: z.enum(['Active', 'Rotating']).describe('Rotating until every pod has adopted the generation.'),
	rotatedAt: instant().describe('When this token was made.'),
	nextRotationAt: instant().optional().describe('When the operator will rotate it, with rotateEvery.'),
	previousUntil: instant().optional().describe('Until when the token before is still accepted, with an overlap.'),
	adoptedBy: z.array(dnsName().describe('Name of a pod.')).max(9).describe('Pods that proved to know this generation.'),
});

export const runeVaultStatusSchema = z.object({
	observedGeneration: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional().describe('The generation of the spec the status speaks of.'),
	conditions: listByKey(conditionSchemaOf(CONDITION_TYPES).describe('One condition.'), 32, 'type')
		.optional()
		.describe('What is so, and why. Ready is the summary.'),
	endpoint: z.string().max(512).optional().describe('MCP endpoint for clients.'),
	replicas: count().optional().describe('Vault pods that exist.'),
	readyReplicas: count().optional().describe('Vault pods that are ready.'),
	updatedReplicas: count().optional().describe('Vault pods of the current template.'),
	image: z.string().max(512).optional().describe('Image of the Vault pods.'),
	primary: z
		.object({
			pod: dnsName().describe('Name of the pod that is routed to.'),
			epoch: count().describe('Counts the primaries this Vault has had.'),
			since: instant().describe('When it became primary, as the operator saw it.'),
		})
		.optional()
		.describe('The pod that clients reach.'),
	targetPrimary: dnsName()
		.optional()
		.describe('The pod that is to become primary; written by kubectl runevault promote, removed when it is reached or refused.'),
	failover: failoverSchema.optional().describe('Changes of primary.'),
	keys: z
		.object({
			fingerprint: z.string().max(71).describe('SHA-256 of EncKey.bin: the identity of the key.'),
			version: z.int().min(1).max(1_000_000).describe('Version of the key Secret.'),
			dimension: z.int().min(32).max(4096).describe('Dimension of the key.'),
			secretName: dnsName().describe('Secret that holds the sealed key.'),
			releasedBits: count()
				.optional()
				.describe('Bits of the key that answers may have given away at worst. Told anew when it has moved by a hundredth of the limit.'),
		})
		.optional()
		.describe('The FHE key. Once recorded, a missing key is never replaced by a new one.'),
	backup: z
		.object({
			lastSuccessAt: instant().optional().describe('When the last archive was there.'),
			lastVerifiedAt: instant().optional().describe('When an archive was last proved.'),
			last: dnsName().optional().describe('RuneVaultBackup of the last archive.'),
			scheduledAt: instant().optional().describe('For when the last scheduled one was made.'),
			next: instant().optional().describe('When the next one is due.'),
		})
		.optional()
		.describe('The backups, with spec.backup.'),
	tokens: listByKey(tokenStatusSchema.describe('One token.'), 100, 'name').optional().describe('The tokens and who adopted them.'),
});

/** What the operator tells. `conditions` is typed closer than the schema, which has to admit what older versions wrote. */
export type RuneVaultStatus = Omit<z.infer<typeof runeVaultStatusSchema>, 'conditions'> & { conditions?: Condition[] };
