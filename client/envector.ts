/** The untrusted search service: stores encrypted vectors and metadata, searches ciphertexts, never sees a key that opens them. */
import { z } from 'zod';
import { RuneError } from './errors.ts';

const rowsSchema = z.object({ rows: z.array(z.number().int().nonnegative()) });
const searchSchema = z.object({ result_b64: z.string(), count: z.number().int().nonnegative() });
const metadataSchema = z.object({ metadata: z.array(z.string()) });

export type EncryptedItem = { vector: Uint8Array; metadata: string };

export type Envector = {
	/** Opens an index and hands over the evaluation key (the bytes of EvalKey.bin). */
	createIndex(name: string, dimension: number, evalKey: Uint8Array): Promise<void>;
	/** Stores items; answers with the row of each. */
	insert(name: string, items: EncryptedItem[]): Promise<number[]>;
	/** Searches with an encrypted query; answers with an encrypted score message over all rows. */
	search(name: string, query: Uint8Array): Promise<{ blob: Uint8Array; count: number }>;
	/** The encrypted metadata of rows, in the order given. */
	metadata(name: string, rows: number[]): Promise<string[]>;
};

/** A client of the search service at `url`. Every call throws RuneError: `unreachable`, `refused` or `unexpected_response`. */
export function connectEnvector(url: string, options: { timeoutMs?: number; fetch?: typeof fetch } = {}): Envector {
	const { timeoutMs = 60_000, fetch: send = fetch } = options;

	const request = async (method: string, path: string, body: string | Uint8Array<ArrayBuffer>, type: string): Promise<unknown> => {
		let response: Response;
		try {
			response = await send(new URL(path, url), {
				method,
				body,
				headers: { 'content-type': type },
				signal: AbortSignal.timeout(timeoutMs),
			});
		} catch (cause) {
			throw new RuneError('unreachable', `enVector: no answer from ${new URL(url).host}`, { cause });
		}
		const text = await response.text();
		if (!response.ok) throw new RuneError('refused', `enVector: ${method} ${path} answered ${response.status}: ${text.slice(0, 200)}`);
		return text === '' ? {} : parseJson(text);
	};
	const post = async <T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> => {
		const parsed = schema.safeParse(await request('POST', path, JSON.stringify(body), 'application/json'));
		if (!parsed.success) throw new RuneError('unexpected_response', `enVector: POST ${path}: ${z.prettifyError(parsed.error)}`);
		return parsed.data;
	};
	const index = (name: string) => `/v1/indexes/${encodeURIComponent(name)}`;

	return {
		createIndex: async (name, dimension, evalKey) => {
			await post('/v1/indexes', { name, dimension }, z.unknown());
			await request('PUT', `${index(name)}/eval-key`, new Uint8Array(evalKey), 'application/octet-stream');
		},
		insert: async (name, items) => {
			const encoded = items.map(item => ({ vector_b64: Buffer.from(item.vector).toString('base64'), metadata: item.metadata }));
			return (await post(`${index(name)}/items`, { items: encoded }, rowsSchema)).rows;
		},
		search: async (name, query) => {
			const { result_b64, count } = await post(`${index(name)}/search`, { query_b64: Buffer.from(query).toString('base64') }, searchSchema);
			return { blob: Buffer.from(result_b64, 'base64'), count };
		},
		metadata: async (name, rows) => (await post(`${index(name)}/metadata`, { rows }, metadataSchema)).metadata,
	};
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (cause) {
		throw new RuneError('unexpected_response', 'enVector: the answer is not JSON', { cause });
	}
}
