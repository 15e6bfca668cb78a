import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Answer, answerBits, widest } from '../../../vault/ledger/bits.ts';

const KEY_BITS = 6490;
const answer = (over: Partial<Answer>): Answer => ({ returned: 10, candidates: 4096, range: 'level1', ...over });
const noise = { signal: 8e-5, smudge: 1e-3, leverage: 1 };

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
		for (const noisy of [undefined, noise])
			assert.ok(answerBits(answer({ returned: 1 }), noisy) < answerBits(answer({ returned: 2 }), noisy));
		assert.ok(answerBits(answer({ candidates: 100 })) < answerBits(answer({ candidates: 10_000 })));
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
			const bits = answerBits(answer({ candidates: 10, range: 'clamped' }), { signal: ratio * 1e-3, smudge: 1e-3, leverage: 1 });
			const shannon = 10 * 0.5 * Math.log2(1 + ratio ** 2);
			const without = answerBits(answer({ candidates: 10, range: 'clamped' }));
			assert.ok(bits <= without);
			assert.ok(bits >= Math.min(shannon, without), `${ratio}: ${bits} < ${shannon}`);
		}
		assert.equal(answerBits(answer({}), { signal: 1e-4, smudge: 0, leverage: 1 }), answerBits(answer({})));
	});

	it('[VLT-90] with noise are no less than what is told of rows that are level, at any share of them that is chosen', () => {
		const odds = (Math.SQRT2 * 1e-6) / 1e-3;
		for (const share of [0.001, 0.1, 0.3, 0.5, 0.7, 0.9]) {
			// Above its middle a Laplace distribution falls by e^x when it is moved by x, below it the rest does.
			const information = share <= 0.5 ? share / (1 - share) : (1 - share) / share;
			const learned = ((10 / share) * information * odds ** 2) / (2 * Math.LN2);
			const bits = answerBits(answer({ candidates: Math.round(10 / share), range: 'clamped' }), {
				signal: 1e-6,
				smudge: 1e-3,
				leverage: 1,
			});
			assert.ok(bits >= learned - 1e-9, `${share}: ${bits}`);
		}
	});

	it('[VLT-78] with noise are charged once for each guard row that a group has rows for', () => {
		const once = answerBits(answer({ range: 'clamped' }), noise);
		const eightfold = answerBits(answer({ range: 'clamped' }), { ...noise, leverage: 8 });
		assert.ok(Math.abs(eightfold - 8 * once) < 0.01);
	});
});
