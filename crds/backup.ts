/** What a backup is made of: whom it is encrypted for, where it goes, and whether it is proved. */
import { z } from 'zod';
import { dnsName, rules } from './fields.ts';

/** X25519 recipients alone: age refuses to mix them with others in one file. */
const recipientsSchema = () =>
	z
		.array(
			z
				.string()
				.max(62)
				.regex(/^age1[02-9ac-hj-np-z]{58}$/, 'must be an age recipient, as age-keygen prints it')
				.describe('An age recipient.'),
		)
		.min(1)
		.max(10)
		.meta({ 'x-kubernetes-list-type': 'set' });

const volumeSchema = z.object({
	claimName: dnsName().describe('PersistentVolumeClaim in the namespace of the RuneVault.'),
});

const s3Schema = z.object({
	endpoint: z
		.string()
		.max(253)
		.regex(
			/^https?:\/\/[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:[0-9]{1,5})?$/,
			'must be a URL such as https://s3.example.com, without a path',
		)
		.describe('URL of the S3 server, without the bucket.'),
	bucket: z
		.string()
		.min(3)
		.max(63)
		.regex(/^[a-z0-9][-a-z0-9.]*[a-z0-9]$/, 'must be the name of a bucket')
		.describe('Bucket, which must be there.'),
	prefix: z
		.string()
		.max(200)
		.regex(/^([A-Za-z0-9][-A-Za-z0-9_.]*(\/[A-Za-z0-9][-A-Za-z0-9_.]*)*)?$/, 'must be a path without slashes at its ends')
		.default('')
		.describe('Begins the names in the bucket; namespace and name of the RuneVault follow.'),
	region: z
		.string()
		.min(1)
		.max(32)
		.regex(/^[a-z0-9-]+$/, 'must be the name of a region')
		.default('us-east-1')
		.describe('Region that requests are signed for.'),
	credentialsSecretName: dnsName().describe('Secret with the keys accessKeyId and secretAccessKey.'),
	caSecretName: dnsName().optional().describe("Secret with the key ca.crt: certificates to trust instead of the system's."),
});

export const destinationSchema = () =>
	rules(
		z.object({
			type: z.enum(['Volume', 'S3']).describe('Volume: a PersistentVolumeClaim. S3: a bucket of any S3 server.'),
			volume: volumeSchema.optional().describe('The volume, with type Volume.'),
			s3: s3Schema.optional().describe('The bucket, with type S3.'),
		}),
		{
			rule: "(self.type == 'Volume') == has(self.volume)",
			message: 'must be there when type is Volume, and only then',
			fieldPath: '.volume',
			check: destination => (destination.type === 'Volume') === (destination.volume !== undefined),
			path: ['volume'],
		},
		{
			rule: "(self.type == 'S3') == has(self.s3)",
			message: 'must be there when type is S3, and only then',
			fieldPath: '.s3',
			check: destination => (destination.type === 'S3') === (destination.s3 !== undefined),
			path: ['s3'],
		},
	);

export type BackupDestination = z.infer<ReturnType<typeof destinationSchema>>;

const FIELD = '(\\*|[0-9]{1,2}(-[0-9]{1,2})?)(/[0-9]{1,2})?';
const FIELDS = `${FIELD}(,${FIELD})*`;

export const backupSchema = z.object({
	schedule: z
		.string()
		.max(100)
		.regex(
			new RegExp(`^${FIELDS} ${FIELDS} ${FIELDS} ${FIELDS} ${FIELDS}$`),
			'must be five fields of numbers as in cron: minute, hour, day of the month, month, day of the week',
		)
		.optional()
		.describe('When backups are made, as in cron, in UTC, such as "0 3 * * *"; only when one is asked for when left out.'),
	retain: z
		.int()
		.min(1)
		.max(1000)
		.default(30)
		.describe('How many archives are kept. Older ones are removed once the new one is there and, with verify, proved.'),
	recipients: recipientsSchema().describe('Whom archives are encrypted for. Keep their identities outside of the cluster.'),
	destination: destinationSchema().describe('Where archives are kept.'),
	verify: z
		.enum(['Enabled', 'Disabled'])
		.default('Enabled')
		.describe('Whether each archive is opened by a Job that decrypts with it, for which it is encrypted for a throw-away identity too.'),
});

export type BackupSpec = z.infer<typeof backupSchema>;
