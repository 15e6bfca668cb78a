import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createController, type Outcome } from '../../../kube/controller.ts';
import { priorities, Queue } from '../../../kube/queue.ts';
import { FakeClock, settle } from './fake-clock.ts';

const never = new AbortController().signal;

async function takeAll(queue: Queue): Promise<string[]> {
	const keys: string[] = [];
	while (queue.depth > 0) {
		const key = (await queue.take(never)) ?? '';
		keys.push(key);
		queue.done(key);
	}
	return keys;
}

describe('queue', () => {
	it('[KUB-13] higher priorities go first, equal ones in order of arrival, and a key moves up but not down', async () => {
		const queue = new Queue({ clock: new FakeClock() });
		queue.add('resync', { priority: priorities.resync });
		queue.add('first');
		queue.add('second');
		queue.add('moves up', { priority: priorities.resync });
		queue.add('moves up', { priority: priorities.urgent });
		queue.add('first', { priority: priorities.resync });
		assert.deepEqual(await takeAll(queue), ['moves up', 'first', 'second', 'resync']);
	});

	it('[KUB-13] closed, it forgets what waits for its time', async () => {
		const clock = new FakeClock();
		const queue = new Queue({ clock });
		queue.add('later', { afterMs: 5000 });
		queue.add('now');
		queue.close();
		await clock.advance(10_000);
		assert.deepEqual(await takeAll(queue), ['now']);
	});

	it('[KUB-13] of several delays the earliest wins, and now beats all', async () => {
		const clock = new FakeClock();
		const queue = new Queue({ clock });
		queue.add('a', { afterMs: 5000 });
		queue.add('a', { afterMs: 2000 });
		queue.add('a', { afterMs: 9000 });
		await clock.advance(1999);
		assert.equal(queue.depth, 0);
		await clock.advance(1);
		assert.deepEqual(await takeAll(queue), ['a']);
		await clock.advance(20_000);
		assert.equal(queue.depth, 0);
		queue.add('b', { afterMs: 1000, priority: priorities.urgent });
		queue.add('c');
		queue.add('b');
		assert.deepEqual(await takeAll(queue), ['b', 'c']);
	});

	it('[KUB-13] failures wait 100 ms, doubling to 60 s, until forgotten', async () => {
		const clock = new FakeClock();
		const queue = new Queue({ clock });
		const waits: number[] = [];
		for (let failure = 0; failure < 12; failure += 1) {
			queue.retry('a');
			const startedAt = clock.now();
			while (queue.depth === 0) await clock.advance(50);
			waits.push(clock.now() - startedAt);
			await takeAll(queue);
		}
		assert.deepEqual(waits, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]);
		queue.forget('a');
		assert.equal(queue.failures('a'), 0);
	});

	it('[KUB-12] a key added while it is worked on waits for its worker, and comes once', async () => {
		const queue = new Queue({ clock: new FakeClock() });
		queue.add('a');
		assert.equal(await queue.take(never), 'a');
		queue.add('a');
		queue.add('a');
		assert.equal(queue.depth, 0);
		queue.done('a');
		assert.deepEqual(await takeAll(queue), ['a']);
	});

	it('[KUB-13] tells its observer depth, adds, retries, latency and work', async () => {
		const clock = new FakeClock();
		const seen: string[] = [];
		const note = (name: string) => (value?: number) => void seen.push(value === undefined ? name : `${name} ${value}`);
		const observer = {
			depth: note('depth'),
			added: note('added'),
			retried: note('retried'),
			latency: note('latency'),
			worked: note('worked'),
		};
		const queue = new Queue({ clock, observer });
		queue.add('a');
		queue.add('a');
		await clock.advance(500);
		await queue.take(never);
		await clock.advance(250);
		queue.retry('a');
		queue.done('a');
		assert.deepEqual(seen, ['added', 'depth 1', 'depth 0', 'latency 0.5', 'retried', 'worked 0.25']);
	});

	it('[KUB-12] takers who stop leave their keys to the others', async () => {
		const queue = new Queue({ clock: new FakeClock() });
		const stop = new AbortController();
		const stopped = queue.take(stop.signal);
		const other = queue.take(never);
		queue.add('a');
		stop.abort();
		assert.equal(await stopped, undefined);
		assert.equal(await other, 'a');
	});
});

describe('controller', () => {
	function run(reconcile: (key: string, signal: AbortSignal) => Promise<Outcome>, workers = 1) {
		const clock = new FakeClock();
		const queue = new Queue({ clock });
		const results: string[] = [];
		const errors: unknown[] = [];
		const stop = new AbortController();
		const controller = createController({
			...{ name: 'test', queue, reconcile, workers, clock },
			observe: result => results.push(result),
			onError: error => errors.push(error),
		});
		return { clock, queue, results, errors, stop, controller, ended: controller.run(stop.signal) };
	}

	it('[KUB-14] done, again after, and a throw with backoff', async () => {
		const outcomes: (Outcome | Error)[] = [new Error('once'), new Error('twice'), { againAfterMs: 5000 }, { done: true }];
		const at: number[] = [];
		const { clock, queue, results, errors, stop, ended } = run(async () => {
			at.push(clock.now());
			const next = outcomes.shift() ?? { done: true };
			if (next instanceof Error) throw next;
			return next;
		});
		queue.add('a');
		await clock.advance(60_000);
		assert.deepEqual(at, [0, 100, 300, 5300]);
		assert.deepEqual(results, ['error', 'error', 'requeue_after', 'success']);
		assert.equal(errors.length, 2);
		assert.equal(queue.failures('a'), 0);
		stop.abort();
		await ended;
	});

	it('[KUB-14] a stop lets running reconciles end, and a second run goes on with the keys left', async () => {
		const gate = Promise.withResolvers<void>();
		const seen: string[] = [];
		const { queue, stop, controller, ended, results } = run(async (key, signal) => {
			if (key === 'slow') await gate.promise;
			seen.push(`${key} ${signal.aborted}`);
			if (key === 'slow' && signal.aborted) throw new Error('cut short');
			return { done: true };
		});
		queue.add('slow');
		queue.add('left');
		await settle();
		let hasEnded = false;
		void ended.then(() => {
			hasEnded = true;
		});
		stop.abort();
		await settle();
		assert.equal(hasEnded, false);
		gate.resolve();
		await ended;
		assert.deepEqual([seen, results, queue.failures('slow')], [['slow true'], [], 0]);
		const again = new AbortController();
		const second = controller.run(again.signal);
		await settle();
		assert.deepEqual(seen.slice(1).sort(), ['left false', 'slow false']);
		again.abort();
		await second;
	});
});
