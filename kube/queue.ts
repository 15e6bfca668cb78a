/**
 * What is to be reconciled: keys, never objects.
 *
 * A key waits at most once, however often it is added. While a worker has it, another add waits until the worker is done: no two workers
 * ever hold one key. Higher priorities go first, equal ones in order of arrival. A delayed add waits for its time; of several the earliest
 * wins, and an add for now replaces them. Failures are counted a key: `retry` waits 100 ms, doubling to 60 s, until `forget`.
 */
import { exponential } from './backoff.ts';
import { type Clock, systemClock } from './clock.ts';

/** Any number will do; these are the usual ones. */
export const priorities = { urgent: 100, normal: 0, resync: -100 } as const;

/** Numbers for the `workqueue_*` metrics. */
export type QueueObserver = {
	depth?: (waiting: number) => void;
	added?: () => void;
	retried?: () => void;
	/** Seconds from being ready to being taken. */
	latency?: (seconds: number) => void;
	/** Seconds from being taken to being done. */
	worked?: (seconds: number) => void;
};

export type QueueOptions = { baseMs?: number; capMs?: number; clock?: Clock; observer?: QueueObserver };
export type AddOptions = { priority?: number; afterMs?: number };

type Waiting = { priority: number; since: number };
type Delayed = { priority: number; at: number; cancel: () => void };
type Work = { since: number; again?: Waiting };

export class Queue {
	/** Ready keys by priority; each Map keeps the order of arrival. */
	readonly #ready = new Map<number, Map<string, Waiting>>();
	readonly #delayed = new Map<string, Delayed>();
	readonly #working = new Map<string, Work>();
	readonly #failures = new Map<string, number>();
	readonly #takers: (() => void)[] = [];
	readonly #options: Required<QueueOptions>;

	constructor({ baseMs = 100, capMs = 60_000, clock = systemClock, observer = {} }: QueueOptions = {}) {
		this.#options = { baseMs, capMs, clock, observer };
	}

	/** How many keys are ready and not taken. */
	get depth(): number {
		return this.#ready.values().reduce((sum, keys) => sum + keys.size, 0);
	}

	/** Adds the key, now or after `afterMs`. One that is waiting already keeps its place, or moves up to a higher priority. */
	add(key: string, { priority = priorities.normal, afterMs = 0 }: AddOptions = {}): void {
		if (afterMs > 0) this.#addLater(key, priority, afterMs);
		else this.#addNow(key, priority);
	}

	/** Adds the key again after its own backoff. */
	retry(key: string, { priority = priorities.normal }: { priority?: number } = {}): void {
		const failures = this.failures(key);
		this.#failures.set(key, failures + 1);
		this.#options.observer.retried?.();
		this.add(key, { priority, afterMs: exponential(failures, this.#options) });
	}

	/** Ends the key's backoff: it has succeeded, or is gone. */
	forget(key: string): void {
		this.#failures.delete(key);
	}

	/** Failures in a row. */
	failures(key: string): number {
		return this.#failures.get(key) ?? 0;
	}

	/** The next key, or nothing once the signal is aborted. It is the taker's until `done`. */
	async take(signal: AbortSignal): Promise<string | undefined> {
		while (!signal.aborted) {
			const key = this.#pop();
			if (key !== undefined) return key;
			await this.#arrival(signal);
		}
		// The wake-up may have been meant for a taker that goes on.
		if (this.depth > 0) this.#takers.shift()?.();
		return undefined;
	}

	/** Forgets every key that waits for its time, so that no timer outlives the work. */
	close(): void {
		for (const { cancel } of this.#delayed.values()) cancel();
		this.#delayed.clear();
	}

	/** The worker lets go of the key; added meanwhile, it is ready again. */
	done(key: string): void {
		const work = this.#working.get(key);
		if (work === undefined) return;
		this.#working.delete(key);
		this.#options.observer.worked?.((this.#options.clock.now() - work.since) / 1000);
		if (work.again !== undefined) this.#enter(key, work.again);
	}

	#addNow(key: string, asked: number): void {
		const { clock, observer } = this.#options;
		const priority = Math.max(asked, this.#dropDelay(key) ?? asked);
		const work = this.#working.get(key);
		const waiting = work === undefined ? this.#waiting(key) : work.again;
		if (waiting === undefined) observer.added?.();
		else if (waiting.priority >= priority) return;
		const entry = { priority, since: waiting?.since ?? clock.now() };
		if (work !== undefined) {
			work.again = entry;
			return;
		}
		if (waiting !== undefined) this.#ready.get(waiting.priority)?.delete(key);
		this.#enter(key, entry);
	}

	#addLater(key: string, asked: number, afterMs: number): void {
		const { clock } = this.#options;
		const isDueAlready = (this.#working.get(key)?.again ?? this.#waiting(key)) !== undefined;
		if (isDueAlready) {
			this.#addNow(key, asked);
			return;
		}
		const earlier = this.#delayed.get(key);
		const priority = Math.max(asked, earlier?.priority ?? asked);
		const at = Math.min(clock.now() + afterMs, earlier?.at ?? Number.POSITIVE_INFINITY);
		earlier?.cancel();
		const cancel = clock.after(Math.max(0, at - clock.now()), () => this.#addNow(key, priority));
		this.#delayed.set(key, { priority, at, cancel });
	}

	/** Returns the priority of the delay it cancelled. */
	#dropDelay(key: string): number | undefined {
		const delayed = this.#delayed.get(key);
		delayed?.cancel();
		this.#delayed.delete(key);
		return delayed?.priority;
	}

	#waiting(key: string): Waiting | undefined {
		for (const keys of this.#ready.values()) {
			const waiting = keys.get(key);
			if (waiting !== undefined) return waiting;
		}
		return undefined;
	}

	#enter(key: string, waiting: Waiting): void {
		const keys = this.#ready.get(waiting.priority) ?? new Map<string, Waiting>();
		this.#ready.set(waiting.priority, keys.set(key, waiting));
		this.#options.observer.depth?.(this.depth);
		this.#takers.shift()?.();
	}

	#pop(): string | undefined {
		const { clock, observer } = this.#options;
		for (const priority of [...this.#ready.keys()].sort((a, b) => b - a)) {
			const keys = this.#ready.get(priority);
			for (const [key, { since }] of keys ?? []) {
				keys?.delete(key);
				this.#working.set(key, { since: clock.now() });
				observer.depth?.(this.depth);
				observer.latency?.((clock.now() - since) / 1000);
				return key;
			}
			this.#ready.delete(priority);
		}
		return undefined;
	}

	/** Resolves when a key has become ready, or the signal is aborted. */
	#arrival(signal: AbortSignal): Promise<void> {
		return new Promise(resolve => {
			const wake = () => {
				signal.removeEventListener('abort', abort);
				resolve();
			};
			const abort = () => {
				const index = this.#takers.indexOf(wake);
				if (index >= 0) this.#takers.splice(index, 1);
				resolve();
			};
			this.#takers.push(wake);
			signal.addEventListener('abort', abort, { once: true });
		});
	}
}
