/**
 * Time and randomness as parameters: everything in this folder takes a `Clock` and a `Random` with these defaults, so that tests drive
 * hours in milliseconds.
 */
import { randomInt } from 'node:crypto';

export type Clock = {
	/** Monotonic milliseconds from an arbitrary origin; never jumps when the wall clock is set. */
	now(): number;
	/** Wall clock, only for what is written for others to read. */
	wall(): Date;
	/** Resolves after `ms`, or at once when the signal is aborted. Never rejects: look at the signal. */
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
	/** Calls back once after `ms`; returns what cancels it. */
	after(ms: number, callback: () => void): () => void;
};

/** Uniform in [0, 1). */
export type Random = () => number;

/** Timers count in 31 bits; a longer wait is cut to 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const RANGE = 2 ** 47;
export const random: Random = () => randomInt(RANGE) / RANGE;

export const systemClock: Clock = {
	now: () => performance.now(),
	wall: () => new Date(),
	after(ms, callback) {
		const timer = setTimeout(callback, Math.min(ms, MAX_TIMER_MS));
		return () => clearTimeout(timer);
	},
	sleep: (ms, signal) => sleepBy(systemClock, ms, signal),
};

/** `sleep` made of a clock's `after`. */
export function sleepBy(clock: Pick<Clock, 'after'>, ms: number, signal?: AbortSignal): Promise<void> {
	return new Promise(resolve => {
		if (signal?.aborted) return resolve();
		const wake = () => {
			cancel();
			signal?.removeEventListener('abort', wake);
			resolve();
		};
		const cancel = clock.after(ms, wake);
		signal?.addEventListener('abort', wake, { once: true });
	});
}
