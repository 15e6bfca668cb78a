import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { candidates, chooseNext, targetOutcome } from '../../../operator/reconcile/failover.ts';
import * as build from './builders.ts';

const { facts, withPod, withProbe } = build;
/** `acme-1: PodDeleted`, or undefined. */
const next = (...modifiers: build.Modifier[]) => {
	const choice = chooseNext(facts(...modifiers));
	return choice && `${choice.to.name}: ${choice.reason}`;
};
const asking =
	(target: string): build.Modifier =>
	before => ({ ...before, target });
const cordoned =
	(...nodes: string[]): build.Modifier =>
	before => ({ ...before, cordoned: new Set(nodes) });
const failoverPaused: build.Modifier = before => ({ ...before, isFailoverPaused: true });
const without =
	(ordinal: number): build.Modifier =>
	before => ({ ...before, pods: before.pods.filter(pod => pod.name !== `acme-${ordinal}`) });
const reply = build.reply({ role: 'primary' });

/** What is the matter, the modifiers, the step. */
const ROWS: [string, build.Modifier[], string | undefined][] = [
	['nothing', [], undefined],
	['a free Lease: the pods take it themselves', [build.withoutLease()], undefined],
	['a Lease that is not there', [before => ({ ...before, lease: undefined })], undefined],
	['a primary that is gone', [without(0)], 'acme-1: PodDeleted'],
	['a primary that is being deleted', [withPod(0, { isDeleting: true, isReady: false })], 'acme-1: PodDeleted'],
	['a primary made anew under its name', [withPod(0, { ip: undefined, isReady: false })], 'acme-1: PodDeleted'],
	['a container that ended', [withPod(0, { hasStopped: true, isReady: false }), withProbe(0, { failures: 1 })], 'acme-1: PodNotReady'],
	[
		'a container that is up again without keys',
		[withPod(0, { hasStopped: true, isReady: false }), withProbe(0, { reply: { ...reply, ready: false } })],
		'acme-1: PodNotReady',
	],
	['a primary that the kubelet has not called ready yet, and that answers', [withPod(0, { hasStopped: true, isReady: false })], undefined],
	['a node that fell silent: the control plane calls its pods not ready', [withPod(0, { isReady: false })], undefined],
	['one failed probe', [withProbe(0, { failures: 1 })], undefined],
	['three failed probes', [withProbe(0, { failures: 3, isDown: true })], 'acme-1: NoAnswer'],
	['a wrong answer', [withProbe(0, { proof: 'wrong-answer' })], 'acme-1: WrongAnswer'],
	['another key', [withProbe(0, { proof: 'wrong-key' })], 'acme-1: WrongAnswer'],
	['a primary that nobody has asked yet', [build.unasked(0)], undefined],
	['somebody asked for acme-2', [asking('acme-2')], 'acme-2: Promoted'],
	['somebody asked for a pod that is not ready', [asking('acme-2'), withPod(2, { isReady: false })], undefined],
	['a cordoned node', [cordoned('node1')], 'acme-1: NodeCordoned'],
	['a cordoned node, and one of the standbys too', [cordoned('node1', 'node2')], 'acme-2: NodeCordoned'],
	['every node cordoned', [cordoned('node1', 'node2', 'node3')], undefined],
	['a cordoned node of a standby', [cordoned('node2')], undefined],
	['the last pod of an older template', [withPod(0, { revision: 'old' })], 'acme-1: RollingOut'],
	['failover paused, and the primary gone', [failoverPaused, without(0)], undefined],
	['failover paused, and somebody asked', [failoverPaused, asking('acme-1')], 'acme-1: Promoted'],
	['the spec not valid, and the primary gone', [build.invalid('spec.team', 'must be a DNS label'), without(0)], 'acme-1: PodDeleted'],
	['no standby that answers', [without(0), withProbe(1, { failures: 1 }), withProbe(2, { proof: 'unproved' })], undefined],
];

describe('who is to be primary next', () => {
	for (const [what, modifiers, step] of ROWS) {
		it(`[OPR-31] ${what}`, () => assert.equal(next(...modifiers), step));
	}

	it('[OPR-31] prefers standbys off cordoned nodes, then those of the current template, then the first', () => {
		const order = (...modifiers: build.Modifier[]) => candidates(facts(...modifiers)).map(({ name }) => name);
		assert.deepEqual(order(), ['acme-1', 'acme-2']);
		assert.deepEqual(order(withPod(1, { revision: 'old' })), ['acme-2', 'acme-1']);
		assert.deepEqual(order(withPod(2, { revision: 'old' }), cordoned('node2')), ['acme-2', 'acme-1']);
		assert.deepEqual(order(withProbe(1, { reply: { ...reply, ready: false } })), ['acme-2']);
		assert.deepEqual(order(withPod(1, { hasStopped: true })), ['acme-2']);
	});

	it('[OPR-31] holds for the epoch it was seen in', () => {
		const choice = chooseNext(facts(without(0)));
		assert.deepEqual([choice?.from, choice?.epoch], ['acme-0', 7]);
	});
});

describe('a pod that somebody asked for', () => {
	const outcome = (...modifiers: build.Modifier[]) => targetOutcome(facts(...modifiers));

	it('[OPR-32] is reached when it holds the Lease', () => {
		assert.equal(outcome(asking('acme-0'))?.isReached, true);
	});

	it('[OPR-32] is waited for when it is what comes next, and when nobody asked there is nothing to settle', () => {
		assert.equal(outcome(asking('acme-1')), undefined);
		assert.equal(outcome(), undefined);
	});

	it('[OPR-32] is refused with the reason', () => {
		const away = outcome(asking('acme-9'));
		assert.deepEqual([away?.isReached, away?.message], [false, 'acme-9 is not a pod of this Vault: the primary stays where it is.']);
		const unready = outcome(asking('acme-1'), withPod(1, { isReady: false }));
		assert.match(unready?.message ?? '', /acme-1 is not ready/);
	});
});
