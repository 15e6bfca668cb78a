/**
 * JSON schemas for kubeconform, of what an API server says of itself (OpenAPI v3) and of our CRDs: one file a kind, whole in itself, in which
 * a field that is not known is an error.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { KubeObject } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';

type Schema = Record<string, unknown>;
const REFERENCE = '#/components/schemas/';

const documentSchema = z.object({ components: z.object({ schemas: z.record(z.string(), z.record(z.string(), z.unknown())) }) });
const kindsSchema = z.array(z.object({ group: z.string(), version: z.string(), kind: z.string() }));

/** For kubeconform's `-schema-location`. */
export const locationIn = (folder: string): string => join(folder, '{{ .ResourceKind }}{{ .KindSuffix }}.json');

const fileOf = (group: string, version: string, kind: string): string =>
	`${[kind.toLowerCase(), group.split('.')[0], version].filter(Boolean).join('-')}.json`;

/** The same schema for a validator that knows JSON Schema and nothing of Kubernetes. */
function strict(schema: unknown): unknown {
	if (Array.isArray(schema)) return schema.map(strict);
	if (typeof schema !== 'object' || schema === null) return schema;
	const { type, $ref, ...rest } = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)])) as Schema;
	const isOpen = 'additionalProperties' in rest || rest['x-kubernetes-preserve-unknown-fields'] === true;
	return {
		...rest,
		...(typeof $ref === 'string' ? { $ref: $ref.replace(REFERENCE, '#/definitions/') } : {}),
		...(type === undefined || rest['x-kubernetes-int-or-string'] === true ? {} : { type }),
		...(isSchemaMap(rest.properties) && !isOpen ? { additionalProperties: false } : {}),
	};
}

/** A field may be called `properties` too: then it is a schema itself. */
const isSchemaMap = (value: unknown): boolean => typeof value === 'object' && value !== null && typeof Object(value).type !== 'string';

/** Writes a schema file of every kind that these API groups have, such as `apis/apps/v1`. */
export async function writeServed(transport: Transport, groupVersions: Iterable<string>, folder: string): Promise<void> {
	for (const path of groupVersions) {
		const answer = await transport.request<unknown>({ method: 'GET', path: `/openapi/v3/${path}`, accept: 'application/json' });
		const { schemas } = documentSchema.parse(answer).components;
		const definitions = strict(schemas);
		for (const [name, schema] of Object.entries(schemas)) {
			const kinds = kindsSchema.safeParse(schema['x-kubernetes-group-version-kind']).data ?? [];
			// A kind that is in every group, such as DeleteOptions, is no object.
			if (kinds.length !== 1) continue;
			for (const { group, version, kind } of kinds) {
				await writeFile(join(folder, fileOf(group, version, kind)), JSON.stringify({ $ref: `#/definitions/${name}`, definitions }));
			}
		}
	}
}

/** Writes a schema file of every version of a CRD. */
export async function writeCrd(crd: KubeObject, folder: string): Promise<void> {
	const { group, names, versions } = Object(crd.spec);
	for (const { name, schema } of versions) {
		const { properties, ...rest } = schema.openAPIV3Schema;
		const own = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' }, ...properties };
		await writeFile(join(folder, fileOf(group, name, names.kind)), JSON.stringify(strict({ ...rest, properties: own })));
	}
}

/** Where the API server describes the kind of an object. */
export const groupVersionOf = ({ apiVersion }: KubeObject): string => `${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}`;
