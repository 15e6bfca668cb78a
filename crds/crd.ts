/** The CustomResourceDefinition of RuneVault, built from its schemas. */
import { z } from 'zod';
import { MAX_NAME_LENGTH, resource, runeVaultSpecSchema } from './runevault.ts';
import { runeVaultStatusSchema } from './status.ts';
import { type JsonSchema, toStructural } from './structural.ts';

/** The limit of the annotation in which client-side apply keeps the object. */
export const MAX_CRD_BYTES = 262_144;

const schemaOf = (schema: z.ZodType, description: string, path: string): JsonSchema => {
	const { $schema, ...json } = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' });
	return toStructural({ ...json, description }, path);
};

const condition = (type: string, field: string) => `.status.conditions[?(@.type=="${type}")].${field}`;

const COLUMNS = [
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

/** The CRD as one JSON value. */
export function buildCrd(annotations: Record<string, string> = {}): JsonSchema {
	const { group, version, plural, kind } = resource;
	return {
		apiVersion: 'apiextensions.k8s.io/v1',
		kind: 'CustomResourceDefinition',
		metadata: { name: `${plural}.${group}`, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
		spec: {
			group,
			scope: 'Namespaced',
			names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames: ['rv'], categories: ['all'] },
			versions: [
				{
					name: version,
					served: true,
					storage: true,
					subresources: { status: {} },
					additionalPrinterColumns: COLUMNS,
					selectableFields: [{ jsonPath: '.spec.team' }],
					schema: {
						openAPIV3Schema: {
							type: 'object',
							description: 'A highly available set of Vault pods that decrypt the encrypted memory of one team.',
							required: ['spec'],
							'x-kubernetes-validations': [
								{
									rule: `self.metadata.name.size() <= ${MAX_NAME_LENGTH} && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')`,
									message: `the name must be a DNS label of at most ${MAX_NAME_LENGTH} characters that begins with a letter`,
								},
							],
							properties: {
								apiVersion: { type: 'string', description: 'Version of the API: runevault.io/v1alpha1.' },
								kind: { type: 'string', description: 'RuneVault.' },
								metadata: { type: 'object' },
								spec: schemaOf(runeVaultSpecSchema, 'What the Vault should be.', 'spec'),
								status: schemaOf(runeVaultStatusSchema, 'What the Vault is, as the operator sees it.', 'status'),
							},
						},
					},
				},
			],
		},
	};
}
