import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quantile, watchGap } from '../../demo/measure.ts';

describe('quantile', () => {
	const values = [5, 1, 4, 2, 3];
	for (const [q, expected] of [
		[0, 1],
		[0.5, 3],
		[0.95, 5],
		[1, 5],
	] as const) {
		it(`of ${q} over 1…5 is ${expected}`, () => assert.equal(quantile(values, q), expected));
	}
	it('of no values is refused', () => assert.throws(() => quantile([], 0.5), RangeError));
});

describe('watchGap', () => {
	it('counts failed calls and measures the longest time without an answer', async () => {
		let isDown = false;
		const call = async () => {
			if (isDown) throw new Error('down');
		};
		const outage = async () => {
			isDown = true;
			await new Promise(resolve => setTimeout(resolve, 60));
			isDown = false;
		};
		const seen = await watchGap(call, outage, 1, 5_000);
		assert.ok(seen.failed > 0);
		assert.ok(seen.gapMilliseconds >= 50);
	});

	it('gives up when no answer comes any more', async () => {
		const dead = () => Promise.reject(new Error('dead'));
		await assert.rejects(
			watchGap(dead, async () => undefined, 1, 50),
			/no answer/,
		);
	});
});
