import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { KubeObject } from '../../../kube/resources.ts';
import { Applier } from '../../../operator/reconcile/apply.ts';
import { FakeApi } from './fake-api.ts';

const owner = { name: 'acme', namespace: 'rune', uid: 'uid-1' };
const ownerReferences = [{ apiVersion: 'runevault.io/v1alpha1', kind: 'RuneVault', name: 'acme', uid: 'uid-1', controller: true }];
const map = (value: string, kind = 'ConfigMap'): KubeObject => ({
	apiVersion: 'v1',
	kind,
	metadata: {
		name: 'acme-config',
		namespace: 'rune',
		labels: { 'app.kubernetes.io/managed-by': 'runevault', 'runevault.io/vault': 'acme' },
		ownerReferences,
	},
	data: { value },
});
const KEY = 'rune/configmaps/acme-config';
const ref = { kind: 'ConfigMap', namespace: 'rune', name: 'acme-config' };

let api: FakeApi;
let now: number;
let applier: Applier;
beforeEach(() => {
	api = new FakeApi();
	now = 0;
	applier = new Applier({ transport: api, find: api.find, now: () => now });
});

describe('applying', () => {
	it('[OPR-7] writes once, and nothing more while the cache lags or has caught up', async () => {
		assert.equal(await applier.apply(owner, map('a')), 'created');
		assert.equal(await applier.apply(owner, map('a')), 'unchanged');
		api.sync();
		now = 60_000;
		assert.equal(await applier.apply(owner, map('a')), 'unchanged');
		assert.equal(api.writes.length, 1);
	});

	it('writes what changed', async () => {
		await applier.apply(owner, map('a'));
		api.sync();
		assert.equal(await applier.apply(owner, map('b')), 'updated');
		assert.equal(await applier.apply(owner, map('b')), 'unchanged');
		assert.equal(await applier.apply(owner, map('c')), 'updated', 'although the cache still has the first');
	});

	it('[OPR-8] heals a field that was taken over, and leaves other changes alone', async () => {
		await applier.apply(owner, map('a'));
		api.edit(KEY, object => ({ ...object, status: { seen: true } }), false);
		api.sync();
		assert.equal(await applier.apply(owner, map('a')), 'unchanged');
		api.edit(KEY, object => ({ ...object, data: { value: 'edited' } }));
		api.sync();
		assert.equal(await applier.apply(owner, map('a')), 'healed');
		assert.deepEqual(api.objects.get(KEY)?.data, { value: 'a' });
	});

	it('[OPR-8] makes anew what was seen to go, and what a write of long ago should have shown', async () => {
		await applier.apply(owner, map('a'));
		api.objects.delete(KEY);
		assert.equal(await applier.apply(owner, map('a')), 'unchanged', 'its deletion is not known yet');
		applier.forget(ref);
		assert.equal(await applier.apply(owner, map('a')), 'created');
		api.objects.delete(KEY);
		now += 5_000;
		assert.equal(await applier.apply(owner, map('a')), 'created');
	});

	it('applies once after a restart, which changes nothing', async () => {
		await applier.apply(owner, map('a'));
		api.sync();
		const restarted = new Applier({ transport: api, find: api.find, now: () => now });
		assert.equal(await restarted.apply(owner, map('a')), 'unchanged');
		assert.equal(api.writes.length, 2);
		assert.equal(await restarted.apply(owner, map('a')), 'unchanged');
		assert.equal(api.writes.length, 2);
	});

	it('[OPR-20] leaves alone what is not ours', async () => {
		const theirs = { ...map('theirs'), metadata: { name: 'acme-config', namespace: 'rune', uid: 'x' } };
		api.objects.set(KEY, theirs);
		const written = await applier.apply(owner, map('a'));
		assert.equal(typeof written === 'object' && written.reason, 'NameTaken');
		assert.deepEqual(api.writes, []);
	});

	it('takes in what carries our labels and has lost its owner', async () => {
		const { ownerReferences: _owner, ...metadata } = map('a').metadata;
		api.objects.set(KEY, { ...map('a'), metadata: { ...metadata, uid: 'x', resourceVersion: '1' } });
		assert.equal(await applier.apply(owner, map('a')), 'updated');
	});

	it('[OPR-25] removes what a deleted RuneVault of the same name has left, and waits for it to go', async () => {
		const left = [{ ...ownerReferences[0], uid: 'uid-0' }];
		api.objects.set(KEY, { ...map('a'), metadata: { ...map('a').metadata, uid: 'x', ownerReferences: left as never } });
		assert.equal(await applier.apply(owner, map('a')), 'waiting');
		assert.deepEqual(api.writes, [`DELETE ${KEY}`]);
	});

	it('waits for an object that is being deleted', async () => {
		await applier.apply(owner, map('a'));
		api.edit(KEY, object => ({ ...object, metadata: { ...object.metadata, deletionTimestamp: '2026-03-01T12:00:00Z' } }));
		api.sync();
		assert.equal(await applier.apply(owner, map('b')), 'waiting');
	});

	it('replaces a Job, whose content cannot change', async () => {
		const job = { ...map('a', 'Job'), apiVersion: 'batch/v1' };
		await applier.apply(owner, job);
		api.sync();
		api.invalid.add('Job');
		assert.equal(await applier.apply(owner, { ...job, data: { value: 'b' } }), 'waiting');
		assert.equal(api.writes.at(-1), 'DELETE rune/jobs/acme-config');
	});

	it('[OPR-13] tells why an object was refused, and of a Secret nothing', async () => {
		api.invalid.add('ConfigMap').add('Secret');
		const refused = await applier.apply(owner, map('a'));
		assert.ok(typeof refused === 'object' && refused.reason === 'ApplyFailed' && /Invalid value/.test(refused.message));
		const secret = await applier.apply(owner, map('a', 'Secret'));
		assert.ok(typeof secret === 'object' && secret.message === 'the API server refused it');
	});

	it('tells of a right that is missing instead of trying again and again', async () => {
		api.forbidden.add('ConfigMap');
		const refused = await applier.apply(owner, map('a'));
		assert.ok(typeof refused === 'object' && refused.reason === 'ApplyFailed' && /may not write/.test(refused.message));
		api.forbidden.clear();
		assert.equal(await applier.apply(owner, map('a')), 'created');
	});
});
