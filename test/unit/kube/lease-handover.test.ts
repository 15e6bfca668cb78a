import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { microTime } from '../../../kube/lease-record.ts';
import { candidate, stopAll } from './candidates.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { LeaseServer } from './lease-server.ts';

describe('lease handover', () => {
	it('[KUB-26] an outage of the API server, however long, ends with the holder and the epoch it began with', async () => {
		for (const outageMs of [5000, 12_000, 60_000, 3_600_000]) {
			const [server, clock] = [new LeaseServer(), new FakeClock()];
			server.create();
			const all = ['a', 'b', 'c'].map((name, index) => candidate(server, clock, name, { random: () => (index * 0.45) % 1 }));
			await clock.advance(5000);
			const holder = server.spec.holderIdentity;
			for (const { client } of all) client.isCut = true;
			await clock.advance(outageMs);
			for (const { client } of all) client.isCut = false;
			await clock.advance(30_000);
			assert.deepEqual([server.spec.holderIdentity, server.spec.leaseTransitions], [holder, 1], `after ${outageMs} ms`);
			assert.equal(all.filter(({ elector }) => elector.isHolder).length, 1);
			await stopAll(clock, ...all);
		}
	});

	it('[KUB-17] a released lease is taken at once, and what ends the term comes before the release', async () => {
		const [server, clock] = [new LeaseServer(), new FakeClock()];
		server.create();
		const order: string[] = [];
		const working = Promise.withResolvers<void>();
		const a = candidate(server, clock, 'a', {
			onAcquired: async (_epoch, signal) => {
				await new Promise(resolve => signal.addEventListener('abort', resolve));
				order.push(`term ended, lease of ${server.spec.holderIdentity}`);
				await working.promise;
			},
		});
		await settle();
		const b = candidate(server, clock, 'b');
		await clock.advance(5000);
		const released = a.elector.release();
		await clock.advance(100);
		assert.equal(server.spec.holderIdentity, 'a');
		working.resolve();
		await settle();
		await released;
		await clock.advance(10);
		assert.deepEqual(order, ['term ended, lease of a']);
		assert.deepEqual([b.elector.isHolder, b.elector.epoch], [true, 2]);
		await stopAll(clock, a, b);
	});

	it('[KUB-18] whoever the lease names is appointed, and the old holder steps down at once', async () => {
		const [server, clock] = [new LeaseServer(), new FakeClock()];
		server.create();
		const a = candidate(server, clock, 'a');
		await settle();
		const b = candidate(server, clock, 'b');
		await clock.advance(5000);
		server.write({ holderIdentity: 'b', leaseTransitions: 2, acquireTime: microTime(clock.wall()), renewTime: microTime(clock.wall()) });
		await settle();
		await clock.advance(10);
		assert.deepEqual([a.elector.isHolder, b.elector.isHolder], [false, true]);
		assert.deepEqual(b.log.at(-1), 'acquired 2');
		await clock.advance(60_000);
		assert.deepEqual([a.elector.holder, a.elector.epoch, server.spec.leaseTransitions], ['b', 2, 2]);
		await stopAll(clock, a, b);
	});

	it('[KUB-18] an appointment is found by polling too, when the watch is deaf', async () => {
		const [server, clock] = [new LeaseServer(), new FakeClock()];
		server.create();
		const a = candidate(server, clock, 'a');
		await settle();
		const b = candidate(server, clock, 'b');
		for (const { client } of [a, b]) client.isWatchDeaf = true;
		await clock.advance(5000);
		server.write({ holderIdentity: 'b', leaseTransitions: 2 });
		await clock.advance(4500);
		assert.deepEqual([a.elector.isHolder, b.elector.isHolder, b.elector.epoch], [false, true, 2]);
		await stopAll(clock, a, b);
	});

	it('[KUB-19] the epoch does not fall when the lease is deleted and made anew', async () => {
		const [server, clock] = [new LeaseServer(), new FakeClock()];
		server.create();
		server.write({ leaseTransitions: 41 });
		const a = candidate(server, clock, 'a');
		await clock.advance(3000);
		assert.equal(a.elector.epoch, 42);
		server.delete();
		await clock.advance(1000);
		assert.equal(a.elector.isHolder, true, 'a missing lease names nobody else');
		server.create();
		await clock.advance(100);
		assert.deepEqual([a.elector.isHolder, a.elector.epoch], [true, 43]);
		await stopAll(clock, a);
	});

	it('[KUB-19] the holder that may create makes a deleted lease anew without ending its term', async () => {
		const [server, clock] = [new LeaseServer(), new FakeClock()];
		const a = candidate(server, clock, 'a', { createIfMissing: true });
		const b = candidate(server, clock, 'b', { createIfMissing: true });
		await clock.advance(5000);
		server.delete();
		await clock.advance(5000);
		assert.equal(server.spec.holderIdentity, 'a');
		assert.equal(a.log.includes('lost'), false);
		assert.equal(b.elector.isHolder, false);
		await stopAll(clock, a, b);
	});

	it('[KUB-20] after a stall of the event loop the holder does not believe itself', async () => {
		const [server, clock] = [new LeaseServer(), new FakeClock()];
		server.create();
		const a = candidate(server, clock, 'a');
		await clock.advance(3000);
		clock.stall(12_000);
		assert.equal(a.elector.isHolder, false, 'before any timer could run');
		await clock.advance(5000);
		assert.deepEqual([a.elector.isHolder, a.elector.epoch], [true, 1], 'the lease had not run out, so it goes on under the same epoch');
		assert.deepEqual(
			a.log.filter(line => !line.startsWith('sees')),
			['acquired 1', 'ended', 'lost', 'acquired 1'],
		);
		await stopAll(clock, a);
	});

	it('[KUB-17] nothing is released by one who does not hold', async () => {
		const [server, clock] = [new LeaseServer(), new FakeClock()];
		server.create();
		const a = candidate(server, clock, 'a');
		await settle();
		const b = candidate(server, clock, 'b');
		await clock.advance(3000);
		await stopAll(clock, b);
		assert.equal(server.spec.holderIdentity, 'a');
		await stopAll(clock, a);
		assert.equal(server.spec.holderIdentity, '');
	});
});
