/**
 * A value that is read from files of a mounted Secret, and follows them. The kubelet changes such files by swapping the `..data` link of
 * their folder, so the folder is watched, and a poll catches what a watch misses. What cannot be used leaves the last good value in force.
 */
import { watch } from 'node:fs';

export type Reading<T> = { value: T } | { problem: string };

export type Followed<T> = {
	/** The last good one. */
	value(): T;
	/** Why the newest files are not in force, if they are not. */
	problem(): string | undefined;
	close(): void;
};

export type FollowOptions<T> = {
	/** What was read first. */
	first: T;
	read: () => Reading<T>;
	isSame: (a: T, b: T) => boolean;
	pollMs?: number | undefined;
	/** With the problem, or without one when a new value is in force. Not called again for the same problem. */
	onChange?: ((problem: string | undefined) => void) | undefined;
};

/** Follows the files of `directory` until closed. */
export function followFiles<T>(directory: string, { first, read, isSame, pollMs = 1000, onChange }: FollowOptions<T>): Followed<T> {
	let value = first;
	let problem: string | undefined;

	const reload = () => {
		const next = read();
		if ('problem' in next) {
			if (next.problem === problem) return;
			problem = next.problem;
		} else {
			if (problem === undefined && isSame(next.value, value)) return;
			({ value } = next);
			problem = undefined;
		}
		onChange?.(problem);
	};
	const watcher = watch(directory, reload);
	// The poll goes on when the watch breaks, so its error changes nothing but the delay.
	watcher.on('error', () => watcher.close());
	const timer = setInterval(reload, pollMs);

	return {
		value: () => value,
		problem: () => problem,
		close() {
			clearInterval(timer);
			watcher.close();
		},
	};
}
