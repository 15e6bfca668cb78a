/** Where the ledger is kept. All pods of a Vault share one. */
import type { LedgerData } from '../../crds/ledger.ts';

/** `uid` tells one object from another that took its place. */
export type Snapshot = { data: LedgerData; uid: string };

export type LedgerStore = {
	/** @throws Error when it cannot be read */
	read(): Promise<Snapshot>;
	/**
	 * Applies `change` to the newest data and keeps the result, or throws: then it may have been kept or not. Nobody else's write comes
	 * between. `change` may be called several times; the last call counts.
	 */
	update(change: (newest: Snapshot) => LedgerData): Promise<Snapshot>;
};

/** For a Vault without a cluster: forgotten when the process ends, as its key is. */
export function memoryStore(): LedgerStore {
	let snapshot: Snapshot = { data: {}, uid: 'memory' };
	return {
		read: async () => snapshot,
		async update(change) {
			snapshot = { ...snapshot, data: change(snapshot) };
			return snapshot;
		},
	};
}
