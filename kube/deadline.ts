/**
 * Signals that end by themselves. Linked by hand and unlinked on disposal: `AbortSignal.any` on a signal that lives as long as the process
 * would keep memory for every call ever made.
 */
import type { Clock } from './clock.ts';

export type Deadline = { readonly signal: AbortSignal; readonly hasPassed: boolean; [Symbol.dispose](): void };

/** A signal that is aborted with its parent or after `ms`, whichever comes first. Dispose of it when the work is done. */
export function deadline(clock: Clock, ms: number, parent?: AbortSignal): Deadline {
	const control = new AbortController();
	let hasPassed = false;
	const cancel = clock.after(ms, () => {
		hasPassed = true;
		control.abort();
	});
	const follow = () => control.abort();
	if (parent?.aborted) control.abort();
	parent?.addEventListener('abort', follow, { once: true });
	return {
		signal: control.signal,
		get hasPassed() {
			return hasPassed;
		},
		[Symbol.dispose]() {
			cancel();
			parent?.removeEventListener('abort', follow);
		},
	};
}

/** Settles as the promise does, or rejects as soon as the signal is aborted; what comes later is left to `discard`. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal, discard: (late: T) => void): Promise<T> {
	return new Promise((resolve, reject) => {
		let isOver = false;
		const abort = () => {
			isOver = true;
			reject(signal.reason);
		};
		if (signal.aborted) abort();
		signal.addEventListener('abort', abort, { once: true });
		promise.then(value => (isOver ? discard(value) : resolve(value)), reject).finally(() => signal.removeEventListener('abort', abort));
	});
}
