/** An account that several pods share, which conflicts, fails and loses answers when told to, and whose object can be replaced. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { releasedBits } from '../../../crds/ledger.ts';
import type { Identity } from '../../../vault/auth/verifiers.ts';
import { createLedger, type LedgerOptions, type RunningLedger } from '../../../vault/ledger/ledger.ts';
import type { LedgerStore, Snapshot } from '../../../vault/ledger/store.ts';
import { FakeClock } from '../kube/fake-clock.ts';

export const KEY = { fingerprint: `sha256:${'ab'.repeat(32)}` };
export const identity = (name = 'team', id = '0123456789abcdef'): Identity => ({ name, role: 'Member', generation: 1, id });

/** `refused`: nothing is kept. `lost`: it is kept, and the pod does not hear of it. */
export type Fault = 'refused' | 'lost';

export class LedgerWorld {
	readonly clock = new FakeClock();
	snapshot: Snapshot = { data: {}, uid: 'first' };
	writes = 0;
	/** For the next writes, one each. */
	faults: Fault[] = [];
	isAway = false;
	#version = 0;

	/** Written as the API server does it: against a version, and anew when that is old. */
	readonly store: LedgerStore = {
		read: async () => {
			await nextTurn();
			if (this.isAway) throw new Error('away');
			return this.snapshot;
		},
		update: async change => {
			for (;;) {
				await nextTurn();
				if (this.isAway) throw new Error('away');
				const version = this.#version;
				const data = change(this.snapshot);
				await nextTurn();
				if (version !== this.#version) continue;
				const fault = this.faults.shift();
				if (fault === 'refused') throw new Error('refused');
				this.#version += 1;
				this.writes += 1;
				this.snapshot = { ...this.snapshot, data };
				if (fault === 'lost') throw new Error('lost');
				return this.snapshot;
			}
		},
	};

	/** What the pods told of reaching the account. */
	readonly told: string[] = [];

	pod(limits: Partial<LedgerOptions['limits']> = {}): RunningLedger {
		const onReach = (error: unknown) => void this.told.push(error === undefined ? 'reached' : String(error));
		return createLedger({ store: this.store, limits: { limitPerKey: 3000, onLimit: 'Alert', ...limits }, clock: this.clock, onReach });
	}

	/** Somebody writes without us. */
	set(data: Snapshot['data'], uid = this.snapshot.uid): void {
		this.#version += 1;
		this.snapshot = { data, uid };
	}

	get onAccount(): number {
		return releasedBits(this.snapshot.data, KEY.fingerprint);
	}
}

/** Lets everything that is under way, and waits for no clock, come to its end. */
export async function settle(): Promise<void> {
	for (let turn = 0; turn < 20; turn++) await nextTurn();
}
