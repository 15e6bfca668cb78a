import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { microTime } from '../../../kube/lease-record.ts';
import { candidate, stopAll } from './candidates.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { LeaseServer } from './lease-server.ts';

describe('lease', () => {
	it('[KUB-15] a free lease is taken, with six-digit times and the next epoch', async () => {
		const [server, clock] = [new LeaseServer(), new FakeClock()];
		server.create();
		const a = candidate(server, clock, 'a');
		await settle();
		assert.equal(a.elector.isHolder, true);
		assert.deepEqual(server.spec, {
			holderIdentity: 'a',
			leaseDurationSeconds: 15,
			acquireTime: '2026-01-02T03:04:05.678000Z',
			renewTime: '2026-01-02T03:04:05.678000Z',
			leaseTransitions: 1,
		});
		assert.deepEqual(a.log.slice(0, 2), ['sees nobody 0', 'sees a 1']);
		await stopAll(clock, a);
	});

	it('[KUB-15] a lease that is missing is created only by those who may', async () => {
		const [server, clock] = [new LeaseServer(), new FakeClock()];
		const patient = candidate(server, clock, 'patient');
		await clock.advance(10_000);
		assert.equal(server.lease, undefined);
		const eager = candidate(server, clock, 'eager', { createIfMissing: true });
		await settle();
		assert.equal(eager.elector.isHolder, true);
		assert.equal(server.spec.leaseTransitions, 0);
		await clock.advance(1000);
		assert.equal(patient.elector.holder, 'eager');
		await stopAll(clock, patient, eager);
	});

	it('[KUB-15] the holder renews every retry period and keeps its acquire time and fields unknown to us', async () => {
		const [server, clock] = [new LeaseServer(), new FakeClock()];
		server.create();
		server.write({ newerField: { kept: true } });
		const a = candidate(server, clock, 'a');
		await clock.advance(60_000);
		assert.equal(server.spec.acquireTime, '2026-01-02T03:04:05.678000Z');
		assert.equal(server.spec.renewTime, microTime(clock.wall()));
		assert.deepEqual(server.spec.newerField, { kept: true });
		assert.ok(a.client.writes >= 30 && a.client.writes <= 33, `${a.client.writes} writes in a minute`);
		assert.equal(a.elector.epoch, 1);
		await stopAll(clock, a);
	});

	it('[KUB-15] a dead holder is replaced after its duration, never before, by the local clock alone', async () => {
		for (const remoteSkewMs of [-3_600_000, 0, 3_600_000]) {
			const [server, clock] = [new LeaseServer(), new FakeClock()];
			server.create();
			const renewTime = microTime(new Date(clock.wall().getTime() + remoteSkewMs));
			server.write({ holderIdentity: 'dead', leaseDurationSeconds: 15, acquireTime: renewTime, renewTime, leaseTransitions: 7 });
			const a = candidate(server, clock, 'a');
			await clock.advance(14_900);
			assert.equal(a.elector.isHolder, false);
			await clock.advance(100 + 400);
			assert.equal(a.elector.isHolder, true);
			assert.equal(a.elector.epoch, 8);
			await stopAll(clock, a);
		}
	});

	it('[KUB-15] jumps of the own wall clock change nothing', async () => {
		const [server, clock] = [new LeaseServer(), new FakeClock()];
		server.create();
		const [a, b] = [candidate(server, clock, 'a'), candidate(server, clock, 'b')];
		await clock.advance(5000);
		for (const jump of [3_600_000, -7_200_000]) {
			clock.shiftWall(jump);
			await clock.advance(30_000);
		}
		assert.deepEqual([a.elector.isHolder, b.elector.isHolder, a.elector.epoch], [true, false, 1]);
		await stopAll(clock, a, b);
	});

	it('[KUB-16] a holder that cannot renew ends its term at the deadline, before another may begin, and campaigns again', async () => {
		const [server, clock] = [new LeaseServer(), new FakeClock()];
		server.create();
		const [a, b] = [candidate(server, clock, 'a'), candidate(server, clock, 'b')];
		await clock.advance(4000);
		a.client.isCut = true;
		let bothAt: number | undefined;
		for (let step = 0; step < 200; step += 1) {
			await clock.advance(100);
			if (a.elector.isHolder && b.elector.isHolder) bothAt = clock.now();
		}
		assert.equal(bothAt, undefined);
		assert.equal(a.log.includes('lost'), true);
		assert.deepEqual([b.elector.isHolder, b.elector.epoch], [true, 2]);
		a.client.isCut = false;
		await clock.advance(10_000);
		assert.equal(a.elector.holder, 'b');
		await b.elector.release();
		await clock.advance(1000);
		assert.deepEqual([a.elector.isHolder, a.elector.epoch], [true, 3]);
		await stopAll(clock, a, b);
	});

	it('[KUB-16] short failures of the API server cost no term', async () => {
		const [server, clock] = [new LeaseServer(), new FakeClock()];
		server.create();
		const a = candidate(server, clock, 'a');
		for (let round = 0; round < 5; round += 1) {
			await clock.advance(4000);
			a.client.isCut = true;
			await clock.advance(5900);
			a.client.isCut = false;
		}
		assert.equal(a.log.includes('lost'), false);
		await stopAll(clock, a);
	});

	it('[KUB-15] a watched candidate does not poll', async () => {
		const [server, clock] = [new LeaseServer(), new FakeClock()];
		server.create();
		const a = candidate(server, clock, 'a');
		await settle();
		const b = candidate(server, clock, 'b');
		await clock.advance(60_000);
		assert.ok(b.client.reads <= 2, `${b.client.reads} reads in a minute`);
		assert.equal(b.client.writes, 0);
		await stopAll(clock, a, b);
	});

	it('[KUB-16] work that throws gives the lease up', async () => {
		const [server, clock] = [new LeaseServer(), new FakeClock()];
		server.create();
		const errors: unknown[] = [];
		const a = candidate(server, clock, 'a', {
			onAcquired: () => Promise.reject(new Error('cannot lead')),
			onError: error => errors.push(error),
		});
		await settle();
		await clock.advance(10);
		assert.equal(server.spec.holderIdentity, '');
		assert.equal(errors.length, 1);
		await stopAll(clock, a);
	});
});
