import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PodView } from '../../../operator/observe/views.ts';
import { outdatedPods, rolloutStep } from '../../../operator/reconcile/rollout.ts';
import { facts, type Modifier, pod, reply, withHolder, withoutLease, withoutRoute, withProbe, withSpec } from './builders.ts';

const old = (ordinal: number, over: Partial<PodView> = {}) => pod(ordinal, { revision: 'old', ...over });
/** These pods, each of which has proved that it decrypts. */
const withPods =
	(...pods: PodView[]): Modifier =>
	before => ({
		...before,
		pods,
		probes: new Map(pods.map(({ uid }) => [uid, { reply: reply(), proof: 'proved', failures: 0, isDown: false }])),
	});
const routed: Modifier = before => ({
	...before,
	routed: before.pods.flatMap(({ name, ip }) => (name === before.lease?.holder && ip ? [ip] : [])),
});
/** The name of the pod to replace, or `switchover`. */
const next = (...modifiers: Modifier[]) => {
	const step = rolloutStep(facts(...modifiers, routed));
	return step?.kind === 'replace' ? step.pod.name : step?.kind;
};

describe('a rollout', () => {
	it('[OPR-18] takes standbys first, and the primary when another has taken over', () => {
		assert.equal(next(withPods(old(0), old(1), old(2))), 'acme-2');
		assert.equal(next(withPods(old(0), old(1), pod(2))), 'acme-1');
		assert.equal(next(withPods(old(0), pod(1), pod(2))), 'switchover');
		assert.equal(next(withPods(old(0), pod(1), pod(2)), withHolder(2, 8)), 'acme-0');
		assert.equal(next(withPods(old(0), old(1), old(2)), withHolder(2, 8)), 'acme-1');
		assert.equal(next(withPods(pod(0), pod(1), pod(2))), undefined);
	});

	it('[OPR-18] waits while a pod is away, starting or has not proved that it decrypts', () => {
		assert.equal(next(withPods(old(0), old(1))), undefined);
		assert.equal(next(withPods(old(0), old(1), pod(2, { isReady: false }))), undefined);
		assert.equal(next(withPods(old(0), old(1), pod(2)), withProbe(2, { proof: 'unproved' })), undefined);
		assert.equal(next(withPods(old(0), old(1), pod(2)), withProbe(2, { isDown: true })), undefined);
		assert.equal(next(withPods(old(0), old(1), old(2, { isDeleting: true, isReady: false }))), undefined);
	});

	it('[OPR-18] waits until clients reach the primary', () => {
		const step = (...modifiers: Modifier[]) => rolloutStep(facts(withPods(old(0), old(1), old(2)), ...modifiers));
		assert.equal(step(withoutRoute()), undefined);
		assert.equal(step(withoutLease()), undefined);
		assert.equal(step()?.kind, 'replace');
	});

	it('[OPR-18] takes a stuck pod of an old template at once, whoever is away', () => {
		assert.equal(next(withPods(old(0), old(1, { isReady: false }), pod(2, { isReady: false }))), 'acme-1');
	});

	it('[OPR-18] waits until the StatefulSet controller has seen the template', () => {
		const workload = { isSettled: false, updateRevision: 'new', image: undefined };
		assert.deepEqual(outdatedPods({ workload, pods: [old(0)] }), []);
		assert.equal(
			next(withPods(old(0), old(1), old(2)), before => ({ ...before, workload: undefined })),
			undefined,
		);
	});

	it('[OPR-18] takes the primary as it is when there is nobody to take over, or failover is paused', () => {
		assert.equal(next(withSpec({ replicas: 1 }), withPods(old(0))), 'acme-0');
		assert.equal(
			next(withPods(old(0), pod(1), pod(2)), before => ({ ...before, isFailoverPaused: true })),
			'acme-0',
		);
	});

	it('orders by number, not by text', () => {
		const pods = Array.from({ length: 9 }, (_, ordinal) => old(ordinal + 2));
		assert.equal(next(withSpec({ replicas: 9 }), withPods(...pods), withHolder(2, 8)), 'acme-10');
	});
});
