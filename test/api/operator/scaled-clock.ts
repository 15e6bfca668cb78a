/** A clock that can run faster than the wall's, for everything that takes its time from it; what others do takes as long as ever. */
import { type Clock, sleepBy, systemClock } from '../../../kube/clock.ts';

type Timer = { at: number; callback: () => void; cancel: () => void };

export class ScaledClock implements Clock {
	#speed = 1;
	/** The moment from which the present speed counts: on this clock, and on the system's. */
	#since = { here: 0, real: performance.now() };
	readonly #startedAt = Date.now();
	readonly #timers = new Set<Timer>();

	/** From now on. Timers that run are set anew. */
	speedUp(speed: number): void {
		this.#since = { here: this.now(), real: performance.now() };
		this.#speed = speed;
		for (const timer of this.#timers) this.#start(timer);
	}

	now(): number {
		return this.#since.here + (performance.now() - this.#since.real) * this.#speed;
	}

	wall(): Date {
		return new Date(this.#startedAt + this.now());
	}

	after(ms: number, callback: () => void): () => void {
		const timer = { at: this.now() + ms, callback, cancel: () => undefined };
		this.#timers.add(timer);
		this.#start(timer);
		return () => this.#end(timer);
	}

	sleep(ms: number, signal?: AbortSignal): Promise<void> {
		return sleepBy(this, ms, signal);
	}

	#start(timer: Timer): void {
		timer.cancel();
		timer.cancel = systemClock.after(Math.max(0, timer.at - this.now()) / this.#speed, () => {
			this.#timers.delete(timer);
			timer.callback();
		});
	}

	#end(timer: Timer): void {
		timer.cancel();
		this.#timers.delete(timer);
	}
}
