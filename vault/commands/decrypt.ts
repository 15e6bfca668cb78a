/**
 * `vault decrypt`: opens one result with one key file, without a network. An administrator uses it to prove that a key from a backup
 * opens old results. Scores are exact (float32, as the vendor's library prints them): whoever runs this holds the key anyway.
 */
import { readFile } from 'node:fs/promises';
import { createDecryptor } from '../../fhe/decrypt.ts';
import { VaultError } from '../../fhe/errors.ts';
import { loadSeal } from '../../fhe/seal.ts';
import { topK } from '../../fhe/top-k.ts';
import { readSecretKeyFile } from '../keys/secret-key-file.ts';
import { blobShards } from '../shards.ts';
import { type Command, integerOption, parseOptions, UsageError } from './command.ts';

const DEFAULT_TOP_K = 10;
const MAX_TOP_K = 1000;

const help = `vault decrypt: decrypt a result file with a key file, offline

Usage: vault decrypt --key FILE [--kek FILE] --blob FILE [--top-k N | --all]

  --key FILE     the secret key: SecKey.json (plain or sealed), SecKey.bin or SecKey_sealed.bin
  --kek FILE     the key encryption key of a sealed one: 64 hex digits, or 32 raw bytes
  --blob FILE    a CiphertextScore, SearchResult or Query blob
  --top-k N      the best N rows, at most ${MAX_TOP_K} (default ${DEFAULT_TOP_K})
  --all          every score, in row order

Prints one JSON object:
  {"results": [{"index", "shard_idx", "row_idx", "score"}, …]}               best first
  {"scores": [score, …], "shards": [{"shard_idx", "rows"}, …]}                with --all; shard after shard
`;

export const decrypt: Command = {
	help,
	async run(args) {
		const options = parseOptions(args, {
			key: { type: 'string' },
			kek: { type: 'string' },
			blob: { type: 'string' },
			'top-k': { type: 'string' },
			all: { type: 'boolean', default: false },
		});
		if (options.key === undefined) throw new UsageError('--key is needed');
		if (options.blob === undefined) throw new UsageError('--blob is needed');
		if (options.all && options['top-k'] !== undefined) throw new UsageError('--top-k and --all exclude each other');
		const k = integerOption('--top-k', options['top-k'] ?? String(DEFAULT_TOP_K), 1, MAX_TOP_K);

		const blob = await readBlob(options.blob);
		const shards = await decryptWith(options.key, options.kek, blob, options.blob);
		const answer = options.all
			? {
					scores: shards.flatMap(({ scores }) => [...scores]),
					shards: shards.map(({ shard, scores }) => ({ shard_idx: shard, rows: scores.length })),
				}
			: { results: topK(shards, k) };
		process.stdout.write(`${JSON.stringify(answer)}\n`);
		return 0;
	},
};

async function decryptWith(keyFile: string, kekFile: string | undefined, blob: Uint8Array, blobFile: string) {
	using secretKey = await readSecretKeyFile(keyFile, kekFile);
	using decryptor = createDecryptor(await loadSeal(), secretKey);
	try {
		return blobShards(blob, 0, decryptor);
	} catch (error) {
		if (!(error instanceof VaultError)) throw error;
		throw new VaultError(error.code, `--blob ${blobFile}: ${error.message}`, { cause: error, field: '--blob' });
	}
}

async function readBlob(file: string): Promise<Uint8Array> {
	try {
		return new Uint8Array(await readFile(file));
	} catch (cause) {
		throw new VaultError('invalid_argument', `--blob ${file}: cannot be read`, { cause, field: '--blob' });
	}
}
