import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { missingPackages } from '../../cluster/packages.ts';
import { createProgress, seconds } from '../../cluster/progress.ts';
import { renderTable } from '../../cluster/table.ts';

describe('progress', () => {
	it('tells how long a step may take, that it goes on, and how long it took', async t => {
		t.mock.timers.enable({ apis: ['setInterval'] });
		const lines: string[] = [];
		let clock = 0;
		const progress = createProgress(
			line => lines.push(line),
			() => clock,
		);
		const step = progress.step(
			'build',
			async () => {
				clock = 10_000;
				t.mock.timers.tick(10_000);
				clock = 12_000;
			},
			'some minutes',
		);
		await step;
		assert.deepEqual(lines, ['[  0.0 s] build: some minutes', '[   10 s] build: still at it after 10 s', '[   12 s] build: 12 s']);
	});

	for (const [milliseconds, text] of [
		[400, '0.4 s'],
		[9_990, '10 s'],
		[75_400, '75 s'],
		[724_000, '12 min 4 s'],
	] as const) {
		it(`writes ${milliseconds} ms as ${text}`, () => assert.equal(seconds(milliseconds), text));
	}
});

describe('missing packages', () => {
	it('are named once each', () =>
		assert.deepEqual(
			missingPackages(name => name !== 'ctr' && name !== 'containerd' && name !== 'ip'),
			['containerd', 'iproute2'],
		));

	it('are none when all is there', () =>
		assert.deepEqual(
			missingPackages(() => true),
			[],
		));
});

describe('a table', () => {
	it('aligns its columns and trims its lines', () => {
		assert.equal(
			renderTable(
				['A', 'LONG'],
				[
					['one', 'x'],
					['b', ''],
				],
			),
			'A    LONG\none  x\nb',
		);
	});
});
