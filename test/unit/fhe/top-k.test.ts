import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { topK } from '../../../fhe/top-k.ts';

const shard = (number: number, ...scores: number[]) => ({ shard: number, scores: Float32Array.from(scores) });

describe('topK', () => {
	it('[FHE-14] ranks over all shards and counts rows through them', () => {
		assert.deepEqual(topK([shard(7, 0.25, 0.75), shard(3, 1, 0.5)], 3), [
			{ index: 2, shard_idx: 3, row_idx: 0, score: 1 },
			{ index: 1, shard_idx: 7, row_idx: 1, score: 0.75 },
			{ index: 3, shard_idx: 3, row_idx: 1, score: 0.5 },
		]);
	});

	it('[FHE-14] keeps shard order, then row order, among equal scores', () => {
		const hits = topK([shard(9, 0.5, 0.5), shard(1, 0.5, 0.5)], 3);
		assert.deepEqual(
			hits.map(hit => [hit.shard_idx, hit.row_idx]),
			[
				[9, 0],
				[9, 1],
				[1, 0],
			],
		);
	});

	it('gives what there is when k is larger, and nothing for k = 0 or no rows', () => {
		assert.equal(topK([shard(0, 1, 2)], 10).length, 2);
		assert.deepEqual(topK([shard(0, 1, 2)], 0), []);
		assert.deepEqual(topK([], 5), []);
	});

	it('agrees with a stable sort', () => {
		const scores = Array.from({ length: 500 }, (_, i) => ((i * 7919) % 97) / 97);
		const sorted = [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0)).slice(0, 50);
		assert.deepEqual(
			topK([shard(0, ...scores)], 50).map(hit => hit.index),
			sorted,
		);
	});

	it('ranks what is not a number last', () => {
		assert.deepEqual(
			topK([shard(0, Number.NaN, -1, 2)], 3).map(hit => hit.row_idx),
			[2, 1, 0],
		);
	});
});
