/**
 * The stand-in for enVector Cloud over HTTP: JSON in, JSON out, errors as {"error": {"field", "message"}}.
 *
 *     GET  /health
 *     GET  /v1/signing-key                                                     → {kid, key}
 *     POST /v1/indexes                  {name, dimension, encKeyFingerprint?}  → {name, dimension, count}
 *     GET  /v1/indexes/<name>                                                  → the same
 *     PUT  /v1/indexes/<name>/eval-key  EvalKey.bin
 *     POST /v1/indexes/<name>/items     {items: [{vector_b64, metadata}], first_row?}  → {rows}
 *     POST /v1/indexes/<name>/search    {query_b64, agent?}                → {result_b64, count, provenance?}
 *     POST /v1/indexes/<name>/metadata  {rows}                             → {metadata}
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { MAX_DIMENSION, MIN_DIMENSION } from '../../fhe/params.ts';
import type { Seal } from '../../fhe/seal.ts';
import { createEnvectorApi, type EnvectorApi } from './api.ts';
import { readBody, readJson } from './body.ts';
import { ApiError } from './errors.ts';
import { createSigner, type PublicSigningKey } from './signer.ts';

const MIB = 1024 * 1024;
/** One item of dimension 4095 has 11 MiB as base64; a batch of 16 of dimension 1024 has 43. */
const limits = { small: MIB, evalKey: 16 * MIB, query: 16 * MIB, items: 64 * MIB } as const;

const KEEP_ALIVE_MS = 75_000;

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, 'must be 1 to 63 letters, digits, dots, dashes or underscores');
const newIndex = z.strictObject({
	name,
	dimension: z.int().min(MIN_DIMENSION).max(MAX_DIMENSION),
	encKeyFingerprint: z.string().max(128).optional(),
});
const newItems = z.strictObject({
	items: z
		.array(z.strictObject({ vector_b64: z.string(), metadata: z.string().max(MIB) }))
		.min(1)
		.max(256),
	first_row: z.int().nonnegative().optional(),
});
const search = z.strictObject({ query_b64: z.string(), agent: z.string().min(1).max(256).optional() });
const rows = z.strictObject({ rows: z.array(z.int().nonnegative()).max(1000) });

export type Envector = { url: string; signingKey: PublicSigningKey; close(): Promise<void> };

export type EnvectorOptions = { seal: Seal; host?: string; port?: number };

/** Starts the server; port 0 takes a free one. */
export async function startEnvector({ seal, host = '127.0.0.1', port = 0 }: EnvectorOptions): Promise<Envector> {
	const signer = createSigner();
	const api = createEnvectorApi(seal, signer);
	const server = createServer((request, response) => respond(() => route(api, signer.publicKey, request), request, response));
	// Above the time a client spends on encrypting its next batch, or it would find its connection closed under it.
	server.keepAliveTimeout = KEEP_ALIVE_MS;
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, host, resolve);
	});
	const { port: actual } = server.address() as AddressInfo;
	return {
		url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
		signingKey: signer.publicKey,
		close: async () => {
			const closed = new Promise<void>(resolve => server.close(() => resolve()));
			server.closeAllConnections();
			await closed;
			api[Symbol.dispose]();
		},
	};
}

async function respond(work: () => Promise<unknown>, request: IncomingMessage, response: ServerResponse): Promise<void> {
	try {
		send(response, 200, await work());
	} catch (error) {
		const { status, field, message } = error instanceof ApiError ? error : new ApiError(500, '', 'internal error');
		if (!(error instanceof ApiError)) process.stderr.write(`envector: ${error instanceof Error ? error.stack : String(error)}\n`);
		// What is left of a body that was refused unread would be taken for the next request.
		if (!request.complete) response.setHeader('connection', 'close');
		send(response, status, { error: { field, message } });
	}
}

function send(response: ServerResponse, status: number, answer: unknown): void {
	const body = Buffer.from(JSON.stringify(answer));
	response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
	response.end(body);
}

async function route(api: EnvectorApi, signingKey: PublicSigningKey, request: IncomingMessage): Promise<unknown> {
	const { pathname } = new URL(request.url ?? '/', 'http://envector');
	const [, index, call = 'index'] = /^\/v1\/indexes\/([^/]+)(?:\/([a-z-]+))?$/.exec(pathname) ?? [];
	const path = index === undefined ? pathname : call;
	switch (`${request.method} ${path}`) {
		case 'GET /health':
			return api.health();
		case 'GET /v1/signing-key':
			return signingKey;
		case 'GET index':
			return api.index(indexName(index));
		case 'POST /v1/indexes':
			return api.createIndex(await readJson(request, limits.small, newIndex));
		case 'PUT eval-key':
			api.putEvalKey(indexName(index), await readBody(request, limits.evalKey));
			return {};
		case 'POST items': {
			const { items, first_row } = await readJson(request, limits.items, newItems);
			return api.insert(indexName(index), items, first_row);
		}
		case 'POST search': {
			const { query_b64, agent } = await readJson(request, limits.query, search);
			return api.search(indexName(index), query_b64, agent);
		}
		case 'POST metadata':
			return api.metadata(indexName(index), (await readJson(request, limits.small, rows)).rows);
		default:
			throw new ApiError(404, 'path', 'there is no such call');
	}
}

function indexName(encoded = ''): string {
	const parsed = name.safeParse(encoded);
	if (!parsed.success) throw new ApiError(400, 'name', parsed.error.issues[0]?.message ?? 'invalid');
	return parsed.data;
}
