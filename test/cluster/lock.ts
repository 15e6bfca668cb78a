/**
 * One at a time across processes and checkouts: two builds of the same program, or two clusters coming up, would spoil each other.
 *
 * The kernel holds the lock (`flock`), for as long as a small child lives, which ends when this process does: nothing stale is ever left.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

const PATIENCE_MS = 1_000;

/**
 * Does `work` while holding the lock on `file`, which is created when missing.
 *
 * @param onWait called once when another process holds the lock for more than a moment
 */
export async function withLock<T>(file: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
	await mkdir(dirname(file), { recursive: true });
	const holder = spawn('flock', [file, 'sh', '-c', 'echo held; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
	const waiting = setTimeout(onWait, PATIENCE_MS);
	try {
		const ended = once(holder, 'exit').then(([code]) => Promise.reject(new Error(`flock ${file}: exit ${code}`)));
		ended.catch(() => undefined);
		await Promise.race([once(holder.stdout, 'data'), ended]);
		clearTimeout(waiting);
		return await work();
	} finally {
		clearTimeout(waiting);
		holder.stdin.end();
	}
}
