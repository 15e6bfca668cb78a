import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Call, longestGap, refusalOf, rises, summarize } from '../../chaos/client/answers.ts';

const call = (endedAt: number, change: Partial<Call> = {}): Call => ({
	startedAt: endedAt - 5,
	endedAt,
	outcome: 'ok',
	epoch: 1,
	...change,
});
const window = { from: 0, to: 1000 };

describe('summary of calls', () => {
	it('measures the longest time between two answers, in the order in which they came', () => {
		const calls = [call(20), call(700), call(300), call(500, { outcome: 'timeout', retry: 'ok' }), call(980)];
		assert.equal(summarize(calls, window).gapMilliseconds, 400);
	});

	it('counts silence from the beginning and to the end of the window', () => {
		assert.equal(summarize([call(900)], window).gapMilliseconds, 900);
		assert.equal(summarize([call(100)], window).gapMilliseconds, 900);
		assert.equal(summarize([], window).gapMilliseconds, 1000);
	});

	it('counts failed calls, and those whose retry failed too', () => {
		const calls = [
			call(20),
			call(40, { outcome: 'connection', code: 'ECONNREFUSED', retry: 'ok' }),
			call(60, { outcome: 'timeout', retry: 'connection' }),
			call(80, { outcome: 'unauthorized', retry: 'unauthorized' }),
		];
		const { failures, ...summary } = summarize(calls, window);
		assert.deepEqual([summary.calls, summary.failedCalls, summary.failedAfterRetry, summary.unauthorized], [4, 3, 2, 1]);
		assert.deepEqual(failures, { 'ECONNREFUSED, then ok': 1, 'timeout, then connection': 1, 'unauthorized, then unauthorized': 1 });
	});

	it('counts a wrong answer as failed, and a wrong answer to a retry as wrong', () => {
		const { wrongAnswers, failedCalls } = summarize(
			[call(20, { outcome: 'wrong' }), call(40, { outcome: 'timeout', retry: 'wrong' })],
			window,
		);
		assert.deepEqual([wrongAnswers, failedCalls], [2, 2]);
	});

	it('leaves the refusal of a token out that its client has replaced since', () => {
		const { calls, unauthorized, staleRefusals } = summarize([call(20, { outcome: 'unauthorized', hasOldToken: true }), call(40)], window);
		assert.deepEqual([calls, unauthorized, staleRefusals], [1, 0, 1]);
	});

	it('counts changes of epoch through a mix of old and new answers', () => {
		assert.equal(rises([3, 3, 4, 3, 4, 6]), 2);
		assert.equal(rises([]), 0);
	});

	it('of no times there is no gap', () => assert.equal(longestGap([]), 0));
});

describe('refusal of an old token', () => {
	const refused = { outcome: 'unauthorized' } as const;

	it('is complete when only early calls were answered', () => {
		const calls = [call(105), call(1105), call(2105, refused), call(5005, refused)];
		assert.deepEqual(refusalOf(calls, 100, 2000), { lateAnswers: 0, lastAnswerMilliseconds: 1000 });
	});

	it('counts what was answered later than the limit', () => {
		assert.deepEqual(refusalOf([call(105), call(3105)], 100, 2000), { lateAnswers: 1, lastAnswerMilliseconds: 3000 });
	});

	it('began before the mark where nothing was answered after it', () => {
		assert.deepEqual(refusalOf([call(50), call(205, refused)], 100, 2000), { lateAnswers: 0, lastAnswerMilliseconds: 0 });
	});
});
