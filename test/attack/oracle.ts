/**
 * What an attacker has: a way to ask for decryptions. The attacks take an oracle and know nothing of what is behind it, so that the same
 * ones run against a Vault with protections.
 */
import { VaultError } from '../../fhe/errors.ts';
import type { VaultConfig } from '../../vault/config.ts';
import type { Keyring } from '../../vault/keys/keyring.ts';
import { createLedger } from '../../vault/ledger/ledger.ts';
import { memoryStore } from '../../vault/ledger/store.ts';
import { decryptScores } from '../../vault/tools/decrypt-scores.ts';
import { base64, type RunningVault, testConfig } from '../unit/vault/builders.ts';

/** A row as the Vault names it: `shard_idx` and `row_idx`. */
export type Place = { shard: number; row: number };
export type RankedRow = Place & { score: number };

/** At most `ROWS` rows, best first, over all shards of the blobs of one call. A protected one may give none. */
export type Oracle = (blobs: Uint8Array[]) => Promise<RankedRow[]>;

/** The same without scores: what a cloud sees that made up a result, because the client then fetches the metadata of exactly these rows. */
export type IndexOracle = (blobs: Uint8Array[]) => Promise<Place[]>;

/** Rows of one answer, the cap of the configuration. */
export const ROWS = 10;

type Answer = { results: { shard_idx: number; row_idx: number; score: number }[] };

/** The tool itself, without HTTP around it. */
export function toolOracle(keyring: Keyring, config: VaultConfig = testConfig(), provenance?: string[]): Oracle {
	const { limits } = config;
	const tool = decryptScores(config);
	return async blobs =>
		rowsOf(
			await tool.run(
				{ encrypted_blob_b64: blobs.map(base64), top_k: limits.topK, provenance },
				{
					identity: { name: 'curious', role: 'Member', generation: 1, id: '0'.repeat(16) },
					keyring,
					ledger: createLedger({ store: memoryStore(), limits: testConfig().protection.releasedBits }),
					role: { role: 'primary', epoch: 1 },
					signal: new AbortController().signal,
					run: { name: tool.name, status: 'success', milliseconds: 0 },
				},
			),
		);
}

/** A running Vault over HTTP, with a member's token. */
export function httpOracle(running: RunningVault): Oracle {
	return async blobs => {
		const answer = await running.callTool('decrypt_scores', { encrypted_blob_b64: blobs.map(base64), top_k: ROWS });
		const text = answer.result?.content[0]?.text ?? '';
		if (answer.status !== 200 || answer.result?.isError !== undefined) throw new Error(`refused (${answer.status}): ${text}`);
		return rowsOf(JSON.parse(text));
	};
}

export function indicesOnly(oracle: Oracle): IndexOracle {
	return async blobs => (await oracle(blobs)).map(({ shard, row }) => ({ shard, row }));
}

/** A refusal gives nothing, and its text is kept. */
export function refusable(oracle: Oracle): { ask: Oracle; refusals: string[] } {
	const refusals: string[] = [];
	return {
		refusals,
		ask: async blobs => {
			try {
				return await oracle(blobs);
			} catch (error) {
				if (!(error instanceof VaultError)) throw error;
				refusals.push(error.message);
				return [];
			}
		},
	};
}

/** Counts the calls. */
export function counted<Row>(oracle: (blobs: Uint8Array[]) => Promise<Row[]>) {
	const counter = {
		calls: 0,
		/** As the rate limit counts them. */
		blobs: 0,
		ask: (blobs: Uint8Array[]): Promise<Row[]> => {
			counter.calls++;
			counter.blobs += blobs.length;
			return oracle(blobs);
		},
	};
	return counter;
}

function rowsOf({ results }: Answer): RankedRow[] {
	return results.map(({ shard_idx, row_idx, score }) => ({ shard: shard_idx, row: row_idx, score }));
}
