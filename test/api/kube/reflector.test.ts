/** The reflector, apply and the transport against a real API server. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { apply } from '../../../kube/apply.ts';
import { loadClusterConfig } from '../../../kube/config.ts';
import { isAlreadyExists, isConflict, isInvalid } from '../../../kube/errors.ts';
import { createRecorder } from '../../../kube/events.ts';
import { create, get, list, patchMerge, remove, update } from '../../../kube/objects.ts';
import { createReflector, type ReflectorOptions } from '../../../kube/reflector.ts';
import { type KubeObject, resources } from '../../../kube/resources.ts';
import { createTransport, type Transport } from '../../../kube/transport.ts';
import { type ApiServer, startApiServer } from '../harness.ts';
import { eventually } from './eventually.ts';

let server: ApiServer;
let transport: Transport;

before(async () => {
	server = await startApiServer();
	transport = createTransport(server.config);
});

after(async () => {
	await transport?.close();
	await server?.stop();
});

/** Without an empty map of labels, which would be a field with an owner. */
function configMap(name: string, data: Record<string, string> = {}, labels?: Record<string, string>): KubeObject {
	return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', ...(labels ? { labels } : {}) }, data };
}

async function reflecting(
	options: Partial<ReflectorOptions>,
	test: (log: string[], reflector: ReturnType<typeof createReflector>, errors: unknown[]) => Promise<void>,
) {
	const log: string[] = [];
	const errors: unknown[] = [];
	const stop = new AbortController();
	const reflector = createReflector({
		transport,
		resource: resources.configMaps,
		namespace: 'default',
		onChange: ({ metadata }, kind) => log.push(`${kind} ${metadata.name}`),
		onError: error => errors.push(error),
		...options,
	});
	const ended = reflector.start(stop.signal);
	try {
		await reflector.synced;
		await test(log, reflector, errors);
	} finally {
		stop.abort();
		await ended;
	}
}

describe('reflector on a real API server', () => {
	it('[KUB-7] [KUB-8] streams the list, then sees each change, and a label that stops matching as a deletion', async () => {
		await create(transport, resources.configMaps, configMap('one', {}, { team: 'acme' }));
		await create(transport, resources.configMaps, configMap('foreign'));
		const calls: string[] = [];
		const observed = createTransport(server.config, { observe: verb => calls.push(verb) });
		await reflecting({ transport: observed, labelSelector: 'team=acme' }, async (log, { store }, errors) => {
			assert.deepEqual([log, calls, errors], [['added one'], ['WATCH'], []]);
			await create(transport, resources.configMaps, configMap('two', {}, { team: 'acme' }));
			await patchMerge(transport, resources.configMaps, { namespace: 'default', name: 'one' }, { data: { x: '1' } });
			await patchMerge(transport, resources.configMaps, { namespace: 'default', name: 'one' }, { metadata: { labels: { team: null } } });
			await remove(transport, resources.configMaps, { namespace: 'default', name: 'two' });
			await eventually(() => assert.deepEqual(log, ['added one', 'added two', 'modified one', 'deleted one', 'deleted two']));
			assert.equal(store.size, 0);
		});
		await observed.close();
	});

	it('[KUB-7] an empty collection is synced too', async () => {
		const startedAt = performance.now();
		await reflecting({ resource: resources.ingresses }, async (_log, { store, stalenessMs }) => {
			assert.equal(store.size, 0);
			assert.ok(stalenessMs() < 5000);
		});
		assert.ok(performance.now() - startedAt < 5000);
	});

	it('[KUB-7] pages add up: 1,100 objects come whole by list and by stream', async () => {
		const names = Array.from({ length: 1100 }, (_, index) => `many-${index}`);
		for (let at = 0; at < names.length; at += 50) {
			await Promise.all(
				names.slice(at, at + 50).map(name => create(transport, resources.configMaps, configMap(name, {}, { many: 'yes' }))),
			);
		}
		const { items } = await list(transport, resources.configMaps, { namespace: 'default', labelSelector: 'many=yes' });
		assert.equal(items.length, 1100);
		assert.deepEqual([items[0]?.kind, items[0]?.apiVersion], ['ConfigMap', 'v1']);
		await reflecting({ labelSelector: 'many=yes' }, async (_log, { store }) => assert.equal(store.size, 1100));
		await transport.request({ method: 'DELETE', path: '/api/v1/namespaces/default/configmaps', query: { labelSelector: 'many=yes' } });
	});

	it('[KUB-25] of a Secret only the metadata arrives', async () => {
		const secret = {
			apiVersion: 'v1',
			kind: 'Secret',
			metadata: { name: 'key', namespace: 'default', annotations: { print: 'sha256:0' } },
			stringData: { key: 'bytes' },
		};
		await create(transport, resources.secrets, secret);
		const read = await get(transport, resources.secrets, { namespace: 'default', name: 'key' }, { metadataOnly: true });
		assert.deepEqual([read?.kind, read?.data, read?.metadata.annotations?.print], ['Secret', undefined, 'sha256:0']);
		await reflecting({ resource: resources.secrets, metadataOnly: true }, async (_log, { store }) => {
			assert.deepEqual([store.get('default/key')?.kind, store.get('default/key')?.data], ['Secret', undefined]);
		});
		const { items } = await list(transport, resources.secrets, { namespace: 'default', metadataOnly: true });
		assert.deepEqual(
			items.map(({ kind, data }) => [kind, data]),
			[['Secret', undefined]],
		);
	});

	it('[KUB-9] on a quiet kind it stays fresh by opening its watch again, and misses nothing', async () => {
		const seen: string[] = [];
		const impatient = createTransport(server.config, { watchInactivityMs: 1000, observe: (verb, code) => seen.push(`${verb} ${code}`) });
		await reflecting({ transport: impatient, resource: resources.deployments }, async (_log, { stalenessMs, store }, errors) => {
			await eventually(() => assert.ok(seen.length >= 4), 15_000);
			assert.ok(stalenessMs() < 3000);
			assert.deepEqual([errors, store.size, new Set(seen)], [[], 0, new Set(['WATCH 200'])]);
		});
		await impatient.close();
	});

	it('[KUB-9] [KUB-8] survives a restart of the API server and learns what changed meanwhile', async () => {
		await create(transport, resources.configMaps, configMap('before'));
		await reflecting({}, async (log, { store }, errors) => {
			await server.restart();
			await create(transport, resources.configMaps, configMap('later'));
			await remove(transport, resources.configMaps, { namespace: 'default', name: 'before' });
			await eventually(() => {
				assert.deepEqual([store.get('default/before'), store.get('default/later')?.metadata.name], [undefined, 'later']);
			}, 40_000);
			assert.ok(errors.length > 0);
			assert.equal(log.filter(line => line === 'added later').length, 1);
		});
	});
});

describe('apply on a real API server', () => {
	const place = { namespace: 'default', name: 'shared' };

	it('[KUB-6] two managers keep their own fields; the same again writes nothing; what is left out is removed', async () => {
		const mine = configMap('shared', { a: '1', b: '1' });
		const first = await apply(transport, resources.configMaps, mine, { fieldManager: 'first' });
		await apply(transport, resources.configMaps, configMap('shared', { c: '1' }), { fieldManager: 'second' });
		const again = await apply(transport, resources.configMaps, mine, { fieldManager: 'first' });
		assert.deepEqual(again.data, { a: '1', b: '1', c: '1' });
		assert.equal(
			(await apply(transport, resources.configMaps, mine, { fieldManager: 'first' })).metadata.resourceVersion,
			again.metadata.resourceVersion,
		);
		const less = await apply(transport, resources.configMaps, configMap('shared', { a: '1' }), { fieldManager: 'first' });
		assert.deepEqual(less.data, { a: '1', c: '1' });
		await assert.rejects(apply(transport, resources.configMaps, configMap('shared', { a: '2' }), { fieldManager: 'second' }), isConflict);
		const forced = await apply(transport, resources.configMaps, configMap('shared', { a: '2' }), { fieldManager: 'second', force: true });
		assert.deepEqual(forced.data, { a: '2' });
		const stale = first.metadata.resourceVersion;
		await assert.rejects(
			apply(transport, resources.configMaps, mine, { fieldManager: 'first', force: true, resourceVersion: stale }),
			isConflict,
		);
	});

	it('[KUB-4] refusals carry their reason', async () => {
		await assert.rejects(create(transport, resources.configMaps, configMap('shared')), isAlreadyExists);
		await assert.rejects(create(transport, resources.configMaps, configMap('Not A Name')), isInvalid);
		const read = await get(transport, resources.configMaps, place);
		assert.ok(read !== undefined);
		await update(transport, resources.configMaps, { ...read, data: { z: '1' } });
		await assert.rejects(update(transport, resources.configMaps, { ...read, data: { z: '2' } }), isConflict);
		assert.equal(await remove(transport, resources.configMaps, place), true);
		assert.equal(await remove(transport, resources.configMaps, place), false);
	});

	it('[KUB-2] a kubeconfig leads to the same server', async () => {
		const other = createTransport(await loadClusterConfig({ KUBECONFIG: server.kubeconfig }));
		const { items } = await list(other, resources.namespaces);
		assert.ok(items.some(({ metadata }) => metadata.name === 'default'));
		await other.close();
	});

	it('[KUB-21] events and their series are accepted', async () => {
		const errors: unknown[] = [];
		const recorder = createRecorder(transport, {
			component: 'runevault-operator',
			instance: 'operator-0',
			onError: error => errors.push(error),
		});
		const about = await create(transport, resources.configMaps, configMap('about'));
		const text = { type: 'Normal', reason: 'Promoted', message: 'acme-1 is the primary', action: 'Failover' } as const;
		for (let count = 0; count < 5; count += 1) await recorder.event(about, text);
		const { items } = await list(transport, resources.events, { namespace: 'default', fieldSelector: 'reason=Promoted' });
		assert.deepEqual(errors, []);
		assert.deepEqual(
			items.map(({ note, series }) => [note, (series as { count: number }).count]),
			[['acme-1 is the primary', 4]],
		);
	});
});
