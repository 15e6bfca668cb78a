/** An API server that hangs, and one that is gone, in the middle of a term: short lease times, so that the outage is longer than they are. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { campaign, type LeaderElector } from '../../../kube/lease.ts';
import { createTransport, type Transport } from '../../../kube/transport.ts';
import { type ApiServer, startApiServer } from '../harness.ts';
import { eventually } from './eventually.ts';

let server: ApiServer;
const stop = new AbortController();
const candidates: { elector: LeaderElector; transport: Transport; ended: Promise<void>; terms: number[] }[] = [];

before(async () => {
	server = await startApiServer();
	for (const identity of ['a', 'b', 'c']) {
		const transport = createTransport(server.config);
		const terms: number[] = [];
		const elector = campaign({
			...{ transport, namespace: 'default', name: 'outage', identity, createIfMissing: true },
			...{ durationMs: 4000, renewDeadlineMs: 2500, retryPeriodMs: 500 },
			onAcquired: epoch => void terms.push(epoch),
		});
		candidates.push({ elector, transport, ended: elector.run(stop.signal), terms });
	}
	await eventually(() => assert.deepEqual(holders().length, 1), 10_000);
});

after(async () => {
	stop.abort();
	await Promise.all(candidates.map(({ ended }) => ended));
	await Promise.all(candidates.map(({ transport }) => transport.close()));
	await server?.stop();
});

const holders = () => candidates.filter(({ elector }) => elector.isHolder);

async function sameHolderAfter(outage: () => Promise<void>): Promise<void> {
	const [before] = holders();
	assert.ok(before !== undefined);
	const { epoch, holder } = before.elector;
	await outage();
	await eventually(() => assert.equal(holders().length, 1), 20_000);
	await sleep(3000);
	assert.deepEqual([holders()[0] === before, before.elector.epoch, before.elector.holder], [true, epoch, holder]);
}

describe('lease in an outage', () => {
	it('[KUB-26] [KUB-16] the API server hangs for longer than the lease lasts: nobody believes in a term, and then all is as before', async () => {
		await sameHolderAfter(async () => {
			server.pause();
			await sleep(6000);
			assert.equal(holders().length, 0);
			server.resume();
		});
	});

	it('[KUB-26] the API server is killed and comes back: all is as before', async () => {
		await sameHolderAfter(() => server.restart());
	});
});
