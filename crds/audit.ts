/** Where the Vault's audit records go. */
import { z } from 'zod';
import { dnsName, rules, storageSize } from './fields.ts';

const volumeSchema = z.object({
	size: storageSize('64Mi', '16Ti').describe(
		'What each Vault pod claims for its records, such as 10Gi. When it is full, calls are refused.',
	),
	storageClassName: dnsName().optional().describe("StorageClass of the claims; the cluster's default when left out."),
});

export const auditSchema = rules(
	z.object({
		sink: z
			.enum(['Stdout', 'Volume'])
			.default('Stdout')
			.describe('Stdout leaves the records to whoever collects the logs; Volume keeps them in files that outlive the pods.'),
		volume: volumeSchema
			.optional()
			.describe('The claim of each pod. Needed with Volume, refused without. The claims outlive the RuneVault.'),
	}),
	{
		// The API server tries the rule on the default `{}` too, before the defaults inside it are there.
		rule: "(has(self.sink) && self.sink == 'Volume') == has(self.volume)",
		message: 'must be there with the sink Volume, and only then',
		fieldPath: '.volume',
		check: ({ sink, volume }) => (sink === 'Volume') === (volume !== undefined),
		path: ['volume'],
	},
	{ rule: 'self == oldSelf', message: 'is immutable: delete the RuneVault and apply it anew; its key, KEK and claims stay' },
).prefault({});
