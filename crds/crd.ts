/** The CustomResourceDefinitions, built from the schemas. */
import { z } from 'zod';
import {
	backupResource,
	backupSpecSchema,
	backupStatusSchema,
	MAX_OPERATION_NAME_LENGTH,
	restoreResource,
	restoreSpecSchema,
	restoreStatusSchema,
} from './operations.ts';
import { MAX_NAME_LENGTH, resource, runeVaultSpecSchema } from './runevault.ts';
import { runeVaultStatusSchema } from './status.ts';
import { type JsonSchema, toStructural } from './structural.ts';

/** The limit of the annotation in which client-side apply keeps the object. */
export const MAX_CRD_BYTES = 262_144;

const schemaOf = (schema: z.ZodType, description: string, path: string): JsonSchema => {
	const { $schema, ...json } = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' });
	return toStructural({ ...json, description }, path);
};

type Column = { name: string; type: string; jsonPath: string; description: string; priority?: number };

const condition = (type: string, field: string) => `.status.conditions[?(@.type=="${type}")].${field}`;

const VAULT_COLUMNS: Column[] = [
	{ name: 'Ready', type: 'string', jsonPath: condition('Ready', 'status'), description: 'Whether it serves as the spec asks.' },
	{ name: 'Primary', type: 'string', jsonPath: '.status.primary.pod', description: 'The pod that clients reach.' },
	{ name: 'Replicas', type: 'integer', jsonPath: '.status.readyReplicas', description: 'Vault pods that are ready.' },
	{ name: 'Keys', type: 'string', jsonPath: condition('KeysLoaded', 'reason'), description: 'Whether the pods proved to hold the key.' },
	{ name: 'Token-Age', type: 'date', jsonPath: '.status.tokens[0].rotatedAt', description: 'Age of the first token.' },
	{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Age of the resource.' },
	{ name: 'Epoch', type: 'integer', jsonPath: '.status.primary.epoch', description: 'How many primaries there have been.', priority: 1 },
	{ name: 'Endpoint', type: 'string', jsonPath: '.status.endpoint', description: 'MCP endpoint for clients.', priority: 1 },
	{ name: 'Image', type: 'string', jsonPath: '.status.image', description: 'Image of the Vault pods.', priority: 1 },
];

const BACKUP_COLUMNS: Column[] = [
	{ name: 'Vault', type: 'string', jsonPath: '.spec.vault', description: 'The RuneVault.' },
	{ name: 'Complete', type: 'string', jsonPath: condition('Complete', 'reason'), description: 'How far it has come.' },
	{ name: 'Verified', type: 'string', jsonPath: condition('Verified', 'reason'), description: 'Whether it was proved.' },
	{ name: 'Bytes', type: 'integer', jsonPath: '.status.bytes', description: 'Size of the archive.' },
	{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Age of the resource.' },
	{ name: 'Archive', type: 'string', jsonPath: '.status.archive', description: 'Name of the archive.', priority: 1 },
];

const RESTORE_COLUMNS: Column[] = [
	{ name: 'Vault', type: 'string', jsonPath: '.spec.vault', description: 'The RuneVault.' },
	{ name: 'Backup', type: 'string', jsonPath: '.spec.backup', description: 'The RuneVaultBackup.' },
	{ name: 'Complete', type: 'string', jsonPath: condition('Complete', 'reason'), description: 'How far it has come.' },
	{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Age of the resource.' },
];

type Kind = {
	resource: { group: string; version: string; plural: string; kind: string };
	shortName: string;
	categories?: string[];
	description: string;
	nameLength: number;
	columns: Column[];
	selectable: string;
	spec: [schema: z.ZodType, description: string];
	status: [schema: z.ZodType, description: string];
};

function crdOf(kindOf: Kind, annotations: Record<string, string>): JsonSchema {
	const { group, version, plural, kind } = kindOf.resource;
	const { nameLength, categories } = kindOf;
	return {
		apiVersion: 'apiextensions.k8s.io/v1',
		kind: 'CustomResourceDefinition',
		metadata: { name: `${plural}.${group}`, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
		spec: {
			group,
			scope: 'Namespaced',
			names: {
				kind,
				listKind: `${kind}List`,
				plural,
				singular: kind.toLowerCase(),
				shortNames: [kindOf.shortName],
				...(categories === undefined ? {} : { categories }),
			},
			versions: [
				{
					name: version,
					served: true,
					storage: true,
					subresources: { status: {} },
					additionalPrinterColumns: kindOf.columns,
					selectableFields: [{ jsonPath: kindOf.selectable }],
					schema: {
						openAPIV3Schema: {
							type: 'object',
							description: kindOf.description,
							required: ['spec'],
							'x-kubernetes-validations': [
								{
									rule: `self.metadata.name.size() <= ${nameLength} && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')`,
									message: `the name must be a DNS label of at most ${nameLength} characters that begins with a letter`,
								},
							],
							properties: {
								apiVersion: { type: 'string', description: `Version of the API: ${group}/${version}.` },
								kind: { type: 'string', description: `${kind}.` },
								metadata: { type: 'object' },
								spec: schemaOf(...kindOf.spec, 'spec'),
								status: schemaOf(...kindOf.status, 'status'),
							},
						},
					},
				},
			],
		},
	};
}

const VAULT: Kind = {
	resource,
	shortName: 'rv',
	categories: ['all'],
	description: 'A highly available set of Vault pods that decrypt the encrypted memory of one team.',
	nameLength: MAX_NAME_LENGTH,
	columns: VAULT_COLUMNS,
	selectable: '.spec.team',
	spec: [runeVaultSpecSchema, 'What the Vault should be.'],
	status: [runeVaultStatusSchema, 'What the Vault is, as the operator sees it.'],
};

const BACKUP: Kind = {
	resource: backupResource,
	shortName: 'rvb',
	description: 'One backup of the keys and tokens of a RuneVault. Deleting it leaves the archive where it is.',
	nameLength: MAX_OPERATION_NAME_LENGTH,
	columns: BACKUP_COLUMNS,
	selectable: '.spec.vault',
	spec: [backupSpecSchema, 'What is backed up. Immutable.'],
	status: [backupStatusSchema, 'How far it has come.'],
};

const RESTORE: Kind = {
	resource: restoreResource,
	shortName: 'rvr',
	description: 'One restore of the keys and tokens of a RuneVault, and of the RuneVault itself when it is gone.',
	nameLength: MAX_OPERATION_NAME_LENGTH,
	columns: RESTORE_COLUMNS,
	selectable: '.spec.vault',
	spec: [restoreSpecSchema, 'What is restored, and from where. Immutable.'],
	status: [restoreStatusSchema, 'How far it has come.'],
};

/** All CRDs by the plural of their kind. */
export const buildCrds = (annotations: Record<string, string> = {}): Record<string, JsonSchema> =>
	Object.fromEntries([VAULT, BACKUP, RESTORE].map(kind => [kind.resource.plural, crdOf(kind, annotations)]));
