/** What is written is read back the same, for any values. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeBase64, encodeBase64 } from '../../../fhe/formats/base64.ts';
import { parseBlob } from '../../../fhe/formats/blob.ts';
import type { Ciphertext, Level } from '../../../fhe/formats/ciphertext.ts';
import { parseQuery, writeQuery } from '../../../fhe/formats/query.ts';
import { parseResult, type SearchResult, writeResult } from '../../../fhe/formats/result.ts';
import { writeScore } from '../../../fhe/formats/score.ts';
import { openBytes, sealBytes } from '../../../fhe/formats/sealed.ts';
import { parseSecretKey, writeSecretKey } from '../../../fhe/formats/secret-key.ts';
import { layout, N, P, Q } from '../../../fhe/params.ts';
import { ringP, ringQ } from '../../../fhe/ring.ts';
import { createStream, uniform } from '../../../fhe/sampler.ts';
import { generateSecretKey } from '../../../fhe/secret-key.ts';
import { topK } from '../../../fhe/top-k.ts';

const level = fc.constantFrom<Level>(0, 1);

/** Ciphertexts with uniform values, from a seed: fast-check would take seconds for 16,384 bigints. */
function ciphertexts(count: number, ofLevel: Level, seed: string): Ciphertext[] {
	const stream = createStream(Buffer.from(seed), 'test');
	return Array.from({ length: count }, () => {
		const [aq, bq] = [uniform(stream, Q), uniform(stream, Q)];
		if (ofLevel === 0) return { level: 0, a: { q: aq }, b: { q: bq } };
		return { level: 1, a: { q: aq, p: uniform(stream, P) }, b: { q: bq, p: uniform(stream, P) } };
	});
}

/** What a result is made from; small, so that a counterexample can be read. */
type Recipe = { rows: number; dimension: number; level: Level; seed: string };

const recipe: fc.Arbitrary<Recipe> = fc.record({
	rows: fc.integer({ min: 1, max: 3 * N }),
	dimension: fc.integer({ min: 32, max: 4096 }),
	level,
	seed: fc.string(),
});

const resultOf = ({ rows, dimension, level, seed }: Recipe): SearchResult => ({
	rows,
	dimension,
	level,
	chunks: ciphertexts(Math.ceil(rows / N), level, seed),
});

describe('round trips', () => {
	it('[FHE-5] results', () => {
		fc.assert(
			fc.property(recipe, of => {
				const result = resultOf(of);
				assert.deepEqual(parseResult(writeResult(result)), result);
				assert.equal(parseBlob(writeResult(result)).kind, 'result');
			}),
			{ numRuns: 12 },
		);
	});

	it('[FHE-5] score messages', () => {
		const parts = fc.array(fc.tuple(fc.nat(2 ** 32 - 1), recipe), { minLength: 1, maxLength: 3 });
		fc.assert(
			fc.property(fc.string({ maxLength: 60 }), parts, (id, list) => {
				const shards = list.map(([shard, of]) => ({ shard, result: resultOf(of) }));
				assert.deepEqual(parseBlob(writeScore({ id, shards })), { kind: 'score', id, shards });
			}),
			{ numRuns: 8 },
		);
	});

	it('[FHE-5] queries', () => {
		const encoding = fc.constantFrom('item' as const, 'query' as const);
		fc.assert(
			fc.property(encoding, fc.integer({ min: 32, max: 200 }), level, fc.string(), (encoding, dimension, level, seed) => {
				const query = { encoding, dimension, level, blocks: ciphertexts(layout(dimension).blocks, level, seed) };
				assert.deepEqual(parseQuery(writeQuery(query)), query);
				assert.equal(parseBlob(writeQuery(query)).kind, 'query');
			}),
			{ numRuns: 12 },
		);
	});

	it('[FHE-5] secret keys from any randomness', () => {
		fc.assert(
			fc.property(fc.uint8Array({ minLength: 1 }), seed => {
				using key = generateSecretKey(createStream(seed, 'test'));
				using again = parseSecretKey(writeSecretKey(key));
				assert.deepEqual(again.coefficients(), key.coefficients());
			}),
			{ numRuns: 20 },
		);
	});

	it('[FHE-5] sealed secrets and base64', () => {
		const kek = new Uint8Array(32).fill(7);
		fc.assert(
			fc.property(fc.uint8Array(), fc.string(), (secret, label) => {
				assert.deepEqual(new Uint8Array(openBytes(sealBytes(secret, kek, label), kek, label)), secret);
				assert.deepEqual(decodeBase64(encodeBase64(secret)), secret);
			}),
		);
	});

	it('the transform and its inverse', () => {
		fc.assert(
			fc.property(fc.string(), fc.constantFrom(ringQ, ringP), (seed, ring) => {
				const x = uniform(createStream(Buffer.from(seed), 'ring'), ring.modulus);
				const y = x.slice();
				ring.forward(y);
				ring.inverse(y);
				assert.deepEqual(y, x);
			}),
			{ numRuns: 20 },
		);
	});

	it('[FHE-14] the top k are what a stable sort of everything begins with', () => {
		const score = fc.integer({ min: -4, max: 4 }).map(x => x / 4);
		const scores = fc.array(score, { maxLength: 20 }).map(list => Float32Array.from(list));
		const shards = fc.array(
			fc.tuple(fc.nat(200), scores).map(([shard, scores]) => ({ shard, scores })),
			{ maxLength: 4 },
		);
		fc.assert(
			fc.property(shards, fc.nat(30), (list, k) => {
				const all = list.flatMap(({ shard, scores }) => [...scores].map((score, row_idx) => ({ shard_idx: shard, row_idx, score })));
				const sorted = all.map((hit, index) => ({ index, ...hit })).sort((a, b) => b.score - a.score);
				assert.deepEqual(topK(list, k), sorted.slice(0, k));
			}),
		);
	});
});
