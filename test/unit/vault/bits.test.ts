import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Answer, answerBits, widest } from '../../../vault/ledger/bits.ts';

const KEY_BITS = 6490;
const answer = (over: Partial<Answer>): Answer => ({ returned: 10, candidates: 4096, range: 'level1', ...over });
const noise = { signal: 8e-5, smudge: 1e-3 };

describe('bits of an answer', () => {
	it('[VLT-90] are at least what the attacks of this repository learn from one', () => {
		// Calls that the whole key takes, by what the answer shows: test/attack.
		const attacks: [number, Answer][] = [
			[26, answer({ candidates: 10 })],
			[41, answer({ candidates: 10, range: 'level0' })],
			[28, answer({ candidates: 10 * 32, range: 'coordinate' })],
			[59, answer({ candidates: 94 * 4096, range: 'level0' })],
		];
		for (const [calls, shown] of attacks) assert.ok(answerBits(shown) >= KEY_BITS / calls, `${calls} calls`);
	});

	it('[VLT-90] of ten scores that come in no order are those of ten scores', () => {
		const four = answerBits(answer({ candidates: 10, range: 'clamped' }));
		assert.ok(Math.abs(four - 10 * Math.log2(20_001)) < 0.01, String(four));
	});

	it('[VLT-90] are none for no row, and grow with rows, choice and range', () => {
		assert.equal(answerBits(answer({ returned: 0 })), 0);
		for (const noisy of [undefined, noise]) {
			for (const [less, more] of [
				[answer({ returned: 1 }), answer({ returned: 2 })],
				[answer({ candidates: 100 }), answer({ candidates: 10_000 })],
			] as const) {
				assert.ok(answerBits(less, noisy) < answerBits(more, noisy));
			}
		}
		const ranges = ['clamped', 'level0', 'level1', 'coordinate'] as const;
		const bits = ranges.map(range => answerBits(answer({ range })));
		assert.deepEqual(
			bits,
			bits.toSorted((a, b) => a - b),
		);
		assert.equal(widest(['clamped', 'coordinate', 'level0']), 'coordinate');
	});

	it('[VLT-90] with noise are no less than what a noisy channel carries, and never more than without', () => {
		for (const ratio of [0.01, 0.1, 1, 10, 1000]) {
			const bits = answerBits(answer({ candidates: 10, range: 'clamped' }), { signal: ratio * 1e-3, smudge: 1e-3 });
			const shannon = 10 * 0.5 * Math.log2(1 + ratio ** 2);
			const without = answerBits(answer({ candidates: 10, range: 'clamped' }));
			assert.ok(bits <= without);
			assert.ok(bits >= Math.min(shannon, without), `${ratio}: ${bits} < ${shannon}`);
		}
		assert.equal(answerBits(answer({}), { signal: 1e-4, smudge: 0 }), answerBits(answer({})));
	});

	it('[VLT-90] with noise are no less than the mean square of chosen noise allows, at any share that is chosen', () => {
		for (const candidates of [10, 20, 100, 4032, 379_008]) {
			const chosen = meanSquareOfBest(10 / candidates);
			const bits = answerBits(answer({ candidates, range: 'clamped' }), { signal: 1e-6, smudge: 1e-3 });
			assert.ok(bits >= (10 * chosen * 1e-6) / (2 * Math.LN2) - 1e-9, `${candidates}: ${bits}`);
		}
	});
});

/** E[x² | x among the best `share` of a normal distribution], by numbers. */
function meanSquareOfBest(share: number): number {
	let [weight, square] = [0, 0];
	const step = 1e-3;
	for (let x = 8; x > -8 && weight < share; x -= step) {
		const density = (Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI)) * step;
		weight += density;
		square += density * x * x;
	}
	return square / weight;
}
