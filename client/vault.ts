/**
 * The team's Vault as its clients see it: four MCP tools behind a bearer token. The Vault is stateless, so a call that got no answer
 * may be repeated; answers are checked against their schema before anything is done with them.
 */
import { createHash } from 'node:crypto';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { RuneError } from './errors.ts';
import { fetchTrusting, untrustedCode } from './trust.ts';

const publicKeySchema = z.object({
	key_id: z.string(),
	key_version: z.number(),
	fingerprint: z.string(),
	dimension: z.number().int(),
	index_name: z.string().optional(),
	guard_rows: z.number().int().nonnegative().default(0),
	'EncKey.json': z.string(),
	'EvalKey.json': z.union([z.string(), z.object({ url: z.string(), sha256: z.string(), bytes: z.number() })]),
	'MetadataKey.json': z.object({ agent_id: z.string(), key: z.string() }),
});

const hitSchema = z.object({ index: z.number(), shard_idx: z.number(), row_idx: z.number(), score: z.number() });
const scoresSchema = z.object({ results: z.array(hitSchema), key_id: z.string(), epoch: z.number() });
const metadataSchema = z.object({ decrypted_metadata: z.array(z.string()) });

export type PublicKey = z.infer<typeof publicKeySchema>;
export type Scores = z.infer<typeof scoresSchema>;

export type VaultOptions = {
	/** The MCP endpoint, such as `https://acme.rune.svc:8443/mcp`. */
	url: string;
	/** `evt_{team}_{random}`; sent as a bearer token and nowhere else. */
	token: string;
	/** How long one call may take, in milliseconds. */
	timeoutMs?: number;
	/** How often a call that got no answer is repeated: a failover takes seconds, one repetition hides a short one. */
	retries?: number;
	/** The pause before a repetition, in milliseconds. */
	retryDelayMs?: number;
	/** PEM: the authorities to believe, as `ca.crt` beside the token, and no others; those of the machine when left out. */
	ca?: string;
	fetch?: typeof fetch;
};

export type Vault = {
	/** The team's public keys; EvalKey comes as a link unless `evalKey` is 'inline'. */
	publicKey(evalKey?: 'link' | 'inline'): Promise<PublicKey>;
	/** The text of EvalKey.json behind a link from `publicKey`, checked against its SHA-256. */
	evalKey(key: PublicKey): Promise<string>;
	/**
	 * The best `topK` rows of one or more encrypted score blobs, best first; with what the search service signed for each, if it did.
	 * @throws RuneError `result_refused` when a signature is not taken, as when a repeated call brings it a second time
	 */
	decryptScores(blobs: Uint8Array | Uint8Array[], topK: number, provenance?: string | string[]): Promise<Scores>;
	/** The texts of metadata envelopes, in the order given. */
	decryptMetadata(envelopes: string[]): Promise<string[]>;
	/** Version, key, limits: whatever the Vault says of itself. */
	status(): Promise<Record<string, unknown>>;
	close(): Promise<void>;
};

/**
 * Connects to a Vault.
 *
 * @throws RuneError `unauthorized` when the token is not known, `unreachable` when nobody answers, `untrusted` when it is not the team's Vault.
 */
export async function connectVault(options: VaultOptions): Promise<Vault> {
	const { token, timeoutMs = 10_000, retries = 1, retryDelayMs = 250 } = options;
	const url = new URL(options.url);
	const trusting = options.ca === undefined ? undefined : fetchTrusting(options.ca);
	const send = options.fetch ?? trusting?.fetch ?? fetch;
	const client = new Client({ name: 'rune', version: '0.1.0' });
	const headers = { authorization: `Bearer ${token}` };

	const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
		for (let left = retries; ; left--) {
			try {
				return await work();
			} catch (cause) {
				const error = asRuneError(cause);
				if (error.code !== 'unreachable' || left <= 0) throw error;
				await new Promise(resolve => setTimeout(resolve, retryDelayMs));
			}
		}
	};

	const call = <T>(name: string, args: Record<string, unknown>, schema: z.ZodType<T>): Promise<T> =>
		attempt(async () => {
			const result = await client.callTool({ name, arguments: args }, { timeout: timeoutMs });
			if (result.isError) throw toolError(name, result.content);
			const parsed = schema.safeParse(result.structuredContent);
			if (!parsed.success) throw new RuneError('unexpected_response', `${name}: ${z.prettifyError(parsed.error)}`);
			return parsed.data;
		});

	try {
		await attempt(() => client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers }, fetch: send })));
	} catch (error) {
		await trusting?.close();
		throw error;
	}

	return {
		publicKey: (evalKey = 'link') => call('get_public_key', evalKey === 'inline' ? { include: ['EvalKey.json'] } : {}, publicKeySchema),
		evalKey: key =>
			attempt(async () => {
				const link = key['EvalKey.json'];
				if (typeof link === 'string') return link;
				const response = await send(new URL(link.url, url), { headers, signal: AbortSignal.timeout(timeoutMs) });
				if (!response.ok) throw httpError(response.status, 'EvalKey.json');
				const text = await response.text();
				if (createHash('sha256').update(text).digest('hex') !== link.sha256.replace(/^sha256:/, '')) {
					throw new RuneError('unexpected_response', 'EvalKey.json is not what the Vault announced: its SHA-256 differs');
				}
				return text;
			}),
		decryptScores: (blobs, topK, provenance) => {
			const encode = (blob: Uint8Array) => Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).toString('base64');
			const encoded = Array.isArray(blobs) ? blobs.map(encode) : encode(blobs);
			const signed = provenance === undefined ? {} : { provenance };
			return call('decrypt_scores', { encrypted_blob_b64: encoded, top_k: topK, ...signed }, scoresSchema);
		},
		decryptMetadata: async envelopes =>
			(await call('decrypt_metadata', { encrypted_metadata_list: envelopes }, metadataSchema)).decrypted_metadata,
		status: () => call('vault_status', {}, z.record(z.string(), z.unknown())),
		close: async () => {
			await client.close();
			await trusting?.close();
		},
	};
}

/** A tool's errors are texts; these are told from the others by how they begin. */
const TOOL_ERRORS = [
	{ start: 'Rate Limit Exceeded', code: 'rate_limited' },
	{ start: 'The provenance of the result was refused', code: 'result_refused' },
] as const;

function toolError(name: string, content: unknown): RuneError {
	const text = z.array(z.object({ text: z.string() })).safeParse(content);
	const message = text.success ? text.data.map(part => part.text).join(' ') : 'refused without a reason';
	return new RuneError(TOOL_ERRORS.find(({ start }) => message.startsWith(start))?.code ?? 'refused', `${name}: ${message}`);
}

function httpError(status: number, what: string, cause?: unknown): RuneError {
	if (status === 401) return new RuneError('unauthorized', `${what}: the Vault does not accept this token`, { cause });
	if (status === 429) return new RuneError('rate_limited', `${what}: too many calls, try again later`, { cause });
	if (status === 502 || status === 503 || status === 504)
		return new RuneError('unreachable', `${what}: no Vault is ready (${status})`, { cause });
	return new RuneError('refused', `${what}: the Vault answered ${status}`, { cause });
}

function asRuneError(cause: unknown): RuneError {
	if (cause instanceof RuneError) return cause;
	const status = httpStatus(cause);
	if (status !== undefined) return httpError(status, 'vault', cause);
	const isProtocol = cause instanceof Error && typeof Reflect.get(cause, 'code') === 'number';
	if (isProtocol) return new RuneError('refused', `vault: ${cause.message}`, { cause });
	const untrusted = untrustedCode(cause);
	if (untrusted !== undefined)
		return new RuneError(
			'untrusted',
			`vault: its certificate is not to be trusted (${untrusted}); its authority is ca.crt beside the token`,
			{
				cause,
			},
		);
	return new RuneError('unreachable', 'vault: no answer', { cause });
}

/** The HTTP status behind an error of the MCP SDK, which keeps it as `status` on the error or on its `data`. */
function httpStatus(error: unknown): number | undefined {
	const found = z.union([z.object({ status: z.number() }), z.object({ data: z.object({ status: z.number() }) })]).safeParse(error);
	if (!found.success) return undefined;
	return 'status' in found.data ? found.data.status : found.data.data.status;
}
