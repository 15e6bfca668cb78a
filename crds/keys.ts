/** The FHE key of a RuneVault: what it is for, where it comes from, and what it is sealed with. */
import { z } from 'zod';
import { dnsName, passedOn, rules } from './fields.ts';

/** On a RuneVault, by its user: its own name, typed. */
export const DELETE_KEYS = 'runevault.io/delete-keys';

/**
 * An import is part of how a key comes into being, so it is decided when the RuneVault is made: added later it could only be ignored, which
 * nobody who adds it would expect, or replace a key, which must never happen.
 */
const importSchema = z.object({
	secretName: dnsName().describe(
		'Secret in the namespace of the RuneVault that holds the key. Only the key generation Job reads it, and once status.keys is there nobody: delete it then.',
	),
	key: z
		.string()
		.min(1)
		.max(253)
		.regex(/^[-._a-zA-Z0-9]+$/, 'must be a key of a Secret')
		.default('SecKey.json')
		.describe(
			'Key of the Secret under which SecKey.json lies. When that is sealed, its KEK lies beside it under kek: 32 bytes or 64 hex digits.',
		),
});

/** Kubernetes has one source a volume. A `name` would be taken for the volume's own. */
const volumeSource = () =>
	passedOn()
		.refine(source => Object.keys(source).length === 1 && !Object.hasOwn(source, 'name'), {
			message: 'must be one volume source, such as csi',
		})
		.meta({ 'x-kubernetes-preserve-unknown-fields': true, minProperties: 1, maxProperties: 1 });

const kekFileSchema = z.object({
	volume: volumeSource().describe(
		'A Kubernetes volume source, such as csi with the driver secrets-store.csi.k8s.io, passed on as it is to the Vault pods and the key generation.',
	),
	path: z
		.string()
		.min(1)
		.max(253)
		.regex(/^[A-Za-z0-9_][-A-Za-z0-9_.]*(\/[A-Za-z0-9_][-A-Za-z0-9_.]*)*$/, 'must be a path in the volume, without hidden folders')
		.default('kek')
		.describe('Path of the file in the volume: 32 bytes, or 64 hex digits.'),
});

const kekSchema = rules(
	z.object({
		type: z
			.enum(['Secret', 'File'])
			.default('Secret')
			.describe(
				'Secret: the key generation makes the KEK and keeps it in Secret <name>-kek. File: it is yours, in a file that a volume holds.',
			),
		file: kekFileSchema.optional().describe('Where the file is, with type File.'),
	}),
	// The API server tries rules on the default `{}` too, before the defaults inside it are there.
	{
		rule: "!has(self.type) || self.type != 'File' || has(self.file)",
		message: 'must be there when type is File',
		fieldPath: '.file',
		reason: 'FieldValueRequired',
		check: kek => kek.type !== 'File' || kek.file !== undefined,
		path: ['file'],
	},
	{
		rule: "!has(self.file) || (has(self.type) && self.type == 'File')",
		message: 'must not be there unless type is File',
		fieldPath: '.file',
		check: kek => kek.file === undefined || kek.type === 'File',
		path: ['file'],
	},
	{ rule: 'self == oldSelf', message: 'is immutable: another KEK does not open the key' },
).prefault({});

export const keysSchema = rules(
	z.object({
		dimension: rules(z.int().min(32).max(4096).default(1024), { rule: 'self == oldSelf', message: 'is immutable' }).describe(
			'Dimension of the vectors the key is for. Immutable.',
		),
		deletionPolicy: z
			.enum(['Retain', 'Delete'])
			.default('Retain')
			.describe(
				`Retain: Secrets <name>-keys-1 and <name>-kek stay when the RuneVault is deleted. Delete: they go with it, while the annotation ${DELETE_KEYS} holds the name of the RuneVault.`,
			),
		indexName: z
			.string()
			.min(1)
			.max(128)
			.regex(/^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/, 'must be letters, digits, -, _ and .')
			.optional()
			.describe('Name of the search index, told to clients by get_public_key.'),
		import: importSchema
			.optional()
			.describe('Adopts an existing enVector key instead of making one. Immutable, and only when the RuneVault is made.'),
		kek: kekSchema.describe('The key-encryption key (KEK) that the FHE key is sealed with. Immutable.'),
	}),
	{
		// `import` is a reserved word of CEL, and escaped so.
		rule: 'has(self.__import__) == has(oldSelf.__import__) && (!has(self.__import__) || self.__import__ == oldSelf.__import__)',
		message: 'import is immutable, and cannot be added or taken out: it decides which key a new RuneVault begins with',
		fieldPath: '.import',
	},
).prefault({});
