/** Small measurements that the demo and the cluster tests share. */

/** The `quantile` (0…1) of values, by nearest rank. @throws RangeError when there are none. */
export function quantile(values: readonly number[], quantile: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	const value = sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)];
	if (value === undefined) throw new RangeError('a quantile of no values');
	return value;
}

/** Runs `work` and says how long it took, in milliseconds. */
export async function timed<T>(work: () => Promise<T>): Promise<{ value: T; milliseconds: number }> {
	const started = performance.now();
	const value = await work();
	return { value, milliseconds: performance.now() - started };
}

export type Watched = { calls: number; failed: number; gapMilliseconds: number };

/**
 * Calls `call` every `everyMs` while `during` runs and until the first success after it, and measures what a client sees: the longest
 * time between two answered calls. One call at a time, so the resolution is the length of a call or its time limit.
 */
export async function watchGap(
	call: () => Promise<unknown>,
	during: () => Promise<void>,
	everyMs: number,
	limitMs: number,
): Promise<Watched> {
	let isOver = false;
	let last = performance.now();
	let answeredAfter = false;
	const seen: Watched = { calls: 0, failed: 0, gapMilliseconds: 0 };
	const deadline = performance.now() + limitMs;
	const calling = (async () => {
		while (!(isOver && answeredAfter) && performance.now() < deadline) {
			const wasOver = isOver;
			seen.calls++;
			try {
				await call();
				const now = performance.now();
				seen.gapMilliseconds = Math.max(seen.gapMilliseconds, now - last);
				last = now;
				answeredAfter = wasOver;
			} catch {
				seen.failed++;
			}
			await new Promise(resolve => setTimeout(resolve, everyMs));
		}
	})();
	await during();
	isOver = true;
	await calling;
	if (!answeredAfter) throw new Error(`no answer within ${limitMs / 1000} s`);
	return seen;
}
