import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { axisEnd, histogram, renderFigure, ticks } from '../../chaos/figure.ts';
import { CASES } from '../../chaos/targets.ts';
import { caseOf, run } from './builders.ts';

/** Whether every element is closed in order, and text holds no bare `<` or `&`. */
function isWellFormed(xml: string): boolean {
	const open: string[] = [];
	const rest = xml.replace(/<(\/?)([a-z]+)((?:\s[\w:-]+="[^"<]*")*)\s*(\/?)>/gi, (_, closes: string, name: string, __, isEmpty: string) => {
		if (closes === '' && isEmpty === '') open.push(name);
		if (closes !== '' && open.pop() !== name) open.push('mismatch');
		return '';
	});
	return open.length === 0 && !/[<]|&(?!(amp|lt|gt);)/.test(rest);
}

describe('chaos figure', () => {
	it('is well-formed, with a panel for each case and a line for each promised time', () => {
		const cases = CASES.map(name => caseOf(name, run(0.3), run(1.5), run(12)));
		const svg = renderFigure({ cases, nodes: 3, lanes: 4 });
		assert.ok(isWellFormed(svg));
		for (const name of CASES) assert.ok(svg.includes(`>${name}</text>`));
		assert.equal(svg.match(/class="promise"/g)?.length, 6);
	});

	it('of nothing is well-formed too', () => assert.ok(isWellFormed(renderFigure({ cases: [], nodes: 3, lanes: 4 }))));

	it('counts every value once, those beyond the end in the last bin', () => {
		assert.deepEqual(histogram([0, 0.9, 1, 5, 10, 99], 10, 10), [2, 1, 0, 0, 0, 1, 0, 0, 0, 2]);
	});

	for (const [value, end] of [
		[0, 0.1],
		[0.4, 0.5],
		[2, 2.5],
		[21, 25],
		[25, 30],
		[95, 150],
	] as const) {
		it(`an axis for ${value} ends at ${end}`, () => assert.equal(Number(axisEnd(value).toFixed(6)), end));
	}

	it('has round numbers below its axis', () => {
		assert.deepEqual(ticks(25), [0, 5, 10, 15, 20, 25]);
		assert.deepEqual(ticks(1.5), [0, 0.5, 1, 1.5]);
		assert.deepEqual(ticks(0.4), [0, 0.1, 0.2, 0.3, 0.4]);
		assert.deepEqual(ticks(8), [0, 2, 4, 6, 8]);
	});
});
