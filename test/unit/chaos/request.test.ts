import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge } from '../../chaos/client/request.ts';
import { readOptions } from '../../chaos/options.ts';
import { CASES } from '../../chaos/targets.ts';

const rows = [{ index: 1, shard_idx: 0, row_idx: 1, score: 0.25 }];
const answer = (results: unknown) => JSON.stringify({ jsonrpc: '2.0', id: 1, result: { structuredContent: { results, epoch: 4 } } });

describe('an answer', () => {
	for (const [what, status, text, expected] of [
		['with the expected rows', 200, answer(rows), { outcome: 'ok', epoch: 4 }],
		['with other rows', 200, answer([]), { outcome: 'wrong', epoch: 4 }],
		['401', 401, '', { outcome: 'unauthorized' }],
		['503', 503, 'no', { outcome: 'refused', code: '503' }],
		['that is a tool error', 200, '{"result":{"isError":true}}', { outcome: 'refused', code: 'tool error' }],
		['that is no JSON', 200, '<html>', { outcome: 'refused', code: 'tool error' }],
	] as const) {
		it(`${what} is ${expected.outcome}`, () => assert.deepEqual(judge(status, text, JSON.stringify(rows)), expected));
	}
});

describe('options of make chaos', () => {
	it('have defaults', () => {
		assert.deepEqual(readOptions({}), { runs: 4, lanes: 4, cases: CASES, isAppending: false, isKeeping: false });
	});
	it('are read from the environment', () => {
		const options = readOptions({ RUNS: '200', LANES: '2', CASES: 'kill, hang', APPEND: '1', KEEP: '1' });
		assert.deepEqual(options, { runs: 200, lanes: 2, cases: ['kill', 'hang'], isAppending: true, isKeeping: true });
	});
	for (const [name, value] of [
		['RUNS', '0'],
		['RUNS', 'many'],
		['LANES', '10'],
		['CASES', 'kill,flood'],
	] as const) {
		it(`refuse ${name}=${value} by name`, () => assert.throws(() => readOptions({ [name]: value }), new RegExp(name)));
	}
});
