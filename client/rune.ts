/**
 * An encrypted team memory: what an agent stores leaves this process only as ciphertext, is searched as ciphertext, and the team's
 * Vault alone turns scores back into numbers.
 *
 *   remember: text → vector → encrypt (EncKey) → search service;  text → seal (MetadataKey) → search service
 *   recall:   question → vector → encrypt → search service → score ciphertext → Vault → rows → sealed texts → Vault → texts
 */
import { randomUUID } from 'node:crypto';
import { createEncryptor, type Encryptor } from '../fhe/encrypt.ts';
import { parseEncKeyJson, parseEvalKeyJson } from '../fhe/formats/envelope.ts';
import { sealMetadata } from '../fhe/formats/metadata.ts';
import { loadSeal } from '../fhe/seal.ts';
import type { Embed } from './embed.ts';
import type { EncryptedItem, Envector } from './envector.ts';
import { RuneError } from './errors.ts';
import { BATCH, store } from './store.ts';
import type { PublicKey, Vault } from './vault.ts';

export type Memory = {
	text: string;
	/** Cosine of question and memory, as the Vault decrypted it. */
	score: number;
	row: number;
};

/** The answers to a question, best first, with the milliseconds each part took. */
export type Recall = {
	memories: Memory[];
	/** The score ciphertext the search service answered with. */
	blob: Uint8Array;
	milliseconds: { encrypt: number; search: number; decrypt: number; metadata: number };
};

export type Rune = Disposable & {
	readonly key: PublicKey;
	/** Opens the index at the search service and hands it the evaluation key. Once a team. */
	createIndex(): Promise<void>;
	/** Stores texts; `onStored` is told how many are stored so far. @returns the row of each. */
	remember(texts: readonly string[], onStored?: (count: number) => void): Promise<number[]>;
	/** Asks; `topK` answers at the most. */
	recall(question: string, topK: number): Promise<Recall>;
};

export type RuneOptions = {
	vault: Vault;
	envector: Envector;
	/** The name of the team's index at the search service. */
	index: string;
	embed: Embed;
};

/**
 * Fetches the team's public keys from the Vault and prepares encryption.
 *
 * @throws RuneError `refused` when the embedding's dimension is not the Vault's.
 */
export async function openRune({ vault, envector, index, embed }: RuneOptions): Promise<Rune> {
	const key = await vault.publicKey();
	const seal = await loadSeal();
	const encryptor: Encryptor = createEncryptor(seal, parseEncKeyJson(key['EncKey.json']), key.dimension);
	const { agent_id: agent, key: metadataKey } = key['MetadataKey.json'];
	const metadataKeyBytes = Buffer.from(metadataKey, 'base64');

	const vectorsOf = async (texts: readonly string[]): Promise<Float32Array[]> => {
		const vectors = await embed(texts);
		const wrong = vectors.find(vector => vector.length !== key.dimension);
		if (wrong) throw new RuneError('refused', `the embedding has ${wrong.length} dimensions, the Vault's key is for ${key.dimension}`);
		return vectors;
	};
	const encryptItem = (text: string, vector: Float32Array): EncryptedItem => ({
		vector: encryptor.item(vector),
		metadata: sealMetadata(metadataKeyBytes, { agent, index, record: randomUUID() }, text),
	});
	const zero = new Float32Array(key.dimension);
	const guard = (): EncryptedItem => ({ vector: encryptor.item(zero), metadata: '' });

	return {
		key,
		createIndex: async () => envector.createIndex(index, key.dimension, parseEvalKeyJson(await vault.evalKey(key))),
		remember: async (texts, onStored) => {
			const rows: number[] = [];
			for (let start = 0; start < texts.length; start += BATCH) {
				const batch = texts.slice(start, start + BATCH);
				const vectors = await vectorsOf(batch);
				const items = vectors.map((vector, i) => encryptItem(batch[i] ?? '', vector));
				rows.push(...(await store({ envector, index, dimension: key.dimension, guardRows: key.guard_rows, guard }, items)));
				onStored?.(rows.length);
			}
			return rows;
		},
		recall: async (question, topK) => {
			const [vector] = await vectorsOf([question]);
			if (vector === undefined) throw new RuneError('refused', 'the embedding gave no vector for the question');
			const clock = stopwatch();
			const query = encryptor.query(vector);
			const encrypt = clock();
			let found = await envector.search(index, query, agent);
			const search = clock();
			const { results } = await vault.decryptScores(found.blob, topK, found.provenance).catch(async error => {
				// A call that got no answer was repeated, and the Vault had taken the envelope already.
				if (!(error instanceof RuneError && error.code === 'result_refused' && found.provenance !== undefined)) throw error;
				found = await envector.search(index, query, agent);
				return vault.decryptScores(found.blob, topK, found.provenance);
			});
			const decrypt = clock();
			const rows = results.map(hit => hit.index);
			const texts = await vault.decryptMetadata(await envector.metadata(index, rows));
			const metadata = clock();
			const memories = results.map((hit, i) => ({ text: texts[i] ?? '', score: hit.score, row: hit.index }));
			return { memories, blob: found.blob, milliseconds: { encrypt, search, decrypt, metadata } };
		},
		[Symbol.dispose]: () => {
			encryptor[Symbol.dispose]();
			metadataKeyBytes.fill(0);
		},
	};
}

/** Each call gives the milliseconds since the one before. */
function stopwatch(): () => number {
	let last = performance.now();
	return () => {
		const now = performance.now();
		const passed = now - last;
		last = now;
		return passed;
	};
}
