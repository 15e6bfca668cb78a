/**
 * Rewrites a JSON schema as zod writes it into a structural schema as a CRD holds it.
 *
 * It knows every keyword by name and throws on any other, and on what the API's rules forbid (unions, booleans, floats, fields without a
 * description or without a bound), so that a schema that a CRD cannot hold fails at generation and not in a cluster.
 * Source: kubernetes.io, "Specifying a structural schema"; zod's `toJSONSchema(…, {target: 'openapi-3.0', io: 'input'})`.
 */

export type JsonSchema = { [keyword: string]: unknown };

/** Taken over as they are. */
const KEPT = [
	'description',
	'default',
	'enum',
	'minimum',
	'maximum',
	'minLength',
	'maxLength',
	'minItems',
	'maxItems',
	'minProperties',
	'maxProperties',
	'required',
	'x-kubernetes-validations',
	'x-kubernetes-list-type',
	'x-kubernetes-list-map-keys',
];
/** Treated by name below. */
const TREATED = ['type', 'format', 'pattern', 'properties', 'additionalProperties', 'items'];
const PRESERVE = 'x-kubernetes-preserve-unknown-fields';
const INT_OR_STRING = 'x-kubernetes-int-or-string';

/**
 * @param path where the schema is, for errors.
 * @throws Error naming the path and what cannot be held.
 */
export function toStructural(schema: JsonSchema, path = '(root)'): JsonSchema {
	const refuse = (why: string): never => {
		throw new Error(`${path}: ${why}`);
	};
	for (const keyword of Object.keys(schema)) {
		if (![...KEPT, ...TREATED, PRESERVE, INT_OR_STRING].includes(keyword)) refuse(`a CRD cannot hold ${keyword}`);
	}
	if (typeof schema.description !== 'string' || schema.description.length === 0) refuse('has no description');
	const kept = Object.fromEntries(Object.entries(schema).filter(([keyword]) => KEPT.includes(keyword)));
	if (schema[INT_OR_STRING] === true) return { ...kept, pattern: patternOf(schema, refuse), [INT_OR_STRING]: true, type: undefined };
	switch (schema.type) {
		case 'object':
			return { ...kept, type: 'object', ...objectParts(schema, path, refuse) };
		case 'array':
			if (schema.maxItems === undefined) refuse('has no maxItems');
			return { ...kept, type: 'array', items: toStructural(asSchema(schema.items, refuse), `${path}[]`) };
		case 'string':
			return { ...kept, type: 'string', ...stringParts(schema, refuse) };
		case 'integer':
			if (schema.minimum === undefined || schema.maximum === undefined) refuse('has no bounds');
			return { ...kept, type: 'integer', format: Math.abs(Number(schema.maximum)) > 2_147_483_647 ? 'int64' : 'int32' };
		default:
			return refuse(`type ${String(schema.type ?? 'any')} has no place in this API`);
	}
}

function objectParts(schema: JsonSchema, path: string, refuse: (why: string) => never): JsonSchema {
	const parts: JsonSchema = {};
	if (schema.properties !== undefined) {
		const properties = Object.entries(asSchema(schema.properties, refuse));
		parts.properties = Object.fromEntries(
			properties.map(([name, field]) => [name, toStructural(asSchema(field, refuse), `${path}.${name}`)]),
		);
	}
	if (schema[PRESERVE] === true) return { ...parts, [PRESERVE]: true };
	if (schema.additionalProperties !== undefined && schema.additionalProperties !== false) {
		if (schema.properties !== undefined) refuse('properties and additionalProperties exclude each other');
		if (schema.maxProperties === undefined) refuse('has no maxProperties');
		const { description = 'A value.', ...value } = asSchema(schema.additionalProperties, refuse);
		parts.additionalProperties = toStructural({ description, ...value }, `${path}{}`);
	}
	if (parts.properties === undefined && parts.additionalProperties === undefined) refuse('says nothing of its content');
	return parts;
}

function stringParts(schema: JsonSchema, refuse: (why: string) => never): JsonSchema {
	if (schema.enum !== undefined) return {};
	// The format says all that zod's pattern for instants says, and says it readably.
	if (schema.format === 'date-time') return { format: 'date-time' };
	if (schema.format !== undefined) refuse(`format ${String(schema.format)} is not one the API server checks`);
	if (schema.maxLength === undefined) refuse('has no maxLength');
	const pattern = patternOf(schema, refuse);
	return pattern === undefined ? {} : { pattern };
}

/** Go's RE2 knows no look-around and no back-references, which JavaScript does. */
function patternOf(schema: JsonSchema, refuse: (why: string) => never): string | undefined {
	if (schema.pattern === undefined) return undefined;
	const pattern = String(schema.pattern);
	if (/\(\?[=!<]|\\[1-9]/.test(pattern)) refuse('the pattern is not one that RE2 reads');
	return pattern;
}

function asSchema(value: unknown, refuse: (why: string) => never): JsonSchema {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('is not a schema');
	return Object.fromEntries(Object.entries(value));
}
