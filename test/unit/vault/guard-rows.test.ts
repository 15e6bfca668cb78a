/** The guard and the noise by themselves: pure, over scores that nobody had to decrypt. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { N } from '../../../fhe/params.ts';
import { ringQ } from '../../../fhe/ring.ts';
import { guardBound } from '../../../vault/protect/guard.ts';
import { areGuarded, haveGuardRows } from '../../../vault/protect/shards.ts';
import { clampScore, smudge, smudgeKey } from '../../../vault/protect/smudge.ts';
import type { DecryptedShard } from '../../../vault/shards.ts';

const DIMENSION = 1024;
const GROUP = 128;
const options = { dimension: DIMENSION, guardRows: 16, smudge: 0 };

/** Rows of memory around 0.3, guard rows as told. */
function shard(rows: number, guard: (row: number) => number, change: Partial<DecryptedShard> = {}): DecryptedShard {
	const scores = Float32Array.from({ length: rows }, (_, row) => (row % GROUP < 16 ? guard(row) : 0.3));
	return { shard: 0, scores, dimension: DIMENSION, ciphertexts: [], range: 'level0', ...change };
}

describe('the guard', () => {
	const bound = guardBound(DIMENSION);

	it('[VLT-70] takes noise up to its bound in each group, whatever memories score', () => {
		assert.ok(areGuarded([shard(N, () => bound * 0.999)], options));
		assert.ok(areGuarded([shard(N, row => (row % 2 === 0 ? bound : -bound) * 0.999)], options));
		assert.ok(areGuarded([shard(1, () => 0)], options), 'guard rows alone have nothing to answer with');
	});

	for (const [name, made] of [
		['every group', shard(N, () => bound * 1.001)],
		['the first group only', shard(N, row => (row < GROUP ? bound * 1.001 : 0))],
		['the last group only', shard(N, row => (row >= N - GROUP ? bound * 1.001 : 0))],
		['one row, four times as far', shard(N, row => (row === 5 * GROUP + 15 ? -bound * 4.001 : 0))],
		['a group that has begun', shard(GROUP + 3, row => (row >= GROUP ? bound * 2.4 : 0))],
		['a row that is no number', shard(N, row => (row === 3 ? Number.NaN : 0))],
		['a shard of a single row', shard(1, () => 1)],
		['another dimension', shard(N, () => 0, { dimension: 4096 })],
		['coordinates of a vector', shard(N, () => 0, { range: 'coordinate' })],
	] as const) {
		it(`[VLT-70] refuses ${name}`, () => assert.ok(!areGuarded([made], options)));
	}

	it('[VLT-70] raises no alarm for what can have no guard rows', () => {
		assert.ok(haveGuardRows([shard(N, () => 1)], options));
		assert.ok(!haveGuardRows([shard(N, () => 1, { range: 'coordinate' })], options));
		assert.ok(!haveGuardRows([shard(N, () => 1, { dimension: 4096 })], options));
	});

	it('[VLT-70] one bad shard among good ones', () => {
		const good = shard(N, () => 0);
		assert.ok(areGuarded([good, good], options));
		assert.ok(!areGuarded([good, shard(N, () => 1), good], options));
	});

	it('[VLT-70] has its bound at 2.4 deviations of honest noise: 3.46e-5 for 128 rows a group, 2.44e-5 for 64', () => {
		assert.ok(Math.abs(bound - 3.46e-5) < 1e-7);
		assert.ok(Math.abs(guardBound(4096) - 2.44e-5) < 1e-7);
	});
});

describe('the noise', () => {
	const key = smudgeKey(Buffer.alloc(32, 7), 'sha256:00');
	const ciphertext = (seed: number) => ({ level: 0 as const, a: { q: ringQ.transform([seed]) }, b: { q: ringQ.transform([1]) } });
	const noisy = (change: Partial<DecryptedShard> = {}, with_: Uint8Array = key, deviation = 1e-3) => {
		const made = { ...shard(N, () => 0.3, { ciphertexts: [ciphertext(1)] }), ...change };
		made.scores = made.scores.slice();
		smudge(made, with_, deviation);
		return made.scores;
	};
	const spread = (scores: Float32Array) => Math.sqrt(scores.reduce((sum, score) => sum + (score - 0.3) ** 2, 0) / scores.length);

	it('[VLT-71] is the same for the same ciphertext and key, in whatever shard it comes', () => {
		assert.deepEqual(noisy(), noisy());
		assert.deepEqual(noisy({ shard: 7 }), noisy());
		assert.deepEqual(noisy({ scores: new Float32Array(100).fill(0.3) }), noisy().subarray(0, 100));
	});

	it('[VLT-71] is another one for another ciphertext, and for another key', () => {
		assert.notDeepEqual(noisy({ ciphertexts: [ciphertext(2)] }), noisy());
		assert.notDeepEqual(noisy({}, smudgeKey(Buffer.alloc(32, 8), 'sha256:00')), noisy());
		assert.notDeepEqual(noisy({}, smudgeKey(Buffer.alloc(32, 7), 'sha256:01')), noisy());
	});

	it('[VLT-71] has the deviation asked for and the tails of a Laplace distribution', () => {
		for (const deviation of [1e-4, 1e-3, 1e-2]) {
			const scores = noisy({}, key, deviation);
			assert.ok(Math.abs(spread(scores) / deviation - 1) < 0.1);
			const far = scores.filter(score => Math.abs(score - 0.3) > 2 * deviation).length / N;
			// e^(−2·√2) = 5.9 %; a Gaussian has 4.6.
			assert.ok(far > 0.05 && far < 0.07, `${far}`);
		}
	});

	it('[VLT-71] of deviation 0 is none', () => assert.deepEqual(noisy({}, key, 0), shard(N, () => 0.3).scores));

	it('[VLT-72] scores leave within ±1, with four decimals and no negative zero', () => {
		assert.deepEqual([1.2, -4, 0.123449, Number.POSITIVE_INFINITY].map(clampScore), [1, -1, 0.1234, 1]);
		assert.ok(Object.is(clampScore(-0.00001), 0));
	});
});
