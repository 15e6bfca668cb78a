import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDecryptor } from '../../../fhe/decrypt.ts';
import { createEncryptor } from '../../../fhe/encrypt.ts';
import { parseEvalKey } from '../../../fhe/formats/eval-key.ts';
import { parseQuery } from '../../../fhe/formats/query.ts';
import { N } from '../../../fhe/params.ts';
import { loadSeal } from '../../../fhe/seal.ts';
import { topK } from '../../../fhe/top-k.ts';
import { createVectorIndex } from '../../envector/vector-index.ts';
import { createPooledEncryptor, newKeys, unitVectors } from './items.ts';

const seal = await loadSeal();
const keys = newKeys();
const encrypt = createPooledEncryptor(seal, keys);

const product = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
const rowsOf = (hits: { index: number }[]) => hits.map(hit => hit.index);

describe('encrypted search', () => {
	it('[ENV-1] 1,000 items of dimension 512: the same ten rows as in plaintext, scores within 1e-3', () => {
		const dimension = 512;
		const items = unitVectors('items', 1000, dimension);
		using index = createVectorIndex(seal, dimension);
		for (const item of items) index.insert(encrypt(item));
		index.useEvalKey(parseEvalKey(keys.evalKey(dimension)));
		using encryptor = createEncryptor(seal, keys.encKey, dimension);
		using decryptor = createDecryptor(seal, keys.secretKey);
		for (const query of unitVectors('queries', 3, dimension)) {
			const shards = index.search(parseQuery(encryptor.query(query)));
			assert.deepEqual(
				shards.map(({ shard, result }) => [shard, result.rows, result.dimension]),
				[[0, 1000, 512]],
			);
			const scores = shards.map(({ shard, result }) => ({ shard, scores: decryptor.scores(result) }));
			const plain = Float32Array.from(items, item => product(item, query));
			const worst = Math.max(...plain.map((score, row) => Math.abs(score - (scores[0]?.scores[row] ?? Number.NaN))));
			assert.ok(worst < 1e-3, `a score is off by ${worst}`);
			assert.deepEqual(rowsOf(topK(scores, 10)), rowsOf(topK([{ shard: 0, scores: plain }], 10)));
		}
	});

	it('[ENV-2] more than 4,096 rows answer in two shards, in order', () => {
		const dimension = 32;
		const vectors = unitVectors('shards', 8, dimension);
		const blobs = vectors.map(encrypt);
		using index = createVectorIndex(seal, dimension);
		for (let row = 0; row < N + 70; row++) {
			const blob = blobs[row % blobs.length];
			assert.ok(blob);
			assert.equal(index.insert(blob), row);
		}
		index.useEvalKey(parseEvalKey(keys.evalKey(dimension)));
		using encryptor = createEncryptor(seal, keys.encKey, dimension);
		using decryptor = createDecryptor(seal, keys.secretKey);
		const [query = new Float32Array()] = unitVectors('query', 1, dimension);
		const shards = index.search(parseQuery(encryptor.query(query)));
		assert.deepEqual(
			shards.map(({ shard, result }) => [shard, result.rows]),
			[
				[0, N],
				[1, 70],
			],
		);
		for (const { shard, result } of shards) {
			for (const [row, score] of decryptor.scores(result).entries()) {
				const expected = product(vectors[(shard * N + row) % vectors.length] ?? query, query);
				assert.ok(Math.abs(score - expected) < 1e-3, `shard ${shard} row ${row}: ${score}, not ${expected}`);
			}
		}
	});

	it('[ENV-1] dimension 4096, with its rank of 64', () => {
		const dimension = 4096;
		const items = unitVectors('wide', 3, dimension);
		using index = createVectorIndex(seal, dimension);
		for (const item of items) index.insert(encrypt(item));
		index.useEvalKey(parseEvalKey(keys.evalKey(dimension)));
		using encryptor = createEncryptor(seal, keys.encKey, dimension);
		using decryptor = createDecryptor(seal, keys.secretKey);
		const [, query = new Float32Array()] = items;
		const [shard] = index.search(parseQuery(encryptor.query(query)));
		assert.ok(shard);
		const scores = decryptor.scores(shard.result);
		for (const [row, item] of items.entries()) assert.ok(Math.abs((scores[row] ?? Number.NaN) - product(item, query)) < 1e-3);
	});
});
