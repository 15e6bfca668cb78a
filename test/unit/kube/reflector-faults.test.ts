import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReflectorOptions } from '../../../kube/reflector.ts';
import { bookmark, configMap, withUid } from './builders.ts';
import { settle } from './fake-clock.ts';
import { list, notServed, open, reflect } from './reflect.ts';
import { event, failure, type Step, watchError } from './scripted-transport.ts';

describe('reflector under faults', () => {
	it('[KUB-9] errors wait with full jitter up to 30 s, in both phases, and never end the reflector', async () => {
		const bad: Step[] = [429, 500, 503].map(status => ({ kind: 'watch', plays: [watchError(status, 'Bad')] }));
		const stream: Step = { kind: 'watch', plays: [event('BOOKMARK', bookmark(5, true))] };
		const network: Step[] = Array.from({ length: 8 }, () => ({ kind: 'watch', plays: [watchError(0, 'NetworkError')] }));
		await reflect([...bad, stream, ...network, open], async ({ errors, clock, script, isSynced }) => {
			assert.equal(script.calls.length, 1);
			for (const [index, ceiling] of [800, 1600, 3200].entries()) {
				await clock.advance(ceiling / 2 - 1);
				assert.equal(script.calls.length, index + 1);
				await clock.advance(1);
			}
			assert.equal(isSynced(), true);
			await clock.advance(60_000);
			assert.equal(script.remaining > 0, true, 'waits of 15 s at the ceiling');
			await clock.advance(60_000);
			assert.deepEqual([script.remaining, errors.length], [0, 11]);
		});
	});

	it('[KUB-9] waits no less than the server asks for, and forgets failures after two quiet minutes', async () => {
		const quiet = Promise.withResolvers<void>();
		const steps: Step[] = [
			{ kind: 'watch', plays: [{ error: failure(429, 'TooManyRequests', 20) }] },
			{ kind: 'watch', plays: [event('BOOKMARK', bookmark(5, true)), { wait: quiet.promise }, watchError(500, 'InternalError')] },
			open,
		];
		await reflect(steps, async ({ clock, script }) => {
			await clock.advance(19_999);
			assert.equal(script.calls.length, 1);
			await clock.advance(1);
			assert.equal(script.calls.length, 2);
			await clock.advance(121_000);
			quiet.resolve();
			await settle();
			await clock.advance(400);
			assert.equal(script.calls.length, 3);
		});
	});

	it('[KUB-9] a server that ends every watch at once is not asked in a loop', async () => {
		const ends: Step[] = Array.from({ length: 50 }, () => ({ kind: 'watch', plays: [] }));
		await reflect([notServed, list(7, 'a'), ...ends], async ({ clock, script }) => {
			await clock.advance(10_000);
			assert.ok(script.calls.length < 10, `${script.calls.length} calls in 10 s`);
		});
	});

	it('[KUB-10] repeated and late events change nothing', async () => {
		const watch: Step = {
			kind: 'watch',
			isOpen: true,
			plays: [
				event('MODIFIED', configMap('a', 20)),
				event('MODIFIED', configMap('a', 20)),
				event('MODIFIED', configMap('a', 15)),
				event('DELETED', configMap('b', 30)),
				event('MODIFIED', configMap('b', 29)),
				event('DELETED', configMap('b', 30)),
				event('ADDED', configMap('b', 31, withUid('another'))),
				event('DELETED', configMap('b', 30)),
			],
		};
		await reflect([notServed, list(7, 'a', 'b'), watch], async ({ log, versions }) => {
			assert.deepEqual(log.slice(2), ['modified a@20', 'deleted b@30', 'added b@31']);
			assert.deepEqual(versions(), { a: '20', b: '31' });
		});
	});

	it('[KUB-10] versions are compared as numbers, not as texts', async () => {
		const watch: Step = {
			kind: 'watch',
			isOpen: true,
			plays: [event('MODIFIED', configMap('a', 100)), event('MODIFIED', configMap('a', 99))],
		};
		await reflect([notServed, list(99, 'a'), watch], async ({ versions }) => assert.deepEqual(versions(), { a: '100' }));
	});

	it('[KUB-10] a list older than what was seen is refused, until it turns out to be the truth', async () => {
		const gone: Step = { kind: 'watch', plays: [event('MODIFIED', configMap('a', 50)), watchError(410, 'Expired')] };
		const stale: Step[] = Array.from({ length: 3 }, () => list(40, 'a'));
		await reflect([notServed, list(7, 'a'), gone, ...stale, list(41, 'a'), open], async ({ clock, versions, errors }) => {
			await clock.advance(2000);
			assert.deepEqual(versions(), { a: '50' });
			await clock.advance(20_000);
			assert.deepEqual([versions(), errors.length], [{ a: '41' }, 3]);
		});
	});

	it('[KUB-9] a handler that throws is reported and stops nothing', async () => {
		const options: Partial<ReflectorOptions> = {
			onChange: () => {
				throw new Error('a bug');
			},
		};
		await reflect(
			[notServed, list(7, 'a', 'b'), open],
			async ({ errors, isSynced, store }) => assert.deepEqual([errors.length, isSynced(), store.size], [2, true, 2]),
			options,
		);
	});

	it('[KUB-9] a watch that goes silent is opened again at once, without counting as a failure', async () => {
		const silences = [1, 2, 3, 4].map(() => Promise.withResolvers<void>());
		const watches: Step[] = silences.map(({ promise }) => ({ kind: 'watch', plays: [{ wait: promise }, watchError(0, 'Inactive')] }));
		await reflect([notServed, list(7, 'a'), ...watches, open], async ({ clock, script, errors, stalenessMs }) => {
			for (const { resolve } of silences) {
				await clock.advance(70_000);
				assert.equal(stalenessMs(), 70_000);
				resolve();
				await clock.advance(0);
				assert.equal(stalenessMs(), 0);
			}
			assert.deepEqual([script.remaining, script.calls.at(-1)?.query.resourceVersion, errors], [0, '7', []]);
		});
	});

	it('[KUB-9] tells how old its knowledge is', async () => {
		await reflect([notServed, list(7, 'a'), open], async ({ stalenessMs, clock }) => {
			assert.equal(stalenessMs(), 0);
			await clock.advance(30_000);
			assert.equal(stalenessMs(), 30_000);
		});
	});
});
