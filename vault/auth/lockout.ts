/**
 * Slows down guessing: an address that failed `limit` times within a minute gets 429 instead of 401 until its window ends.
 *
 * A correct token passes all the same. Behind an Ingress every client shares one address, so an address that were shut out whole
 * would let anyone who can reach the Ingress shut out the team; and 190 random bits are not guessed in the pauses.
 * Memory is bounded: when `capacity` addresses are remembered, the one that failed first is forgotten.
 */
const WINDOW_MS = 60_000;

export type Lockout = {
	/** Counts a failure of this address. Returns the seconds to wait when it is over the limit, else undefined. */
	fail(address: string): number | undefined;
	/** How many addresses are remembered. */
	readonly size: number;
};

export function createLockout(options: { limit: number; capacity?: number; now?: () => number }): Lockout {
	const { limit, capacity = 10_000, now = Date.now } = options;
	const windows = new Map<string, { startedAt: number; failures: number }>();

	return {
		fail(address) {
			const time = now();
			let window = windows.get(address);
			if (window === undefined || time - window.startedAt >= WINDOW_MS) {
				windows.delete(address);
				if (windows.size >= capacity) forgetOldest(windows);
				window = { startedAt: time, failures: 0 };
				windows.set(address, window);
			}
			window.failures += 1;
			return window.failures > limit ? Math.max(1, Math.ceil((window.startedAt + WINDOW_MS - time) / 1000)) : undefined;
		},
		get size() {
			return windows.size;
		},
	};
}

/** A Map keeps insertion order, and windows are inserted when they start. */
function forgetOldest(windows: Map<string, unknown>): void {
	for (const address of windows.keys()) {
		windows.delete(address);
		return;
	}
}
