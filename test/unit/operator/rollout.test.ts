import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nextToReplace, outdatedPods, type RolloutObserved } from '../../../operator/reconcile/rollout.ts';
import { pod } from './builders.ts';

const workload = { isSettled: true, updateRevision: 'new', image: undefined };
const old = (ordinal: number, over = {}) => pod(ordinal, { revision: 'old', ...over });
const next = (over: Partial<RolloutObserved>) =>
	nextToReplace({ workload, pods: [], replicas: 3, primary: 'acme-0', isProved: () => true, ...over })?.name;

describe('a rollout', () => {
	it('[OPR-18] takes standbys first, the primary last', () => {
		assert.equal(next({ pods: [old(0), old(1), old(2)] }), 'acme-2');
		assert.equal(next({ pods: [old(0), old(1), pod(2)] }), 'acme-1');
		assert.equal(next({ pods: [old(0), pod(1), pod(2)] }), 'acme-0');
		assert.equal(next({ pods: [old(0), old(1), old(2)], primary: 'acme-2' }), 'acme-1');
		assert.equal(next({ pods: [pod(0), pod(1), pod(2)] }), undefined);
	});

	it('[OPR-18] waits while a pod is away, starting or has not proved that it decrypts', () => {
		assert.equal(next({ pods: [old(0), old(1)] }), undefined);
		assert.equal(next({ pods: [old(0), old(1), pod(2, { isReady: false })] }), undefined);
		assert.equal(next({ pods: [old(0), old(1), pod(2)], isProved: ({ name }) => name !== 'acme-2' }), undefined);
		assert.equal(next({ pods: [old(0), old(1), old(2, { isDeleting: true, isReady: false })] }), undefined);
	});

	it('[OPR-18] takes a stuck pod of an old template at once, whoever is away', () => {
		assert.equal(next({ pods: [old(0), old(1, { isReady: false }), pod(2, { isReady: false })] }), 'acme-1');
	});

	it('[OPR-18] waits until the StatefulSet controller has seen the template', () => {
		assert.deepEqual(outdatedPods({ workload: { ...workload, isSettled: false }, pods: [old(0)] }), []);
		assert.equal(next({ workload: undefined, pods: [old(0), old(1), old(2)] }), undefined);
	});

	it('[OPR-18] takes the only pod when there is no other', () => {
		assert.equal(next({ pods: [old(0)], replicas: 1 }), 'acme-0');
	});

	it('orders by number, not by text', () => {
		const pods = Array.from({ length: 11 }, (_, ordinal) => old(ordinal));
		assert.equal(next({ pods, replicas: 11 }), 'acme-10');
	});
});
