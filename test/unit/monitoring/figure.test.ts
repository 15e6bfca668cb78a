import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inUnit, pathOf, renderDashboard } from '../../monitoring/figure.ts';

describe('the drawn dashboard', () => {
	const one = (y: number) => y;

	it('[MON-8] breaks a line where there is no value', () =>
		assert.equal(
			pathOf(
				[
					[0, 1],
					[1, 2],
					[2, Number.NaN],
					[3, 4],
				],
				one,
				one,
			),
			'M0.0 1.0L1.0 2.0M3.0 4.0',
		));

	it('[MON-8] tells values in the unit of the panel', () => {
		for (const [value, unit, text] of [
			[0.05, 'percentunit', '5 %'],
			[2, 'bytes', '2 MiB'],
			[0.0123, 's', '12.3 ms'],
			[2, 'reqps', '2/s'],
			[3, 'short', '3'],
		] as const)
			assert.equal(inUnit(value, unit), text);
	});

	it('[MON-8] draws every panel, also one without values, and escapes what it writes', () => {
		const points: [number, number][] = [
			[0, 0],
			[10, -1],
		];
		const svg = renderDashboard({
			title: 'A & B',
			start: 0,
			end: 10,
			panels: [
				{ title: '<first>', unit: 'short', series: [{ name: 'x', points }] },
				{ title: 'second', unit: 's', series: [] },
			],
		});
		assert.match(svg, /<title>A &amp; B<\/title>/);
		assert.match(svg, />&lt;first&gt;</);
		assert.equal(svg.match(/<path /g)?.length, 1);
		assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
	});
});
