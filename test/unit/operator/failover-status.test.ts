import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RuneVaultStatus } from '../../../crds/status.ts';
import { computeStatus } from '../../../operator/observe/status.ts';
import { notesOf } from '../../../operator/reconcile/notes.ts';
import * as build from './builders.ts';

const { facts, withStatus, withHolder, routedTo } = build;
const SECOND = 1_000;
const healthy = computeStatus(facts());
/** The status some seconds later. */
const after = (before: RuneVaultStatus, seconds: number, ...modifiers: build.Modifier[]) =>
	computeStatus({ ...facts(withStatus(before), ...modifiers), now: build.NOW + seconds * SECOND });
const appointing: build.Modifier = before => ({
	...before,
	appointed: { from: 'acme-0', epoch: 7, to: { name: 'acme-1' }, reason: 'NoAnswer' },
});
const promoting: build.Modifier = before => ({
	...before,
	appointed: { from: 'acme-0', epoch: 7, to: { name: 'acme-2' }, reason: 'Promoted' },
});
const hung = build.withProbe(0, { failures: 3, isDown: true });
const progress = (status: RuneVaultStatus) => status.conditions?.find(({ type }) => type === 'Progressing')?.reason;

describe('the record of a failover', () => {
	it('[OPR-33] begins with the appointment and ends when clients are routed to another pod', () => {
		const begun = after(healthy, 0, appointing, hung);
		assert.deepEqual(begun.failover, {
			count: 0,
			ongoing: { from: 'acme-0', to: 'acme-1', epoch: 7, reason: 'NoAnswer', startedAt: '2026-03-01T12:00:00.000Z' },
		});
		assert.equal(progress(begun), 'FailingOver');
		const taken = after(begun, 0.2, withHolder(1, 8));
		assert.equal(taken.failover?.ongoing?.reason, 'NoAnswer', 'the Lease has moved, the route has not');
		const done = after(taken, 0.4, withHolder(1, 8), routedTo(1));
		const last = { from: 'acme-0', to: 'acme-1', reason: 'NoAnswer', startedAt: '2026-03-01T12:00:00.000Z' };
		assert.deepEqual(done.failover, { count: 1, last: { ...last, completedAt: '2026-03-01T12:00:00.400Z', milliseconds: 400 } });
		assert.equal(progress(done), 'Complete');
		assert.deepEqual(after(done, 60, withHolder(1, 8), routedTo(1)).failover, done.failover);
	});

	it('[OPR-33] is completed by whoever leads by then: it needs nothing but the last status', () => {
		const begun = after(healthy, 0, appointing, hung);
		assert.equal(after(begun, 9, withHolder(2, 8), routedTo(2)).failover?.last?.milliseconds, 9_000);
	});

	it('[OPR-33] tells a move that the pods made themselves, from when the Lease was taken', () => {
		const done = after(healthy, 5, withHolder(2, 8, '2026-03-01T12:00:03.500000Z'), routedTo(2));
		assert.deepEqual([done.failover?.count, done.failover?.last?.reason, done.failover?.last?.milliseconds], [1, 'Handover', 1_500]);
		const released = after(healthy, 1, build.withoutLease());
		assert.equal(released.failover?.ongoing?.reason, 'Handover');
	});

	it('[OPR-33] tells such a move too when the news of the route comes before that of the Lease', () => {
		const led = after(healthy, 4, routedTo(2));
		assert.deepEqual([led.primary, led.failover?.ongoing?.reason], [undefined, 'Handover']);
		const done = after(led, 5, withHolder(2, 8, '2026-03-01T12:00:03.500000Z'), routedTo(2));
		assert.deepEqual([done.failover?.count, done.failover?.last?.reason, done.failover?.last?.milliseconds], [1, 'Handover', 1_500]);
		assert.deepEqual(after(led, 5).failover, { count: 0 });
	});

	it('[OPR-33] begins when the primary is seen to be lost, although nobody could take over', () => {
		const lost = after(healthy, 1, hung);
		assert.deepEqual([lost.failover?.count, lost.failover?.ongoing?.reason], [0, 'NoAnswer']);
	});

	it('[OPR-33] leaves nothing behind when the same primary is well again', () => {
		const lost = after(healthy, 1, hung);
		assert.deepEqual(after(lost, 2).failover, { count: 0 });
		const once = after(healthy, 5, withHolder(1, 8, '2026-03-01T12:00:03.500000Z'), routedTo(1));
		const lostAgain = after(once, 9, withHolder(1, 8), routedTo(1), build.withProbe(1, { failures: 3, isDown: true }));
		assert.deepEqual(after(lostAgain, 12, withHolder(1, 8), routedTo(1)).failover, once.failover);
	});

	it('[OPR-33] of a primary that is well goes on although the caches still name it, and until it really holds the Lease again', () => {
		const begun = after(healthy, 0, promoting);
		assert.equal(begun.failover?.ongoing?.to, 'acme-2');
		const lagging = after(begun, 0.1);
		assert.deepEqual(lagging.failover, begun.failover);
		assert.equal(after(lagging, 1, withHolder(2, 8), routedTo(2)).failover?.last?.reason, 'Promoted');
		assert.deepEqual(after(lagging, 1, withHolder(0, 9)).failover, { count: 0 });
	});

	it('[OPR-33] is told once, with how long it took', () => {
		const begun = after(healthy, 0, appointing, hung);
		const done = after(begun, 1.24, withHolder(1, 8), routedTo(1));
		const notes = notesOf(begun, done);
		assert.deepEqual(
			notes.map(({ message }) => message),
			['acme-1 took over from acme-0 in 1.2 s, epoch 8: NoAnswer.'],
		);
		assert.deepEqual(notesOf(done, done), []);
	});
});
