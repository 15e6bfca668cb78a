/** Runs a program to its end and gives its output back; a failure carries what the program said, never what it was fed. */
import { spawn } from 'node:child_process';

export type RunOptions = { input?: string; env?: Record<string, string>; timeoutMs?: number; cwd?: string };

/** @returns the standard output as text. @throws Error with the program's standard error when it exits with anything but 0. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
	const { input, env, timeoutMs = 120_000, cwd } = options;
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, { env: { ...process.env, ...env }, cwd, timeout: timeoutMs, stdio: ['pipe', 'pipe', 'pipe'] });
		const out: Buffer[] = [];
		const err: Buffer[] = [];
		child.stdout.on('data', chunk => out.push(chunk));
		child.stderr.on('data', chunk => err.push(chunk));
		child.on('error', cause => reject(new Error(`${program} cannot be started: ${cause.message}`, { cause })));
		child.on('close', (code, signal) => {
			if (code === 0) return resolve(Buffer.concat(out).toString());
			const said = Buffer.concat(err).toString().trim();
			reject(new Error(`${program} ${args.join(' ')}: ${signal ?? `exit ${code}`}: ${said}`));
		});
		child.stdin.on('error', () => child.stdin.destroy());
		child.stdin.end(input ?? '');
	});
}

/**
 * Polls `probe` until it gives something, and gives that back.
 *
 * @throws Error naming `what` when `timeoutMs` have passed, with the last error of `probe` as its cause.
 */
export async function until<T>(what: string, probe: () => Promise<T | undefined | false>, timeoutMs = 60_000, everyMs = 100): Promise<T> {
	const deadline = performance.now() + timeoutMs;
	let last: unknown;
	while (performance.now() < deadline) {
		try {
			const found = await probe();
			if (found !== undefined && found !== false) return found;
			last = undefined;
		} catch (error) {
			last = error;
		}
		await new Promise(resolve => setTimeout(resolve, everyMs));
	}
	throw new Error(`${what}: not within ${timeoutMs / 1000} s`, { cause: last });
}
