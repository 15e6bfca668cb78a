/**
 * The operator killed at every of its calls, in creation, failover, rollout and token rotation: a new one must end where one that was never
 * killed ends. A kill comes after the API server has done the call and before the operator hears of it, or before a write is sent.
 *
 * There are hundreds of such points: `make crash` tries them all, `make test` some of them.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { playsOn } from './crash-plays.ts';
import { everyCrashPoint, isComplete, type Play } from './crash-points.ts';
import { World } from './fixture.ts';

let world: World;
let plays: ReturnType<typeof playsOn>;
const over = new AbortController();
before(async () => {
	world = await World.start();
	plays = playsOn(world, over.signal);
});
after(async () => {
	over.abort();
	await plays?.end().finally(() => world.stop());
});

/** @param least how many points there are at least. */
async function everyPoint(t: TestContext, play: Play, least: number): Promise<void> {
	const { points, writes, seconds } = await everyCrashPoint(play);
	t.diagnostic(`${points} crash points, ${writes} of them before a write was sent, in ${seconds.toFixed(0)} s`);
	assert.ok(!isComplete || points >= least, `only ${points} crash points`);
	assert.ok(points > 0);
}

describe('an operator killed at any of its calls', () => {
	it('[OPR-19] [OPR-50] creates the same, with one key', t => everyPoint(t, plays.create, 60));
	it('[OPR-12] [OPR-19] [OPR-50] rotates a token the same', t => everyPoint(t, plays.rotate, 10));
	it('[OPR-50] has another primary, one epoch further, when the pod of the first is deleted', t => everyPoint(t, plays.deleted, 15));
	it('[OPR-50] has another primary, one epoch further, when the first falls silent', t => everyPoint(t, plays.silent, 15));
	it('[OPR-50] has another primary also when killed while it takes over', t => everyPoint(t, plays.takeover, 30));
	it('[OPR-50] replaces three pods, one away at a time, with one switchover', t => everyPoint(t, plays.rollout, 30));
	it('[OPR-19] [OPR-40] [OPR-41] [OPR-50] rotates a token with an overlap the same, and refuses no current token meanwhile', t =>
		everyPoint(t, plays.rotateGently, 15));
});
