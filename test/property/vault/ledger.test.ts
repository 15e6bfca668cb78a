/** Pods that share an account, call at once, fail, lose answers and die at any point: nothing is given away that is not on account. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import type { RunningLedger } from '../../../vault/ledger/ledger.ts';
import { identity, KEY, LedgerWorld, settle } from '../../unit/vault/ledger-world.ts';

const LIMIT = 2000;
const PODS = 3;

const step = fc.record({
	what: fc.constantFrom('call', 'call', 'call', 'kill', 'refused', 'lost', 'cut', 'heal', 'wait', 'refresh'),
	who: fc.nat(PODS - 1),
	bits: fc.constantFrom(0.03, 1, 17.5, 250),
	/** Turns of the event loop until the next step: a pod may be killed while its write is under way. */
	turns: fc.nat(4),
});

describe('ledger properties', () => {
	for (const onLimit of ['Refuse', 'Alert'] as const) {
		it(`[VLT-91] with ${onLimit}: what all pods spent is on account, whenever they die`, async () => {
			await fc.assert(
				fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async steps => {
					const world = new LedgerWorld();
					const start = () => world.pod({ limitPerKey: LIMIT, onLimit });
					const pods = Array.from({ length: PODS }, start);
					const calls: Promise<unknown>[] = [];
					let spent = 0;
					/** A call of a pod that dies is never answered. */
					const call = async (pod: RunningLedger, who: number, bits: number) => {
						await pod.reserve(bits, identity(), KEY);
						if (pods[who] === pod) spent += bits;
					};
					const check = () => {
						if (onLimit === 'Refuse') assert.ok(world.onAccount <= LIMIT);
						// While the account is away, Alert owes; that is what it tells of itself.
						if (onLimit === 'Refuse') assert.ok(spent <= world.onAccount + 1e-6, `${spent} spent, ${world.onAccount} on account`);
					};
					for (const { what, who, bits, turns } of steps) {
						const pod = pods[who];
						if (pod === undefined) continue;
						if (what === 'call') calls.push(call(pod, who, bits).catch(() => undefined));
						if (what === 'kill' && onLimit === 'Refuse') pods[who] = start();
						if (what === 'refused' || what === 'lost') world.faults.push(what);
						if (what === 'cut' || what === 'heal') world.isAway = what === 'cut';
						if (what === 'wait') await world.clock.advance(5000);
						if (what === 'refresh') void pod.refresh();
						for (let turn = 0; turn < turns; turn++) await nextTurn();
						check();
					}
					world.isAway = false;
					world.faults = [];
					await world.clock.advance(10_000);
					await Promise.all(calls);
					for (const pod of pods) await pod.refresh();
					await settle();
					check();
					// Pods of Alert that live have paid what they owed.
					assert.ok(spent <= world.onAccount + 1e-6, `${spent} spent, ${world.onAccount} on account`);
				}),
				{ numRuns: 300 },
			);
		});
	}
});
