/** Candidates whose connections and watches fail at random: never two holders, and always one again when it is calm. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { campaign } from '../../../kube/lease.ts';
import { FakeClock } from '../../unit/kube/fake-clock.ts';
import { LeaseServer } from '../../unit/kube/lease-server.ts';

const names = ['a', 'b', 'c'];
const step = fc.record({
	what: fc.constantFrom('cut', 'heal', 'deafen', 'hear', 'stop', 'wait'),
	who: fc.nat(names.length - 1),
	ms: fc.constantFrom(100, 900, 2100, 5000, 9900, 16_000),
});

describe('lease properties', () => {
	it('[KUB-15] [KUB-16] at most one holder at any moment, epochs only grow, and one holder in the end', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(step, { maxLength: 20, size: 'max' }),
				fc.infiniteStream(fc.double({ min: 0, max: 0.99, noNaN: true })),
				async (steps, draws) => {
					const [server, clock] = [new LeaseServer(), new FakeClock()];
					server.create();
					const terms: number[] = [];
					const start = (identity: string) => {
						const transport = server.client();
						const stop = new AbortController();
						const elector = campaign({
							...{ transport, namespace: 'rune', name: 'acme-primary', identity, clock },
							random: () => draws.next().value ?? 0.5,
							onAcquired: epoch => void terms.push(epoch),
						});
						return { elector, transport, stop, ended: elector.run(stop.signal) };
					};
					const all = names.map(start);
					const stopped: (typeof all)[number][] = [];
					const checked = async (ms: number) => {
						for (let passed = 0; passed < ms; passed += 100) {
							await clock.advance(100);
							const holders = all.filter(({ elector }) => elector.isHolder).length;
							assert.ok(holders <= 1, `${holders} holders at ${clock.now()}`);
						}
					};
					for (const { what, who, ms } of steps) {
						const one = all[who];
						if (one === undefined) continue;
						if (what === 'cut' || what === 'heal') one.transport.isCut = what === 'cut';
						if (what === 'deafen' || what === 'hear') one.transport.isWatchDeaf = what === 'deafen';
						if (what === 'stop') {
							one.stop.abort();
							stopped.push(one);
							all[who] = start(`${names[who]}-${stopped.length}`);
						}
						await checked(ms);
					}
					for (const { transport } of all) Object.assign(transport, { isCut: false, isWatchDeaf: false });
					await checked(40_000);
					assert.equal(all.filter(({ elector }) => elector.isHolder).length, 1, 'a holder in the end');
					assert.deepEqual(
						terms,
						terms.toSorted((a, b) => a - b),
					);
					for (const { stop } of all) stop.abort();
					await clock.advance(30_000);
					await Promise.all([...all, ...stopped].map(({ ended }) => ended));
				},
			),
			{ numRuns: 25 },
		);
	});
});
