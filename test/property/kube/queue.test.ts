/** Whatever is added, taken, failed and delayed in whatever order: no key is lost and no two workers hold one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createController } from '../../../kube/controller.ts';
import { Queue } from '../../../kube/queue.ts';
import { FakeClock } from '../../unit/kube/fake-clock.ts';

const command = fc.oneof(
	fc.record({
		kind: fc.constant('add' as const),
		key: fc.nat(2),
		priority: fc.constantFrom(-100, 0, 100),
		afterMs: fc.constantFrom(0, 0, 10, 500),
	}),
	fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(0, 10, 40, 100, 600) }),
);

describe('queue properties', () => {
	it('[KUB-12] every add is followed by a reconcile that begins after it, and no key has two workers', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(command, { maxLength: 60, size: 'max' }),
				fc.integer({ min: 1, max: 3 }),
				fc.infiniteStream(fc.nat(3)),
				async (commands, workers, fates) => {
					const clock = new FakeClock();
					const queue = new Queue({ clock });
					const busy = new Set<string>();
					const owed = new Set<string>();
					const shared: string[] = [];
					const stop = new AbortController();
					let failures = 0;
					const controller = createController({
						...{ name: 'property', queue, workers, clock },
						async reconcile(key) {
							if (busy.has(key)) shared.push(key);
							busy.add(key);
							owed.delete(key);
							const fate = fates.next().value ?? 0;
							await clock.sleep(fate * 30);
							busy.delete(key);
							if (fate === 3 && failures < 20) {
								failures += 1;
								owed.add(key);
								throw new Error('again');
							}
							return { done: true };
						},
					});
					const ended = controller.run(stop.signal);
					for (const step of commands) {
						if (step.kind === 'pass') await clock.advance(step.ms);
						else {
							owed.add(`key-${step.key}`);
							queue.add(`key-${step.key}`, step);
						}
					}
					await clock.advance(600_000);
					assert.deepEqual([...owed], [], 'lost');
					assert.deepEqual(shared, [], 'two workers');
					assert.equal(queue.depth, 0);
					stop.abort();
					await ended;
				},
			),
			{ numRuns: 60 },
		);
	});
});
