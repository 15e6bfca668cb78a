/**
 * What the program of a pod may touch, as flags of Node: it reads its own code and what is mounted for it, writes what a caller names, and
 * starts no process, no thread and no addon. This holds what an image without a shell, a read-only root and no capabilities hold already,
 * once more inside of the process, where a library that was made to misbehave would run.
 */
import { PATHS } from './names.ts';

const READS = [
	'/app/',
	'/etc/runevault/',
	`${PATHS.keys}/`,
	'/var/run/secrets/kubernetes.io/serviceaccount/',
	// What the metrics of a process are read from.
	'/proc/self/',
];

/**
 * @param writable paths that may be read and written; a folder ends with a slash
 * @param readable others that may be read
 */
export function nodeFlags(writable: readonly string[] = [], readable: readonly string[] = []): string[] {
	return [
		'--permission',
		...[...READS, ...readable, ...writable].map(path => `--allow-fs-read=${path}`),
		...writable.map(path => `--allow-fs-write=${path}`),
		// Nothing can be smuggled into the objects of others by JSON, and no debugger be called by a signal.
		'--disable-proto=delete',
		'--disable-sigusr1',
	];
}
