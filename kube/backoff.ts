/** How long to wait before trying again. */
import { type Clock, type Random, random, systemClock } from './clock.ts';

/** `base × factor^failures`, at most `cap`; all in milliseconds. `failures` counts from 0. */
export function exponential(failures: number, { baseMs, factor = 2, capMs }: { baseMs: number; factor?: number; capMs: number }): number {
	return Math.min(capMs, baseMs * factor ** Math.min(failures, 64));
}

export type BackoffOptions = { baseMs?: number; capMs?: number; resetAfterMs?: number; clock?: Clock; random?: Random };

/**
 * Waits for calls to a server that may be down: a uniform draw below a doubling ceiling (full jitter, so that clients who failed together
 * do not come back together), forgotten after two minutes without a failure. The defaults are those of client-go's reflector.
 */
export class Backoff {
	#failures = 0;
	#failedAt = Number.NEGATIVE_INFINITY;
	readonly #options: Required<BackoffOptions>;

	constructor({ baseMs = 800, capMs = 30_000, resetAfterMs = 120_000, clock = systemClock, random: draw = random }: BackoffOptions = {}) {
		this.#options = { baseMs, capMs, resetAfterMs, clock, random: draw };
	}

	/** Milliseconds to wait after one more failure, and no less than what the server asked for. */
	next(retryAfterSeconds = 0): number {
		const { baseMs, capMs, resetAfterMs, clock, random: draw } = this.#options;
		if (clock.now() - this.#failedAt > resetAfterMs) this.#failures = 0;
		this.#failedAt = clock.now();
		const ceiling = exponential(this.#failures, { baseMs, capMs });
		this.#failures += 1;
		return Math.max(draw() * ceiling, retryAfterSeconds * 1000);
	}

	reset(): void {
		this.#failures = 0;
	}
}
