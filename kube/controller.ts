/**
 * Workers between a queue and a reconcile function. The reconcile takes only a key and is level-based: it looks, compares and acts, whatever
 * event brought it here. What comes of it is decided in one switch.
 */
import { type Clock, systemClock } from './clock.ts';
import { priorities, type Queue } from './queue.ts';

export type Outcome = { done: true } | { againAfterMs: number };

/** controller-runtime's words, the label `result` of its metrics. */
export type Result = 'success' | 'requeue_after' | 'error';

export type ControllerOptions = {
	name: string;
	queue: Queue;
	/** A throw means: again, with the key's backoff. */
	reconcile: (key: string, signal: AbortSignal) => Promise<Outcome>;
	workers: number;
	onError?: (error: unknown, key: string) => void;
	observe?: (result: Result, seconds: number) => void;
	clock?: Clock;
};

export type Controller = {
	readonly name: string;
	/** Works until the signal is aborted, lets running reconciles end, and resolves. May be run again: the queue keeps its keys. */
	run(signal: AbortSignal): Promise<void>;
};

export function createController(options: ControllerOptions): Controller {
	const { name, queue, reconcile, workers, clock = systemClock, onError = () => undefined, observe = () => undefined } = options;

	async function attempt(key: string, signal: AbortSignal): Promise<Outcome | { error: unknown }> {
		try {
			return await reconcile(key, signal);
		} catch (error) {
			return { error };
		}
	}

	/** Returns the result, or nothing when the reconcile was cut short by the stop and counts for nothing. */
	function settle(key: string, outcome: Outcome | { error: unknown }, signal: AbortSignal): Result | undefined {
		if ('done' in outcome) {
			queue.forget(key);
			return 'success';
		}
		if ('againAfterMs' in outcome) {
			queue.forget(key);
			queue.add(key, { afterMs: outcome.againAfterMs });
			return 'requeue_after';
		}
		if (signal.aborted) {
			queue.add(key, { priority: priorities.normal });
			return undefined;
		}
		queue.retry(key);
		onError(outcome.error, key);
		return 'error';
	}

	async function work(signal: AbortSignal): Promise<void> {
		for (let key = await queue.take(signal); key !== undefined; key = await queue.take(signal)) {
			const startedAt = clock.now();
			const result = settle(key, await attempt(key, signal), signal);
			queue.done(key);
			if (result !== undefined) observe(result, (clock.now() - startedAt) / 1000);
		}
	}

	return {
		name,
		async run(signal) {
			await Promise.all(Array.from({ length: workers }, () => work(signal)));
		},
	};
}
