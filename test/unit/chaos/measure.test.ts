import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { measure, planRounds } from '../../chaos/measure.ts';
import type { Report, Run } from '../../chaos/report.ts';
import { emptyReport, run } from './builders.ts';

const plan = planRounds(['kill'], 4, () => 1);

/** Measures with rounds that give a run, or fail where it says so. */
async function measured(outcomes: readonly (Run | Error)[]) {
	const [kept, said]: [Report[], string[]] = [[], []];
	const round = async (_: string, at: number): Promise<Run[]> => {
		const outcome = outcomes[at];
		if (outcome instanceof Error) throw outcome;
		return outcome === undefined ? [] : [outcome];
	};
	const keep = async (report: Report) => void kept.push(report);
	const result = await measure({ round }, plan, emptyReport, keep, line => said.push(line));
	return { ...result, kept, said };
}

describe('a measurement', () => {
	it('has as many rounds as give the runs asked for', () => {
		const rounds = planRounds(['graceful', 'hang'], 5, name => (name === 'hang' ? 4 : 2));
		assert.deepEqual(
			rounds.map(({ name, round, rounds: all }) => `${name} ${round + 1}/${all}`),
			['graceful 1/3', 'graceful 2/3', 'graceful 3/3', 'hang 1/2', 'hang 2/2'],
		);
	});

	it('keeps the report after each round', async () => {
		const { report, lost, kept } = await measured([run(1), run(2), run(3), run(4)]);
		assert.deepEqual(report.cases[0]?.samples, [1, 2, 3, 4]);
		assert.deepEqual(
			kept.map(each => each.cases[0]?.runs),
			[1, 2, 3, 4],
		);
		assert.equal(lost, 0);
	});

	it('goes on after a round that could not be done, and tells why', async () => {
		const { report, lost, said } = await measured([
			run(1),
			new Error('no', { cause: new Error('reason') }),
			run(3),
			run(4, { isClosed: false }),
		]);
		assert.deepEqual([report.cases[0]?.runs, lost], [3, 1]);
		assert.match(said[1] ?? '', /kill 2\/4: not done: no: reason/);
		assert.match(said[3] ?? '', /4\.00 \(not whole again\)/);
	});

	it('gives up after three in a row', async () => {
		await assert.rejects(measured([run(1), new Error('a'), new Error('b'), new Error('c')]), /^Error: c$/);
	});
});
