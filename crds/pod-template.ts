/** What a user may say about the Vault pods beyond RuneVault's own fields: resources, and where and how pods are placed. */
import { z } from 'zod';
import { dnsLabel, dnsName, listByKey, passedOn, quantity, rules, stringMap } from './fields.ts';

/** Label and annotation keys that are the operator's own. */
const RESERVED_KEYS =
	/^((app\.kubernetes\.io|([a-z0-9-]+\.)*runevault\.io|argocd\.argoproj\.io)\/|controller-revision-hash$|apps\.kubernetes\.io\/)/;
/** Volume names that are the operator's own. */
export const RESERVED_VOLUMES = ['config', 'keys', 'kek', 'verifiers', 'canaries', 'tls', 'public-tls', 'audit', 'tmp'] as const;

const isFree = (map: Record<string, string>) => !Object.keys(map).some(key => RESERVED_KEYS.test(key));

const ownKeys = (what: string) =>
	rules(stringMap(32, what === 'labels' ? 63 : 4096), {
		rule: `!self.exists(key, key.matches('${RESERVED_KEYS.source.replaceAll('\\', '\\\\')}'))`,
		message: `must not set ${what} of app.kubernetes.io, runevault.io or argocd.argoproj.io`,
		check: isFree,
	});

const amounts = (standard: Record<string, string>) =>
	z
		.record(z.string().max(63), quantity())
		.refine(map => Object.keys(map).length <= 16, { message: 'must have at most 16 entries' })
		.meta({ maxProperties: 16 })
		// Not `default`: zod leaves that out of the schema when there is a transform inside.
		.prefault(standard);

export const resourcesSchema = z
	.object({
		requests: amounts({ cpu: '100m', memory: '128Mi' }).describe('What a Vault pod is given at least, by resource name.'),
		limits: amounts({ memory: '1Gi' }).describe('What a Vault pod may take at most, by resource name.'),
	})
	.prefault({});

const tolerationSchema = z.object({
	key: z.string().max(317).optional().describe('Taint key. Empty with operator Exists tolerates every taint.'),
	operator: z.enum(['Exists', 'Equal']).default('Equal').describe('Equal compares the value, Exists only the key.'),
	value: z.string().max(63).optional().describe('Taint value, with operator Equal.'),
	effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional().describe('Taint effect; all of them when left out.'),
	tolerationSeconds: z
		.int()
		.min(0)
		.max(2_147_483_647)
		.optional()
		.describe('How many seconds a NoExecute taint is tolerated; for ever when left out.'),
});

const extraVolumeSchema = z
	.looseObject({ name: dnsLabel(63).describe('Name of the volume.') })
	.meta({ 'x-kubernetes-preserve-unknown-fields': true })
	.describe('A Kubernetes volume, passed on as it is.');

const extraMountSchema = z.object({
	name: dnsLabel(63).describe('Name of the extra volume.'),
	mountPath: z.string().min(1).max(512).regex(/^\//, 'must be an absolute path').describe('Absolute path in the Vault container.'),
	subPath: z.string().max(512).optional().describe('Path in the volume that is mounted instead of its root.'),
	access: z.enum(['ReadOnly', 'ReadWrite']).default('ReadOnly').describe('Whether the container may write.'),
});

const pullSecretSchema = z
	.object({ name: dnsName().describe('Name of a Secret in the namespace of the RuneVault.') })
	.describe('A pull Secret.');

export const podTemplateSchema = z
	.object({
		labels: ownKeys('labels').optional().describe('Extra labels of the Vault pods.'),
		annotations: ownKeys('annotations').optional().describe('Extra annotations of the Vault pods.'),
		nodeSelector: stringMap(16, 63).optional().describe('Node labels a Vault pod needs.'),
		affinity: passedOn().optional().describe('Kubernetes affinity of the Vault pods, passed on as it is.'),
		tolerations: z.array(tolerationSchema.describe('A toleration.')).max(32).optional().describe('Node taints the Vault pods tolerate.'),
		priorityClassName: dnsName().optional().describe('PriorityClass of the Vault pods.'),
		imagePullSecrets: listByKey(pullSecretSchema, 8, 'name')
			.optional()
			.describe('Secrets with which images are pulled, by the Vault pods and the key generation.'),
		extraVolumes: z
			.array(extraVolumeSchema)
			.max(16)
			.optional()
			.describe('Extra volumes of the Vault pods. config, keys, kek, verifiers, canaries, tls, public-tls, audit and tmp are taken.'),
		extraVolumeMounts: z
			.array(extraMountSchema.describe('A volume mount.'))
			.max(16)
			.optional()
			.describe('Where the extra volumes are mounted in the Vault container.'),
	})
	.prefault({});
