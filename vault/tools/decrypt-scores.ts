/**
 * `decrypt_scores`: the best rows of encrypted search results.
 *
 * Check provenance, decrypt, check guard rows, add noise, rank, put on account, round to four decimals, answer. With the protections off, scores are
 * ranked exactly and not clamped: a vendor's result may lie a little above 1, and the coordinates of a Query blob are no cosines. Rounding
 * alone does not hide the key from a caller who makes up ciphertexts (docs/threat-model.md); it only keeps float noise out of the answer.
 */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import type { Decryptor } from '../../fhe/decrypt.ts';
import { VaultError } from '../../fhe/errors.ts';
import type { VaultConfig } from '../config.ts';
import { answerBits, type Noise, widest } from '../ledger/bits.ts';
import { type Claimed, createProvenance, MAX_ENVELOPE_LENGTH } from '../protect/provenance.ts';
import { areGuarded, bestRows, guardRefusal, haveGuardRows, remainingNoise, smudgeAll } from '../protect/shards.ts';
import { clampScore } from '../protect/smudge.ts';
import { blobShards, type DecryptedShard } from '../shards.ts';
import type { ToolContext, ToolDefinition } from './define.ts';

export const MAX_BLOBS = 16;
const DEFAULT_TOP_K = 5;
const ARGUMENT = 'encrypted_blob_b64';
const PROVENANCE = 'provenance';

const output = z.object({
	results: z.array(
		z.object({
			index: z.int().describe('Ordinal of the row over all shards of the blobs'),
			shard_idx: z.int(),
			row_idx: z.int().describe('Row within its shard'),
			score: z.number().describe('Rounded to four decimals'),
		}),
	),
	key_id: z.string(),
	epoch: z.int(),
});

const envelope = z.string().min(1).max(MAX_ENVELOPE_LENGTH);

const inputSchema = (limit: number) =>
	z.strictObject({
		[ARGUMENT]: z
			.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(MAX_BLOBS)])
			.describe(`Base64 of a CiphertextScore, SearchResult or Query blob, or up to ${MAX_BLOBS} of them`),
		top_k: z.int().min(1).max(limit).default(Math.min(DEFAULT_TOP_K, limit)).describe('How many of the best rows to return'),
		[PROVENANCE]: z
			.union([envelope, z.array(envelope).min(1).max(MAX_BLOBS)])
			.optional()
			.describe('What the search service signed for each blob: a compact JWS, or as many of them as there are blobs'),
		key_id: z.string().min(1).max(256).optional().describe('key_id of get_public_key; the current key when absent'),
	});

type Input = z.infer<ReturnType<typeof inputSchema>>;

export function decryptScores(
	{ limits, dimension, indexName, protection }: VaultConfig,
	now: () => number = Date.now,
): ToolDefinition<Input, z.infer<typeof output>> {
	const provenance = createProvenance({ ...protection.provenance, indexName, now });
	const shardProtection = { ...protection, dimension };
	const noise = remainingNoise(shardProtection);
	const shown = protection.guardRows > 0 || protection.smudge > 0 ? clampScore : roundScore;
	return {
		name: 'decrypt_scores',
		title: 'Decrypt search scores',
		description: 'Decrypts the scores of an encrypted search and returns the best rows, best first.',
		input: inputSchema(limits.topK),
		output,
		explain: issue =>
			issue.code === 'too_big' && issue.path[0] === 'top_k'
				? new VaultError('rate_limited', `Rate Limit Exceeded: Max top_k is ${limits.topK}`, { field: 'top_k' })
				: undefined,
		async run(input, context) {
			context.ledger.admit(context.identity);
			const key = input.key_id === undefined ? context.keyring.current : context.keyring.byId(input.key_id);
			if (key === undefined) throw new VaultError('invalid_argument', 'key_id: no such key here', { field: 'key_id' });
			Object.assign(context.run, { topK: input.top_k, keyVersion: key.version });
			const blobs = decodeBlobs(input[ARGUMENT]);
			context.run.blobSha256 = digestOf(blobs);
			const release = await provenance.claim(withEnvelopes(blobs, input[PROVENANCE]), context.identity.name);
			try {
				const shards = await decryptAll(blobs, key.decryptor, context);
				const isGuarded = areGuarded(shards, shardProtection);
				smudgeAll(shards, key.smudgeKey, shardProtection);
				const hits = bestRows(shards, input.top_k, shardProtection);
				if (!isGuarded) {
					if (haveGuardRows(shards, shardProtection)) await context.ledger.guardRejected(context.identity, key);
					throw guardRefusal();
				}
				const bits = bitsOf(shards, hits.length, noise);
				await context.ledger.reserve(bits, context.identity, key);
				Object.assign(context.run, { resultCount: hits.length, releasedBits: bits });
				return { results: hits.map(hit => ({ ...hit, score: shown(hit.score) })), key_id: key.id, epoch: context.role.epoch };
			} catch (error) {
				release();
				throw error;
			}
		},
	};
}

/** What the answer may give away of the key. */
function bitsOf(shards: readonly DecryptedShard[], returned: number, noise: Noise | undefined): number {
	const candidates = shards.reduce((rows, { scores }) => rows + scores.length, 0);
	return answerBits({ returned, candidates, range: widest(shards.map(({ range }) => range)) }, noise);
}

/** Four decimals, and no negative zero. */
export function roundScore(score: number): number {
	return Math.round(score * 10_000) / 10_000 + 0;
}

/** One blob after another, with a pause for other requests between them; stops when the caller has gone. */
async function decryptAll(blobs: Uint8Array[], decryptor: Decryptor, { signal }: ToolContext): Promise<DecryptedShard[]> {
	const shards: DecryptedShard[] = [];
	for (const [ordinal, blob] of blobs.entries()) {
		if (ordinal > 0) await nextTurn();
		signal.throwIfAborted();
		shards.push(...decryptBlob(blob, ordinal, blobs.length, decryptor));
	}
	return shards;
}

function decryptBlob(bytes: Uint8Array, ordinal: number, count: number, decryptor: Decryptor): DecryptedShard[] {
	try {
		return blobShards(bytes, ordinal, decryptor);
	} catch (error) {
		if (!(error instanceof VaultError)) throw error;
		const argument = count > 1 ? `${ARGUMENT}[${ordinal}]` : ARGUMENT;
		throw new VaultError(error.code, `${argument}: ${error.message}`, { cause: error, field: argument });
	}
}

function decodeBlobs(argument: string | string[]): Uint8Array[] {
	if (typeof argument === 'string') return [decodeBase64(argument, ARGUMENT)];
	return argument.map((text, at) => decodeBase64(text, `${ARGUMENT}[${at}]`));
}

function withEnvelopes(blobs: Uint8Array[], argument: string | string[] | undefined): Claimed[] {
	const envelopes = argument === undefined ? [] : [argument].flat();
	if (envelopes.length > 0 && envelopes.length !== blobs.length) {
		throw new VaultError('invalid_argument', `${PROVENANCE}: must be as many as there are blobs`, { field: PROVENANCE });
	}
	return blobs.map((blob, at) => ({ blob, envelope: envelopes[at] }));
}

/** Strict: `Buffer.from` skips what is not base64, which shows as fewer bytes than the length promises. Padding may be absent. */
function decodeBase64(text: string, field: string): Uint8Array {
	const digits = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length;
	const bytes = Buffer.from(text, 'base64');
	if (bytes.length !== Math.floor((digits * 3) / 4)) throw new VaultError('invalid_argument', `${field}: not base64`, { field });
	return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function digestOf(blobs: Uint8Array[]): string {
	const hash = createHash('sha256');
	for (const blob of blobs) hash.update(blob);
	return hash.digest('hex');
}
