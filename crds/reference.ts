/** The reference page of the resource, written from the same schema as the CRD. */
import { CONDITION_TYPES } from './conditions.ts';
import { CONDITIONS, type Explanation } from './explanations.ts';
import { BACKUPS, RESTORES } from './explanations-backup.ts';
import { EVENTS, FAILOVERS } from './explanations-events.ts';
import type { JsonSchema } from './structural.ts';

const field = (schema: JsonSchema, name: string): JsonSchema => Object.fromEntries(Object.entries(Object(schema[name])));

/** The version's schema out of a CRD. */
function schemaOf(crd: JsonSchema): JsonSchema {
	const [version] = Object(crd.spec).versions;
	return version.schema.openAPIV3Schema;
}

function typeOf(schema: JsonSchema): string {
	if (schema['x-kubernetes-int-or-string'] === true) return 'quantity';
	if (Array.isArray(schema.enum)) return schema.enum.map(value => `\`${value}\``).join(' · ');
	if (schema.type === 'array') return `list of ${typeOf(field(schema, 'items'))}`;
	if (schema.additionalProperties !== undefined) return `map of ${typeOf(field(schema, 'additionalProperties'))}`;
	if (schema.format === 'date-time') return 'time';
	return String(schema.type);
}

function boundsOf(schema: JsonSchema): string {
	const parts: string[] = [];
	const { minimum, maximum, minItems, maxItems, maxLength, maxProperties } = schema;
	if (minimum !== undefined && maximum !== Number.MAX_SAFE_INTEGER) parts.push(`${minimum}–${maximum}`);
	if (maxItems !== undefined) parts.push(minItems === undefined ? `≤ ${maxItems} items` : `${minItems}–${maxItems} items`);
	if (maxProperties !== undefined) parts.push(`≤ ${maxProperties} entries`);
	if (maxLength !== undefined) parts.push(`≤ ${maxLength} characters`);
	const rules = schema['x-kubernetes-validations'];
	if (Array.isArray(rules)) parts.push(...rules.map(rule => rule.message));
	return parts.join('; ');
}

function rowsOf(schema: JsonSchema, path: string): string[] {
	const required = Array.isArray(schema.required) ? schema.required : [];
	return Object.keys(field(schema, 'properties')).flatMap(name => {
		const child = field(field(schema, 'properties'), name);
		const isList = child.type === 'array';
		const inner = isList ? field(child, 'items') : child;
		const where = `${path}.${name}${isList && inner.properties !== undefined ? '[]' : ''}`;
		const standard = child.default === undefined ? (required.includes(name) ? '**required**' : '') : `\`${JSON.stringify(child.default)}\``;
		const row = `| \`${where.slice(1)}\` | ${typeOf(child)} | ${standard} | ${boundsOf(child)} | ${String(child.description)} |`;
		return [row, ...rowsOf(inner, where)];
	});
}

/** Names of our own in angle brackets would be taken for HTML. */
const cell = (text: string | undefined) => (text ?? '').replaceAll('<', '&lt;').replaceAll('|', '\\|');
const explained = (table: Readonly<Record<string, Explanation>>) =>
	Object.entries(table).map(([reason, { means, todo }]) => `| \`${reason}\` | ${cell(means)} | ${cell(todo)} |`);
const meanings = (rows: string[]) => ['| reason | what it means | what to do |', '|---|---|---|', ...rows].join('\n');

const table = (rows: string[]) => ['| field | type | default | limits | meaning |', '|---|---|---|---|---|', ...rows].join('\n');

/** The page's part on a kind that stands for something done once. */
function operationPart(name: string, crd: JsonSchema, reasons: Readonly<Record<string, Readonly<Record<string, Explanation>>>>): string {
	const schema = schemaOf(crd);
	const properties = field(schema, 'properties');
	const conditions = Object.entries(reasons).map(([type, each]) => `Condition \`${type}\`:\n\n${meanings(explained(each))}`);
	return `## ${name}

${String(schema.description)} The spec is immutable. Field selector \`spec.vault\`.

${table([...rowsOf(field(properties, 'spec'), '.spec'), ...rowsOf(field(properties, 'status'), '.status')])}

${conditions.join('\n\n')}
`;
}

/** @param crds what `buildCrds` gives. */
export function buildReference({ runevaults = {}, runevaultbackups = {}, runevaultrestores = {} }: Record<string, JsonSchema>): string {
	const properties = field(schemaOf(runevaults), 'properties');
	const conditions = CONDITION_TYPES.map(
		type => `### ${type}\n\n${CONDITIONS[type].asks}\n\n${meanings(explained(CONDITIONS[type].reasons))}`,
	);
	return `# RuneVault (\`runevault.io/v1alpha1\`), field by field

Written by \`node crds/generate.ts\` from the schemas in \`crds/\`; edit those.

Short name \`rv\`, category \`all\`, field selector \`spec.team\`. The annotation \`runevault.io/paused: reconcile\` stops the operator from
changing anything of a RuneVault but its status; \`runevault.io/paused: failover\` stops it from appointing another primary and nothing else.

## spec

${table(rowsOf(field(properties, 'spec'), '.spec'))}

## status

${table(rowsOf(field(properties, 'status'), '.status'))}

## Conditions and their reasons

All are always there, each with \`observedGeneration\`; the transition time moves only when the status changes. \`kubectl runevault explain\` says of a
vault what stands here, for what is not as it should be; &lt;name> is the name of the RuneVault.

${conditions.join('\n\n')}

## Events

Besides these, a Degraded condition tells its reason in an event of the same name.

${meanings(explained(EVENTS))}

## Why a primary was replaced

In \`status.failover\`.

${meanings(explained(FAILOVERS))}

${operationPart('RuneVaultBackup (short name `rvb`)', runevaultbackups, BACKUPS)}
${operationPart('RuneVaultRestore (short name `rvr`)', runevaultrestores, RESTORES)}`;
}
