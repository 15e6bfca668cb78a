/** The untrusted search service: stores encrypted vectors and metadata, searches ciphertexts, never sees a key that opens them. */
import { z } from 'zod';
import { RuneError } from './errors.ts';

const rowsSchema = z.object({ rows: z.array(z.number().int().nonnegative()) });
const searchSchema = z.object({ result_b64: z.string(), count: z.number().int().nonnegative(), provenance: z.string().optional() });
const indexSchema = z.object({ count: z.number().int().nonnegative() });
const metadataSchema = z.object({ metadata: z.array(z.string()) });

export type EncryptedItem = { vector: Uint8Array; metadata: string };

export type Found = {
	blob: Uint8Array;
	/** Rows of the index. */
	count: number;
	/** What the service signed for the blob, if it signs: a compact JWS. */
	provenance?: string;
};

export type Envector = {
	/** Opens an index and hands over the evaluation key (the bytes of EvalKey.bin). */
	createIndex(name: string, dimension: number, evalKey: Uint8Array): Promise<void>;
	/** How many rows an index has. */
	count(name: string): Promise<number>;
	/** Stores items; answers with the row of each. @throws RuneError `conflict` when `firstRow` is given and not the next one */
	insert(name: string, items: EncryptedItem[], firstRow?: number): Promise<number[]>;
	/** Searches with an encrypted query for `agent`; answers with an encrypted score message over all rows. */
	search(name: string, query: Uint8Array, agent?: string): Promise<Found>;
	/** The encrypted metadata of rows, in the order given. */
	metadata(name: string, rows: number[]): Promise<string[]>;
};

const JSON_TYPE = 'application/json';
const PRECONDITION_FAILED = 412;

/** A client of the search service at `url`. Every call throws RuneError: `unreachable`, `refused` or `unexpected_response`. */
export function connectEnvector(url: string, options: { timeoutMs?: number; fetch?: typeof fetch } = {}): Envector {
	const { timeoutMs = 60_000, fetch: send = fetch } = options;

	const request = async (method: string, path: string, body?: string | Uint8Array<ArrayBuffer>, type = JSON_TYPE): Promise<unknown> => {
		let response: Response;
		try {
			response = await send(new URL(path, url), {
				method,
				...(body === undefined ? {} : { body, headers: { 'content-type': type } }),
				signal: AbortSignal.timeout(timeoutMs),
			});
		} catch (cause) {
			throw new RuneError('unreachable', `enVector: no answer from ${new URL(url).host}`, { cause });
		}
		const text = await response.text();
		const code = response.status === PRECONDITION_FAILED ? 'conflict' : 'refused';
		if (!response.ok) throw new RuneError(code, `enVector: ${method} ${path} answered ${response.status}: ${text.slice(0, 200)}`);
		return text === '' ? {} : parseJson(text);
	};
	const post = async <T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> => {
		return checked(await request('POST', path, JSON.stringify(body)), schema, `POST ${path}`);
	};
	const index = (name: string) => `/v1/indexes/${encodeURIComponent(name)}`;

	return {
		createIndex: async (name, dimension, evalKey) => {
			await post('/v1/indexes', { name, dimension }, z.unknown());
			await request('PUT', `${index(name)}/eval-key`, new Uint8Array(evalKey), 'application/octet-stream');
		},
		count: async name => checked(await request('GET', index(name)), indexSchema, `GET ${index(name)}`).count,
		insert: async (name, items, firstRow) => {
			const encoded = items.map(item => ({ vector_b64: Buffer.from(item.vector).toString('base64'), metadata: item.metadata }));
			const condition = firstRow === undefined ? {} : { first_row: firstRow };
			return (await post(`${index(name)}/items`, { items: encoded, ...condition }, rowsSchema)).rows;
		},
		search: async (name, query, agent) => {
			const asked = { query_b64: Buffer.from(query).toString('base64'), ...(agent === undefined ? {} : { agent }) };
			const { result_b64, count, provenance } = await post(`${index(name)}/search`, asked, searchSchema);
			return { blob: Buffer.from(result_b64, 'base64'), count, ...(provenance === undefined ? {} : { provenance }) };
		},
		metadata: async (name, rows) => (await post(`${index(name)}/metadata`, { rows }, metadataSchema)).metadata,
	};
}

function checked<T>(answer: unknown, schema: z.ZodType<T>, call: string): T {
	const parsed = schema.safeParse(answer);
	if (!parsed.success) throw new RuneError('unexpected_response', `enVector: ${call}: ${z.prettifyError(parsed.error)}`);
	return parsed.data;
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (cause) {
		throw new RuneError('unexpected_response', 'enVector: the answer is not JSON', { cause });
	}
}
