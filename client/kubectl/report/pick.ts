/** What a report keeps of an object. Pure. */
import type { KubeObject } from '../../../kube/resources.ts';

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const fields = (value: unknown): Fields => (isFields(value) ? value : {});

const DROPPED_ANNOTATIONS = ['kubectl.kubernetes.io/last-applied-configuration', 'runevault.io/verifiers'];

/** Of the annotations of a Secret, the state of a rotation and the identity of a key; nothing that is computed from its content. */
const SECRET_ANNOTATIONS = [
	'runevault.io/fingerprint',
	'runevault.io/generation',
	'runevault.io/rotated-at',
	'runevault.io/next-generation',
	'runevault.io/next-at',
	'runevault.io/previous-generation',
	'runevault.io/previous-until',
];

function pickMetadata(
	{ managedFields: _fields, annotations, ...metadata }: KubeObject['metadata'],
	isKept: (name: string) => boolean,
): Fields {
	const kept = Object.entries(annotations ?? {}).filter(([name]) => isKept(name));
	return { ...metadata, ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }) };
}

/** The object without bookkeeping; of a ConfigMap the configuration of the Vault, and of its other texts only how long they are. */
export function pickObject({ apiVersion, kind, metadata, data, binaryData, ...rest }: KubeObject): Fields {
	const texts = Object.entries(fields(data)).map(([name, text]) => [name, name === 'config.json' ? text : sizeOf(text)]);
	const blobs = Object.entries(fields(binaryData)).map(([name, text]) => [name, sizeOf(text)]);
	const all = [...texts, ...blobs];
	// The account of released bits names tokens by the beginnings of their digests.
	const content = metadata.name.endsWith('-ledger') ? [['fields', all.length] as const] : all;
	return {
		...{ apiVersion, kind },
		metadata: pickMetadata(metadata, name => !DROPPED_ANNOTATIONS.includes(name)),
		...(content.length === 0 ? {} : { data: Object.fromEntries(content) }),
		...rest,
	};
}

const sizeOf = (text: unknown): string => `(${String(text).length} characters)`;

/** Secrets as the API server draws them in a table: what they are, and no byte of what they hold. */
export type SecretTable = { columnDefinitions?: { name: string }[]; rows?: { cells: unknown[]; object?: KubeObject }[] };

export function pickSecrets({ columnDefinitions = [], rows = [] }: SecretTable): Fields[] {
	const type = columnDefinitions.findIndex(({ name }) => name === 'Type');
	return rows.flatMap(({ cells, object }) =>
		object === undefined
			? []
			: [{ metadata: pickMetadata(object.metadata, name => SECRET_ANNOTATIONS.includes(name)), type: cells[type], keys: keysOf(object) }],
	);
}

/** Names of what it holds, from the record of who wrote which field. */
function keysOf({ metadata: { managedFields } }: KubeObject): string[] {
	const entries = Array.isArray(managedFields) ? managedFields : [];
	const names = entries.flatMap(entry => Object.keys(fields(fields(fields(entry).fieldsV1)['f:data'])));
	return [...new Set(names.filter(name => name.startsWith('f:')).map(name => name.slice(2)))].sort();
}
