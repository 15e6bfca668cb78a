/**
 * The released-bit ledger of one pod.
 *
 * Bits are put on the shared account in blocks, before they are spent: a pod that dies loses what it had not spent, and nothing is given
 * away that is not on account. A block is fifteen seconds of the present rate, and the next one is fetched when five are left, so that at a
 * steady rate a pod writes once in ten seconds at most.
 *
 * When the account cannot be reached, `Refuse` spends the block it has and then refuses. `Alert` goes on, owes, and pays when it can: it
 * never refuses for the sake of the account, so it does not wait for it longer than a moment either.
 */
import { bitsOfDay, MAX_REJECTIONS, rejectedTokens, releasedBits } from '../../crds/ledger.ts';
import { VaultError } from '../../fhe/errors.ts';
import { type Clock, systemClock } from '../../kube/clock.ts';
import type { Identity } from '../auth/verifiers.ts';
import type { VaultConfig } from '../config.ts';
import { type Account, isLow, newAccount, wantedFor } from './account.ts';
import { REJECTION_BITS } from './bits.ts';
import type { Ledger, LedgerKey } from './define.ts';
import { enter } from './entry.ts';
import { Pending } from './pending.ts';
import type { LedgerStore, Snapshot } from './store.ts';

/** The least time between two writes that nobody waits for. */
const WRITE_MS = 10_000;
/** After a failure, how long until the account is tried again. */
const RETRY_MS = 2000;
/** How long a call waits that does not depend on the answer. */
const PATIENCE_MS = 250;

export type LedgerOptions = {
	store: LedgerStore;
	limits: Pick<VaultConfig['protection']['releasedBits'], 'limitPerKey' | 'onLimit'>;
	clock?: Clock;
	/** Called when the account can no longer be reached, with the reason, and (undefined) when it can again. */
	onReach?: (error: unknown) => void;
};

/** The ledger, and what keeps it in step with those of the other pods. */
export type RunningLedger = Ledger & {
	/** Reads the account, or writes what is due. Never throws. To be called every few seconds. */
	refresh(): Promise<void>;
};

export function createLedger({ store, limits, clock = systemClock, onReach = () => undefined }: LedgerOptions): RunningLedger {
	const { limitPerKey, onLimit } = limits;
	const isStrict = onLimit === 'Refuse';
	const accounts = new Map<string, Account>();
	const pending = new Pending();
	const totals = { released: 0, guardRejections: 0, failures: 0, account: (key: LedgerKey) => accountOf(key).highest };
	let seen: Snapshot = { data: {}, uid: '' };
	let flight: Promise<boolean> | undefined;
	let isReached = true;
	let wroteAt = Number.NEGATIVE_INFINITY;
	let failedAt = Number.NEGATIVE_INFINITY;

	const time = () => clock.wall().getTime();
	const isDue = () => clock.now() - wroteAt >= WRITE_MS;
	const isSpent = ({ highest }: Account) => isStrict && highest >= limitPerKey;

	function accountOf({ fingerprint }: LedgerKey): Account {
		const account = accounts.get(fingerprint) ?? newAccount(fingerprint, releasedBits(seen.data, fingerprint), () => clock.now());
		accounts.set(fingerprint, account);
		return account;
	}

	function rejectionsOf(id: string): number {
		return pending.rejectionsOf(id, rejectedTokens(seen.data).find(token => token.id === id)?.rejections ?? 0);
	}

	function adopt(snapshot: Snapshot): void {
		// Another object took its place: what the former one knew of tokens is told to this one.
		if (seen.uid !== '' && snapshot.uid !== seen.uid) {
			for (const token of rejectedTokens(seen.data)) pending.addRejections({ ...token, added: 0, atLeast: token.rejections });
		}
		seen = snapshot;
		for (const account of accounts.values()) account.highest = Math.max(account.highest, releasedBits(seen.data, account.fingerprint));
	}

	/** @returns whether it was written; a write that may have been is taken for one that was not. */
	async function write(): Promise<boolean> {
		const told = pending.take();
		let granted: ReadonlyMap<string, number> = new Map();
		try {
			const snapshot = await store.update(newest => {
				adopt(newest);
				const claims = [...accounts.values()].map(account => ({ ...account, ...wantedFor(account, limitPerKey) }));
				const entered = enter(newest.data, { ...told, claims, now: time() }, isStrict ? limitPerKey : Number.POSITIVE_INFINITY);
				granted = entered.granted;
				return entered.data;
			});
			for (const [fingerprint, bits] of granted) accountOf({ fingerprint }).balance += bits;
			pending.settle(told);
			adopt(snapshot);
		} catch (error) {
			pending.putBack(told);
			fail(error);
			return false;
		}
		wroteAt = clock.now();
		succeed();
		return true;
	}

	function fail(error: unknown): void {
		failedAt = clock.now();
		totals.failures += 1;
		if (isReached) onReach(error);
		isReached = false;
	}

	function succeed(): void {
		if (!isReached) onReach(undefined);
		isReached = true;
	}

	/** One write at a time; false without one when the last has just failed. */
	function fly(): Promise<boolean> {
		if (flight !== undefined) return flight;
		if (clock.now() - failedAt < RETRY_MS) return Promise.resolve(false);
		flight = write().finally(() => {
			flight = undefined;
		});
		return flight;
	}

	/** The same, waiting no longer than a moment. */
	function flyBriefly(): Promise<boolean> {
		return new Promise(resolve => {
			const cancel = clock.after(PATIENCE_MS, () => resolve(false));
			void fly().then(isDone => {
				cancel();
				resolve(isDone);
			});
		});
	}

	function spend(account: Account, bits: number, { name }: Identity): void {
		account.balance -= bits;
		totals.released += bits;
		pending.addSpent({ time: time(), name, bits });
		if (account.balance < 0 || (isLow(account) && isDue())) void fly();
	}

	return {
		totals,
		admit({ id }) {
			if (rejectionsOf(id) >= MAX_REJECTIONS) throw new VaultError('token_locked', LOCKED);
		},
		async reserve(bits, identity, key) {
			const account = accountOf(key);
			account.meter.add(bits);
			account.waiting += bits;
			try {
				while (account.balance < bits) {
					if (isSpent(account)) throw new VaultError('budget_spent', spentText(limitPerKey));
					if (isStrict && !(await fly())) throw new VaultError('not_ready', UNREACHABLE);
					if (!isStrict && (account.balance < 0 || !(await flyBriefly()))) break;
				}
			} finally {
				account.waiting -= bits;
			}
			// Nothing may be awaited between the test of the balance and this.
			spend(account, bits, identity);
		},
		async guardRejected(identity, key) {
			totals.guardRejections += 1;
			pending.addRejections({ id: identity.id, name: identity.name, added: 1, atLeast: 0 });
			const account = accountOf(key);
			account.meter.add(REJECTION_BITS);
			spend(account, REJECTION_BITS, identity);
			await flyBriefly();
		},
		balance({ name }, key) {
			const { highest } = accountOf(key);
			const today = (bitsOfDay(seen.data, time())[name] ?? 0) + pending.spentOf(name, time());
			return { released: highest, limit: limitPerKey, left: Math.max(0, limitPerKey - highest), onLimit, today };
		},
		async refresh() {
			const isOwing = [...accounts.values()].some(account => account.balance < 0 && !isSpent(account));
			if (isOwing || pending.hasRejections() || (pending.hasSpent() && isDue())) {
				await fly();
				return;
			}
			try {
				adopt(await store.read());
				succeed();
			} catch (error) {
				fail(error);
			}
		},
	};
}

const LOCKED = `The token is locked: guard rows were damaged ${MAX_REJECTIONS} times. An administrator unlocks it`;
const UNREACHABLE = 'The account of released bits cannot be reached';
const spentText = (limit: number) => `The key may give away no more than ${limit} bits, and has: an administrator has to rotate it`;
