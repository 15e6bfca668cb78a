import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { summarize } from '../../chaos/client/answers.ts';
import { assertUndisturbed, DisturbedError, undisturbed } from '../../chaos/undisturbed.ts';

const call = { startedAt: 0, endedAt: 5 };
const calm = summarize([{ ...call, outcome: 'ok' }], { from: 0, to: 5 });
const busy = summarize([{ ...call, outcome: 'timeout', retry: 'ok' }], { from: 0, to: 5 });

describe('a round beside a control', () => {
	const play = async (summaries: (typeof calm)[]) => {
		const said: string[] = [];
		let rounds = 0;
		const round = async () => assertUndisturbed(summaries[rounds++] ?? calm);
		await undisturbed(round, line => said.push(line));
		return { rounds, said };
	};

	it('counts when no call of the control failed', async () => {
		assert.deepEqual(await play([calm]), { rounds: 1, said: [] });
	});

	it('is done once more when one did, and says how it failed', async () => {
		const { rounds, said } = await play([busy, busy, calm]);
		assert.equal(rounds, 3);
		assert.match(said[0] ?? '', /1 of 1 calls .* \(timeout, then ok\)/);
	});

	it('is given up when the machine does not come to rest, and at once after any other error', async () => {
		await assert.rejects(play([busy, busy, busy, calm]), DisturbedError);
		let rounds = 0;
		const fail = async () => {
			rounds++;
			throw new Error('not whole');
		};
		await assert.rejects(undisturbed(fail, assert.fail), /not whole/);
		assert.equal(rounds, 1);
	});
});
