/** What the rest of the Vault sees of the ledger. */
import type { Identity } from '../auth/verifiers.ts';

/** Whose bits are given away. The account belongs to the key itself, so it is told by fingerprint. */
export type LedgerKey = { readonly fingerprint: string };

export type Balance = {
	/** Bits of the key that are on account, spent or not, by all pods. */
	released: number;
	limit: number;
	/** Of the limit; 0 when nothing is left. */
	left: number;
	onLimit: 'Alert' | 'Refuse';
	/** Bits the token has spent today (UTC), as far as the pods have told. */
	today: number;
};

export type Ledger = {
	/** Before anything is decrypted. @throws VaultError `token_locked` */
	admit(identity: Identity): void;
	/**
	 * After decryption and before anything of it leaves: resolves when the bits are on account.
	 * @throws VaultError `budget_spent` when there are no more, `not_ready` when the account cannot be reached; only with `Refuse`
	 */
	reserve(bits: number, identity: Identity, key: LedgerKey): Promise<void>;
	/**
	 * The guard rows of a result of this token were not what they should be. Counts towards the lock, which holds at once on this pod. To be
	 * waited for before the refusal is told. Never rejects.
	 */
	guardRejected(identity: Identity, key: LedgerKey): Promise<void>;
	balance(identity: Identity, key: LedgerKey): Balance;
	/** What this pod has done and knows, for metrics. */
	readonly totals: LedgerTotals;
};

export type LedgerTotals = {
	/** Bits this pod has spent. */
	readonly released: number;
	readonly guardRejections: number;
	/** Attempts to reach the account that failed. */
	readonly failures: number;
	/** On account for a key, by all pods, as last seen. */
	account(key: LedgerKey): number;
};
