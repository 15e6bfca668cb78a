import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createDecryptor } from '../../../fhe/decrypt.ts';
import { type Blob, parseBlob } from '../../../fhe/formats/blob.ts';
import { openSealedSecretKey } from '../../../fhe/formats/sealed.ts';
import { layout, N, Q, rowCoefficient } from '../../../fhe/params.ts';
import { type Polynomial, ringP, ringQ } from '../../../fhe/ring.ts';
import { loadSeal } from '../../../fhe/seal.ts';
import { topK } from '../../../fhe/top-k.ts';
import { file, floats, json, kek, secretKey } from './vectors.ts';

const seal = await loadSeal();
const decryptor = createDecryptor(seal, secretKey());
after(() => decryptor[Symbol.dispose]());

function blob<K extends Blob['kind']>(name: string, kind: K): Extract<Blob, { kind: K }> {
	const parsed = parseBlob(file(name));
	assert.equal(parsed.kind, kind);
	return parsed as Extract<Blob, { kind: K }>;
}

describe("the vendor's results", () => {
	for (const [i, what] of [
		'10 rows',
		'1,000 rows',
		'4,096 rows of dimension 2048',
		'777 rows at level 1',
		'4,096 rows of dimension 384',
	].entries()) {
		it(`[FHE-1] ${what}: every float32 is the vendor's`, () => {
			const { result } = blob(`result-${i}.bin`, 'result');
			assert.deepEqual(decryptor.scores(result), floats(`result-${i}.f32`));
		});
	}

	it('[FHE-1][FHE-4] a result under the sealed key', () => {
		using key = openSealedSecretKey(file('sealed/SecKey_sealed.bin'), kek());
		using sealed = createDecryptor(seal, key);
		assert.deepEqual(sealed.scores(blob('sealed/result.bin', 'result').result), floats('sealed/result.f32'));
	});

	it('[FHE-6] a decryptor outlives the key it was made from', () => {
		const key = secretKey();
		using lasting = createDecryptor(seal, key);
		key[Symbol.dispose]();
		assert.deepEqual(lasting.scores(blob('result-0.bin', 'result').result), floats('result-0.f32'));
	});
});

describe("the vendor's score messages", () => {
	for (const name of ['score-single', 'score-sharded']) {
		it(`[FHE-2] ${name}: the same ten rows, shards and scores`, () => {
			const { shards } = blob(`${name}.pb`, 'score');
			const hits = topK(
				shards.map(({ shard, result }) => ({ shard, scores: decryptor.scores(result) })),
				10,
			);
			assert.deepEqual(
				hits.map(({ index: _, ...hit }) => hit),
				json(`${name}.top10.json`),
			);
		});
	}
});

describe("the vendor's vectors", () => {
	for (const dimension of [384, 1024]) {
		it(`[FHE-3] dimension ${dimension}: every coordinate`, () => {
			const { query } = blob(`query-${dimension}.bin`, 'query');
			assert.equal(query.dimension, dimension);
			assert.deepEqual(decryptor.coordinates(query), floats(`query-${dimension}.f32`));
		});
	}
});

describe('packing', () => {
	/** The same result with every polynomial as coefficients. */
	const asCoefficients = (name: string) => {
		const { result } = blob(name, 'result');
		for (const { a, b, level } of result.chunks) {
			for (const { q } of [a, b]) ringQ.inverse(q);
			if (level === 1) for (const { p } of [a, b]) ringP.inverse(p);
		}
		return result;
	};

	for (const [name, level] of [
		['result-2', 0],
		['result-3', 1],
	] as const) {
		it(`[FHE-15] coefficient form at level ${level}: row k is coefficient k`, () => {
			const result = asCoefficients(`${name}.bin`);
			const expected = floats(`${name}.f32`);
			const inOrder = decryptor.scores({ ...result, rows: N }, 'MM');
			const shape = layout(result.dimension);
			assert.deepEqual(
				expected.map((_, row) => inOrder[rowCoefficient(row, shape)] ?? Number.NaN),
				expected,
			);
		});
	}
});

describe('extreme ciphertexts', () => {
	const constant = (value: bigint): Polynomial => new BigUint64Array(N).fill(value);
	for (const [name, a, b] of [
		['all zero', 0n, 0n],
		['transparent', 0n, 1n],
		['a probe of the key', 1n, 0n],
		['all q − 1', Q - 1n, Q - 1n],
	] as const) {
		it(`[FHE-13] ${name}: scores in both packings, no exception`, () => {
			const result = { rows: N, dimension: 1024, level: 0, chunks: [{ level: 0, a: { q: constant(a) }, b: { q: constant(b) } }] } as const;
			for (const packing of ['RMP', 'MM'] as const)
				assert.ok(decryptor.scores({ ...result, chunks: [...result.chunks] }, packing).every(Number.isFinite));
		});
	}
});
