/** A wait that can be cut short: a ring while nobody waits is kept for the next wait. */
import { type Clock, sleepBy } from './clock.ts';

export class Bell {
	readonly #clock: Clock;
	#hasRung = false;
	#wake: (() => void) | undefined;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	ring(): void {
		this.#hasRung = true;
		this.#wake?.();
	}

	/** Resolves after `ms`, at a ring, or when the signal is aborted. */
	async wait(ms: number, signal: AbortSignal): Promise<void> {
		if (!this.#hasRung && !signal.aborted) {
			const rung = new AbortController();
			this.#wake = () => rung.abort();
			signal.addEventListener('abort', this.#wake, { once: true });
			await sleepBy(this.#clock, ms, rung.signal);
			signal.removeEventListener('abort', this.#wake);
			this.#wake = undefined;
		}
		this.#hasRung = false;
	}
}
