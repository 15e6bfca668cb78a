/**
 * The stand-in's calls, without HTTP around them. Metadata are strings it keeps and returns and never looks into: they are encrypted by
 * whoever stores them.
 */
import { VaultError } from '../../fhe/errors.ts';
import { parseEvalKey } from '../../fhe/formats/eval-key.ts';
import { parseQuery, type QueryBlob } from '../../fhe/formats/query.ts';
import { writeScore } from '../../fhe/formats/score.ts';
import type { Seal } from '../../fhe/seal.ts';
import { fromBase64 } from './body.ts';
import { ApiError } from './errors.ts';
import type { Signer } from './signer.ts';
import { checkVector, createVectorIndex, type VectorIndex } from './vector-index.ts';

const MAX_INDEXES = 64;

type Stored = { vectors: VectorIndex; metadata: string[]; encKeyFingerprint: string | undefined };

export type NewIndex = { name: string; dimension: number; encKeyFingerprint?: string | undefined };
export type NewItem = { vector_b64: string; metadata: string };

export type EnvectorApi = Disposable & {
	/** Opens an index; again with the same dimension and key it changes nothing. @throws ApiError 409 when it differs. */
	createIndex(index: NewIndex): { name: string; dimension: number; count: number };
	putEvalKey(name: string, bytes: Uint8Array): void;
	index(name: string): { name: string; dimension: number; count: number };
	/** All or nothing: every vector is checked before the first is stored. @throws ApiError 412 when `firstRow` is not the next one. */
	insert(name: string, items: NewItem[], firstRow?: number): { rows: number[] };
	/** Signs its answer for `agent`, when there is one to sign for. */
	search(name: string, query: string, agent?: string): Promise<{ result_b64: string; count: number; provenance?: string }>;
	metadata(name: string, rows: number[]): { metadata: string[] };
	health(): { status: 'healthy'; indexes: number; items: number };
};

export function createEnvectorApi(seal: Seal, signer: Signer): EnvectorApi {
	const indexes = new Map<string, Stored>();

	const get = (name: string): Stored => {
		const index = indexes.get(name);
		if (index === undefined) throw new ApiError(404, 'name', 'there is no such index');
		return index;
	};

	return {
		createIndex: ({ name, dimension, encKeyFingerprint }) => {
			const known = indexes.get(name);
			if (known === undefined && indexes.size === MAX_INDEXES) throw new ApiError(409, 'name', 'there are too many indexes');
			if (known !== undefined && known.vectors.dimension !== dimension)
				throw new ApiError(409, 'dimension', 'differs from the existing index');
			if (known !== undefined && known.encKeyFingerprint !== encKeyFingerprint) {
				throw new ApiError(409, 'encKeyFingerprint', 'differs from the existing index');
			}
			const index = known ?? { vectors: parsed('dimension', () => createVectorIndex(seal, dimension)), metadata: [], encKeyFingerprint };
			indexes.set(name, index);
			return { name, dimension, count: index.vectors.size };
		},
		putEvalKey: (name, bytes) => get(name).vectors.useEvalKey(parsed('body', () => parseEvalKey(bytes))),
		index: name => {
			const { dimension, size } = get(name).vectors;
			return { name, dimension, count: size };
		},
		insert: (name, items, firstRow) => {
			const { vectors, metadata } = get(name);
			if (firstRow !== undefined && firstRow !== vectors.size) throw new ApiError(412, 'first_row', `the next row is ${vectors.size}`);
			const blobs = items.map((item, i) => parseVector(item.vector_b64, `items.${i}.vector_b64`));
			for (const [i, blob] of blobs.entries()) checkVector(blob, 'item', vectors.dimension, `items.${i}.vector_b64`);
			const rows = blobs.map((blob, i) => {
				const row = vectors.insert(blob);
				metadata[row] = items[i]?.metadata ?? '';
				return row;
			});
			return { rows };
		},
		search: async (name, query, agent) => {
			const { vectors } = get(name);
			const blob = writeScore({ id: name, shards: vectors.search(parseVector(query, 'query_b64')) });
			const answer = { result_b64: Buffer.from(blob).toString('base64'), count: vectors.size };
			return agent === undefined ? answer : { ...answer, provenance: await signer.sign({ blob, index: name, agent }) };
		},
		metadata: (name, rows) => {
			const { metadata } = get(name);
			return {
				metadata: rows.map((row, i) => {
					const text = metadata[row];
					if (text === undefined) throw new ApiError(404, `rows.${i}`, 'there is no such row');
					return text;
				}),
			};
		},
		health: () => ({
			status: 'healthy',
			indexes: indexes.size,
			items: [...indexes.values()].reduce((sum, { vectors }) => sum + vectors.size, 0),
		}),
		[Symbol.dispose]: () => {
			for (const { vectors } of indexes.values()) vectors[Symbol.dispose]();
			indexes.clear();
		},
	};
}

function parseVector(text: string, field: string): QueryBlob {
	return parsed(field, () => parseQuery(fromBase64(text, field)));
}

/** What a parser refuses is the caller's mistake in `field`. */
function parsed<T>(field: string, parse: () => T): T {
	try {
		return parse();
	} catch (error) {
		if (error instanceof VaultError) throw new ApiError(400, field, error.message);
		throw error;
	}
}
