import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changesOf } from '../../../../../client/kubectl/plan/compare.ts';

describe('kubectl runevault plan: what applying an object changes of another', () => {
	for (const [what, live, before, after, expected] of [
		['nothing, when all we say is so', { a: 1, theirs: 2 }, { a: 1 }, { a: 1 }, []],
		['a field that differs', { a: 1 }, { a: 1 }, { a: 2 }, [['a', 1, 2]]],
		['a field that somebody has edited', { a: 9 }, { a: 1 }, { a: 1 }, [['a', 9, 1]]],
		['a field that is not there yet', {}, {}, { a: { b: 'x' } }, [['a.b', undefined, 'x']]],
		['a field that we say no more', { a: 1, b: 2 }, { a: 1, b: 2 }, { a: 1 }, [['b', 2, undefined]]],
		['no field that we say no more and that is gone already', { a: 1 }, { a: 1, b: 2 }, { a: 1 }, []],
		['what the API server filled in is no difference', { volume: { emptyDir: { medium: '' } } }, {}, { volume: { emptyDir: {} } }, []],
		['an empty object that is not there', {}, {}, { emptyDir: {} }, [['emptyDir', undefined, {}]]],
		['a list of plain values is one value', { args: ['a', 'b'] }, {}, { args: ['a'] }, [['args', ['a', 'b'], ['a']]]],
	] as const) {
		it(`[CLI-41] ${what}`, () => {
			assert.deepEqual(
				changesOf(live, before, after).map(({ path, from, to }) => [path, from, to]),
				expected,
			);
		});
	}

	it('[CLI-41] finds items of a list by what they are called, wherever they stand', () => {
		const live = { containers: [{ name: 'theirs' }, { name: 'vault', image: 'old', env: [{ name: 'A', value: '1' }] }] };
		const after = { containers: [{ name: 'vault', image: 'new', env: [{ name: 'B', value: '2' }] }] };
		const before = { containers: [{ name: 'vault', image: 'old', env: [{ name: 'A', value: '1' }] }] };
		assert.deepEqual(
			changesOf(live, before, after).map(({ path }) => path),
			[
				'containers[name=vault].image',
				'containers[name=vault].env[name=B].name',
				'containers[name=vault].env[name=B].value',
				'containers[name=vault].env[name=A].name',
				'containers[name=vault].env[name=A].value',
			],
		);
	});

	it('[CLI-41] looks into JSON documents of a ConfigMap, and into no other text', () => {
		const map = (limit: number) => ({ data: { 'config.json': JSON.stringify({ limits: { topK: limit } }), note: `{"a":${limit}}` } });
		assert.deepEqual(changesOf(map(1), map(1), map(2)), [
			{ path: 'data[config.json].limits.topK', from: 1, to: 2 },
			{ path: 'data.note', from: '{"a":1}', to: '{"a":2}' },
		]);
	});

	it('[CLI-41] takes a quantity in another spelling for the same, and only a quantity', () => {
		const live = { resources: { limits: { cpu: '500m', memory: '1Gi' } }, label: '1Gi' };
		const after = { resources: { limits: { cpu: 0.5, memory: '1024Mi' } }, label: '1024Mi' };
		assert.deepEqual(changesOf(live, live, after), [{ path: 'label', from: '1Gi', to: '1024Mi' }]);
		const more = { resources: { limits: { cpu: '501m' } } };
		assert.deepEqual(changesOf(live, {}, more), [{ path: 'resources.limits.cpu', from: '500m', to: '501m' }]);
	});
});
