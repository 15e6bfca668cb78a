/** A clock that stands still until the test moves it. */
import { type Clock, sleepBy } from '../../../kube/clock.ts';

type Timer = { at: number; order: number; callback: () => void };

export class FakeClock implements Clock {
	#now = 0;
	#order = 0;
	#wallOffset = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
	readonly #timers = new Set<Timer>();

	now(): number {
		return this.#now;
	}

	wall(): Date {
		return new Date(this.#wallOffset + this.#now);
	}

	/** Sets the wall clock forward or back; the monotonic one does not notice. */
	shiftWall(ms: number): void {
		this.#wallOffset += ms;
	}

	after(ms: number, callback: () => void): () => void {
		const timer = { at: this.#now + Math.max(0, ms), order: this.#order, callback };
		this.#order += 1;
		this.#timers.add(timer);
		return () => void this.#timers.delete(timer);
	}

	sleep(ms: number, signal?: AbortSignal): Promise<void> {
		return sleepBy(this, ms, signal);
	}

	/** Lets time pass, firing each timer at its moment and letting what it wakes run. */
	async advance(ms: number): Promise<void> {
		const end = this.#now + ms;
		await settle();
		for (let next = this.#nextBy(end); next !== undefined; next = this.#nextBy(end)) {
			this.#now = Math.max(this.#now, next.at);
			this.#timers.delete(next);
			next.callback();
			await settle();
		}
		this.#now = end;
	}

	/** Time passes but nothing runs: the event loop was blocked. The timers that are due fire with the next `advance`. */
	stall(ms: number): void {
		this.#now += ms;
	}

	#nextBy(end: number): Timer | undefined {
		let first: Timer | undefined;
		for (const timer of this.#timers) {
			if (timer.at > end) continue;
			if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
		}
		return first;
	}
}

/** Lets everything that can run without time passing run. */
export async function settle(): Promise<void> {
	for (let turn = 0; turn < 3; turn += 1) await new Promise<void>(resolve => setImmediate(resolve));
}
