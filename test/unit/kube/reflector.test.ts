import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReflectorOptions } from '../../../kube/reflector.ts';
import { bookmark, configMap, withLabel, withUid } from './builders.ts';
import { settle } from './fake-clock.ts';
import { list, notServed, open, reflect } from './reflect.ts';
import { event, type Step, watchError } from './scripted-transport.ts';

describe('reflector', () => {
	it('[KUB-7] streams the list where that is served, and is synced at the marked bookmark', async () => {
		const more = Promise.withResolvers<void>();
		const stream: Step = {
			kind: 'watch',
			isOpen: true,
			plays: [
				event('ADDED', configMap('a', 5)),
				event('BOOKMARK', bookmark(6)),
				{ wait: more.promise },
				event('ADDED', configMap('b', 3)),
				event('BOOKMARK', bookmark(9, true)),
				event('MODIFIED', configMap('b', 11)),
			],
		};
		await reflect([stream], async ({ log, isSynced, script, store }) => {
			assert.deepEqual([log, isSynced(), store.size], [[], false, 0]);
			more.resolve();
			await settle();
			assert.equal(isSynced(), true);
			assert.deepEqual(log, ['added a@5', 'added b@3', 'modified b@11']);
			const { sendInitialEvents, resourceVersionMatch, allowWatchBookmarks, timeoutSeconds } = script.calls[0]?.query ?? {};
			assert.deepEqual(
				[sendInitialEvents, resourceVersionMatch, allowWatchBookmarks, timeoutSeconds],
				['true', 'NotOlderThan', 'true', '450'],
			);
		});
	});

	it('[KUB-7] reads pages of 500 where streaming is not served, and does not ask for it again', async () => {
		const page: Step = { kind: 'list', version: 7, continue: 'token', items: [configMap('a', 4)] };
		const gone: Step = { kind: 'watch', plays: [watchError(410, 'Expired')] };
		await reflect([notServed, page, list(7, 'b'), gone, list(9, 'b'), open], async ({ log, script, errors }) => {
			assert.deepEqual(log, ['added a@4', 'added b@7', 'modified b@9', 'deleted a@4']);
			assert.deepEqual(
				script.calls.map(
					({ kind, query }) => `${kind} ${query.sendInitialEvents ?? query.resourceVersion ?? query.continue ?? query.limit}`,
				),
				['watch true', 'list 500', 'list token', 'watch 7', 'list 500', 'watch 9'],
			);
			assert.deepEqual(errors, []);
		});
	});

	it('[KUB-7] a streamed list that is cut off changes nothing, and pages are read once instead', async () => {
		const cut: Step = { kind: 'watch', plays: [event('ADDED', configMap('a', 5)), watchError(0, 'Truncated')] };
		await reflect(
			[cut, list(8, 'a'), { kind: 'watch', plays: [watchError(410, 'Expired')] }, open],
			async ({ log, clock, script, errors }) => {
				assert.deepEqual(log, []);
				await clock.advance(800);
				assert.deepEqual([log, errors.length], [['added a@8'], 1]);
				assert.deepEqual(
					script.calls.map(({ kind, query }) => `${kind} ${query.sendInitialEvents === 'true'}`),
					['watch true', 'list false', 'watch false', 'watch true'],
				);
			},
		);
	});

	it('[KUB-8] the next watch goes on from the last event or bookmark', async () => {
		const first: Step = { kind: 'watch', plays: [event('ADDED', configMap('b', 12)), event('BOOKMARK', bookmark(40))] };
		await reflect([notServed, list(7, 'a'), first, open], async ({ script }) => {
			assert.deepEqual(script.calls.at(-1)?.query.resourceVersion, '40');
		});
	});

	it('[KUB-8] what vanished while nobody watched is reported as deleted, what was made anew as both', async () => {
		const relisted: Step = { kind: 'list', version: 30, items: [configMap('same', 7), configMap('renewed', 20, withUid('another'))] };
		const gone: Step = { kind: 'watch', plays: [watchError(410, 'Gone')] };
		await reflect([notServed, list(7, 'same', 'lost', 'renewed'), gone, relisted, open], async ({ log }) => {
			assert.deepEqual(log.slice(3), ['deleted renewed@7', 'added renewed@20', 'deleted lost@7']);
		});
	});

	it('[KUB-11] objects are projected, typed, indexed and frozen to the ground', async () => {
		const partial = {
			...configMap('a', 3, withLabel('team', 'acme')),
			apiVersion: 'meta.k8s.io/v1',
			kind: 'PartialObjectMetadata',
			data: { large: 'x' },
		};
		const page: Step = { kind: 'list', version: 7, items: [partial] };
		const options: Partial<ReflectorOptions> = {
			project: ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata }),
			indexers: { team: ({ metadata }) => [metadata.labels?.team ?? ''] },
		};
		await reflect(
			[notServed, page, open],
			async ({ store }) => {
				const [object] = store.list('team', 'acme');
				assert.deepEqual([object?.kind, object?.apiVersion, object?.data], ['ConfigMap', 'v1', undefined]);
				assert.throws(() => Object.assign(object?.metadata.labels ?? {}, { team: 'other' }), TypeError);
				assert.deepEqual(store.list('team', 'other'), []);
				assert.throws(() => store.list('missing'), /no index/);
			},
			options,
		);
	});

	it('[KUB-25] asks for metadata alone when told so', async () => {
		await reflect(
			[notServed, list(7, 'a'), open],
			async ({ script }) => {
				assert.match(script.calls[1]?.accept ?? '', /as=PartialObjectMetadataList/);
				assert.match(script.calls[2]?.accept ?? '', /as=PartialObjectMetadata;/);
			},
			{ metadataOnly: true },
		);
	});
});
