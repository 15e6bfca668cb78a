import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../../kube/resources.ts';
import { claim, OWNED_KINDS, WATCHED } from '../../../operator/observe/owned.ts';
import * as views from '../../../operator/observe/views.ts';

const object = (kind: string, over: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}): KubeObject => ({
	apiVersion: 'v1',
	kind,
	metadata: { name: 'acme', namespace: 'rune', uid: 'x', resourceVersion: '1', ...metadata },
	...over,
});
const managed = (fieldsV1: unknown, over: Record<string, unknown> = {}) => ({
	managedFields: [
		{ manager: 'kubectl', operation: 'Update', fieldsV1: { theirs: {} } },
		{ manager: 'runevault-operator', operation: 'Apply', fieldsV1, ...over },
	],
});

describe('the digest of our fields', () => {
	const digest = (fieldsV1: unknown, over = {}) => views.ownFieldsDigest(object('Service', {}, managed(fieldsV1, over)));

	it('[OPR-8] changes with the fields we own, in whatever order they come, and with nothing else', () => {
		assert.equal(digest({ a: {}, b: {} }), digest({ b: {}, a: {} }));
		assert.notEqual(digest({ a: {} }), digest({ a: {}, b: {} }));
	});

	it('[OPR-8] is of what was applied to the object, not to its status, and not of what was updated', () => {
		assert.equal(digest({ a: {} }, { subresource: 'status' }), undefined);
		assert.equal(digest({ a: {} }, { operation: 'Update' }), undefined);
		assert.equal(views.ownFieldsDigest(object('Service')), undefined);
	});
});

describe('projections', () => {
	it('[OPR-13] keep no content of Secrets, and of ConfigMaps only the answers of the canaries', () => {
		const secret = WATCHED.Secret.project(object('Secret', { data: { token: 'c2VjcmV0' } }));
		assert.deepEqual(Object.keys(secret), ['apiVersion', 'kind', 'metadata', 'ownFields']);
		const map = WATCHED.ConfigMap.project(
			object('ConfigMap', { data: { 'answers.json': '{}', other: 'x' }, binaryData: { '0.bin': 'AAAA' } }),
		);
		assert.deepEqual(Object.keys(map), ['apiVersion', 'kind', 'metadata', 'ownFields', 'answers']);
	});

	it('keep what the caches go by, for every kind', () => {
		for (const kind of OWNED_KINDS) {
			const { metadata } = WATCHED[kind].project(object(kind, {}, { labels: { a: 'b' }, ...managed({}) }));
			assert.deepEqual(metadata, { name: 'acme', namespace: 'rune', uid: 'x', resourceVersion: '1', labels: { a: 'b' } });
		}
	});

	it('[OPR-62] keep of what a pod said at its end one of our words, of the newest that said one, and nothing else', () => {
		const ended = (message: unknown, createdAt: string, job = 'job') =>
			WATCHED.Pod.project(
				object(
					'Pod',
					{ status: { containerStatuses: [{ ready: false, state: { terminated: { exitCode: 1, message } } }] } },
					{ creationTimestamp: createdAt, ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'acme-keygen', uid: job }] },
				),
			);
		const chatty = ended('KekMissing and the key is s3cret', '2026-03-01T12:00:03Z');
		assert.doesNotMatch(JSON.stringify(chatty), /s3cret/);
		const pods = [
			ended('ImportWrongKek', '2026-03-01T12:00:02Z'),
			ended('ImportMissing', '2026-03-01T12:00:01Z'),
			chatty,
			ended('WrongKek', '2026-03-01T12:00:04Z', 'another job'),
		];
		assert.equal(views.keygenFault(pods, 'job'), 'ImportWrongKek');
		assert.equal(views.keygenFault([chatty], 'job'), undefined);
		assert.equal(views.keygenFault([], ''), undefined);
	});

	it('make no difference to a view', () => {
		const pod = object('Pod', {
			spec: { nodeName: 'n' },
			status: { podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: 'True' }], containerStatuses: [{ ready: true, name: 'vault' }] },
		});
		assert.deepEqual(views.podView(WATCHED.Pod.project(pod)), views.podView(pod));
		assert.equal(views.podView(pod).isReady, true);
		const lease = object('Lease', { spec: { holderIdentity: 'acme-1', leaseTransitions: 3, renewTime: 'x' } });
		assert.deepEqual(views.leaseView(WATCHED.Lease.project(lease)), { holder: 'acme-1', epoch: 3, acquiredAt: undefined });
		const slice = object('EndpointSlice', { endpoints: [{ addresses: ['10.0.0.1'] }] });
		assert.deepEqual(views.routedAddresses(WATCHED.EndpointSlice.project(slice)), ['10.0.0.1']);
	});
});

describe('views', () => {
	it('are total: an empty object is one of which nothing is known', () => {
		const nothing = object('X');
		assert.deepEqual(views.leaseView(nothing), { holder: '', epoch: 0, acquiredAt: undefined });
		assert.deepEqual(views.routedAddresses({ ...nothing, endpoints: null }), []);
		assert.deepEqual(views.jobView(nothing), { uid: 'x', isFailed: false, failedAt: undefined });
		assert.equal(views.podView(nothing).isReady, false);
	});

	it('a pod that is being deleted is not ready', () => {
		const pod = object(
			'Pod',
			{ status: { conditions: [{ type: 'Ready', status: 'True' }] } },
			{ deletionTimestamp: '2026-03-01T12:00:00Z' },
		);
		assert.equal(views.podView(pod).isReady, false);
	});

	it('read only well-formed answers of canaries', () => {
		const answer = 'a0'.repeat(32);
		assert.deepEqual(
			[...views.answersOf({ ...object('ConfigMap'), answers: JSON.stringify({ 0: answer, 1: 'short', 2: 7 }) })],
			[[0, answer]],
		);
		assert.equal(views.answersOf({ ...object('ConfigMap'), answers: '{' }).size, 0);
		assert.equal(views.answersOf(object('ConfigMap')).size, 0);
	});
});

describe('whose an object is', () => {
	const vault = { name: 'acme', uid: 'uid-1' };
	const controlledBy = (uid: string, kind = 'RuneVault', name = 'acme') =>
		object('Service', {}, { ownerReferences: [{ apiVersion: 'x', kind, name, uid, controller: true }] });
	const labels = { 'app.kubernetes.io/managed-by': 'runevault', 'runevault.io/vault': 'acme' };

	it('[OPR-20] follows from its controller, and without one from its labels', () => {
		assert.equal(claim(controlledBy('uid-1'), vault), 'ours');
		assert.equal(claim(controlledBy('uid-0'), vault), 'predecessor');
		assert.equal(claim(controlledBy('uid-0', 'RuneVault', 'other'), vault), 'taken');
		assert.equal(claim(controlledBy('uid-0', 'Deployment'), vault), 'taken');
		assert.equal(claim(object('Service', {}, { labels }), vault), 'ours');
		assert.equal(claim(object('Service', {}, { labels: { ...labels, 'runevault.io/vault': 'other' } }), vault), 'taken');
		assert.equal(claim(object('Service'), vault), 'taken');
	});
});
