/** decrypt_scores with its protections, over HTTP: what is counted, charged and told. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { deriveEncKey, deriveEvalKey } from '../../../fhe/derive.ts';
import { createEncryptor } from '../../../fhe/encrypt.ts';
import { parseEvalKey } from '../../../fhe/formats/eval-key.ts';
import { parseQuery } from '../../../fhe/formats/query.ts';
import { parseScore, type ScoreShard, writeScore } from '../../../fhe/formats/score.ts';
import { loadSeal } from '../../../fhe/seal.ts';
import type { Keyring } from '../../../vault/keys/keyring.ts';
import { createSigner } from '../../envector/signer.ts';
import { createVectorIndex } from '../../envector/vector-index.ts';
import { unitVectors } from '../envector/items.ts';
import { base64, newKeyring, protectedConfig, type RunningVault, sha256, startVault, testConfig, tokens } from './builders.ts';

const DIMENSION = 64;
const GUARDS = 16;
const signer = createSigner();
const vectors = unitVectors('protected', 12, DIMENSION);
const provenance = { mode: 'Required' as const, publicKeys: [signer.publicKey] };
const config = testConfig({ dimension: DIMENSION, indexName: 'memory', ...protectedConfig({ provenance }) });

describe('decrypt_scores with its protections', () => {
	let running: RunningVault;
	let keyring: Keyring;
	let honest: ScoreShard[];
	let query: Uint8Array;
	before(async () => {
		const made = await newKeyring(config);
		keyring = made.keyring;
		using secretKey = made.secretKey;
		running = await startVault({ config, keyring });
		const seal = await loadSeal();
		using index = createVectorIndex(seal, DIMENSION);
		using encryptor = createEncryptor(seal, deriveEncKey(secretKey), DIMENSION);
		index.useEvalKey(parseEvalKey(deriveEvalKey(secretKey, DIMENSION)));
		const zero = new Float32Array(DIMENSION);
		for (const vector of [...Array.from({ length: GUARDS }, () => zero), ...vectors]) index.insert(parseQuery(encryptor.item(vector)));
		query = encryptor.query(vectors[7] ?? zero);
		honest = index.search(parseQuery(query));
	});
	after(() => running.close());

	const sign = (blob: Uint8Array, agent = 'team') => signer.sign({ blob, index: 'memory', agent });
	const ask = async (blob: Uint8Array, change: Record<string, unknown> = {}, token: string = tokens.team) => {
		const envelope = await sign(blob);
		const answer = await running.callTool(
			'decrypt_scores',
			{ encrypted_blob_b64: base64(blob), provenance: envelope, top_k: 3, ...change },
			token,
		);
		return { ...answer, text: answer.result?.content[0]?.text ?? '', isRefused: answer.result?.isError === true };
	};
	const message = () => writeScore({ id: 'memory', shards: honest });
	const lastRecord = () => JSON.parse(running.sink.lines.at(-1) ?? '{}');
	const rejections = () => running.vault.ledger.totals.guardRejections;

	it('[VLT-77] answers an honest search with rows behind the guard rows, and the same again', async () => {
		const first = await ask(message());
		const { results }: { results: { row_idx: number; index: number; score: number }[] } = JSON.parse(first.text);
		assert.deepEqual([results[0]?.row_idx, results[0]?.index], [GUARDS + 7, GUARDS + 7]);
		assert.ok(results.every(({ row_idx }) => row_idx >= GUARDS));
		assert.deepEqual(JSON.parse((await ask(message())).text).results, results);
		assert.equal(rejections(), 0);
	});

	it('[VLT-77] a pod that opened the same key anew gives the same answer', async () => {
		const other = await startVault({ config: { ...config, protection: { ...config.protection } }, keyring });
		try {
			const envelope = await sign(message());
			const answer = await other.callTool('decrypt_scores', { encrypted_blob_b64: base64(message()), provenance: envelope, top_k: 3 });
			assert.deepEqual(answer.result?.structuredContent?.results, JSON.parse((await ask(message())).text).results);
		} finally {
			await other.close();
		}
	});

	it('[VLT-78] puts a small part of a bit on account, where an unprotected answer costs hundreds', async () => {
		await ask(message());
		const { released_bits: bits } = lastRecord();
		assert.ok(bits > 0 && bits < 0.02, `${bits}`);
	});

	it('[ATK-7] a search service that lies is refused by the guard, whatever it signs', async () => {
		const [shard] = parseScore(message()).shards;
		assert.ok(shard);
		const [chunk] = shard.result.chunks;
		assert.ok(chunk);
		// What NTT value is changed does not matter: each is a sum over all coefficients.
		chunk.a.q[5] = ((chunk.a.q[5] ?? 0n) + 1n) % 2_251_799_813_554_177n;
		const answer = await ask(writeScore({ id: 'memory', shards: [shard] }));
		assert.ok(answer.isRefused);
		assert.match(answer.text, /^The result was refused: /);
		assert.equal(rejections(), 1);
		assert.deepEqual((({ status, error, blob_sha256 }) => ({ status, error, blob_sha256 }))(lastRecord()), {
			status: 'denied',
			error: 'result_refused',
			blob_sha256: sha256(writeScore({ id: 'memory', shards: [shard] })),
		});
	});

	it('[VLT-79] a Query blob is refused in the same words, and raises no alarm', async () => {
		const before = rejections();
		const answer = await ask(query);
		assert.ok(answer.isRefused);
		assert.match(answer.text, /^The result was refused: /);
		assert.equal(rejections(), before);
	});

	for (const [name, change] of [
		['no envelope', async () => ({ provenance: undefined })],
		["another token's envelope", async () => ({ provenance: await sign(message(), 'guest') })],
		["another result's envelope", async () => ({ provenance: await sign(query) })],
	] as const) {
		it(`[ATK-7] ${name} is refused, and no bit is charged`, async () => {
			const { released } = running.vault.ledger.totals;
			const answer = await ask(message(), await change());
			assert.equal(answer.text, 'The provenance of the result was refused: search again');
			assert.equal(running.vault.ledger.totals.released, released);
			assert.equal(lastRecord().error, 'provenance_refused');
		});
	}

	it('[ATK-7] an envelope is taken once, and not used up by a refusal of the guard', async () => {
		const envelope = await sign(message());
		assert.ok(!(await ask(message(), { provenance: envelope })).isRefused);
		assert.ok((await ask(message(), { provenance: envelope })).isRefused);
		const unused = await sign(query);
		for (let i = 0; i < 2; i++) assert.match((await ask(query, { provenance: unused })).text, /^The result was refused: /);
	});

	it('[VLT-74] as many envelopes as blobs', async () => {
		const one = await sign(message());
		const wrong = await ask(message(), { provenance: [one, one] });
		assert.equal(wrong.text, 'provenance: must be as many as there are blobs');
		const blobs = [base64(message()), base64(message())];
		const right = await ask(message(), { encrypted_blob_b64: blobs, provenance: [await sign(message()), await sign(message())] });
		assert.ok(!right.isRefused);
	});

	it('[CLI-23] get_public_key and vault_status tell how many guard rows a group begins with', async () => {
		const key = await running.callTool('get_public_key', {});
		assert.equal(key.result?.structuredContent?.guard_rows, GUARDS);
		const status = await running.callTool('vault_status', {});
		assert.deepEqual(status.result?.structuredContent?.protection, { guard_rows: GUARDS, score_noise: 5e-3, provenance: 'Required' });
	});
});
