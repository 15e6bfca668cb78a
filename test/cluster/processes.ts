/**
 * The cluster's processes: started detached with a log of their own, recorded, and only ever ended by what was recorded.
 *
 * A record is a pid with the process's start time, since a pid alone may belong to somebody else by the time it is read.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { until } from '../install/run.ts';
import { running } from './paths.ts';

export type Command = { readonly name: string; readonly command: readonly string[] };

const recordSchema = z.object({ name: z.string(), pid: z.number().int().positive(), startTicks: z.string() });
export type ProcessRecord = Readonly<z.infer<typeof recordSchema>>;

/** The clock ticks from the machine's start to the process's, or undefined when there is no such process (a zombie counts as none). */
function startTicks(pid: number): string | undefined {
	let stat: string;
	try {
		stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
	} catch {
		return undefined;
	}
	return parseStartTicks(stat);
}

/** The 22nd field of proc(5)'s stat; the second, a name in brackets, may hold anything. @returns undefined for a zombie */
export function parseStartTicks(stat: string): string | undefined {
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return fields[0] === 'Z' ? undefined : fields[19];
}

export function isAlive(record: ProcessRecord): boolean {
	return startTicks(record.pid) === record.startTicks;
}

/** The log of a component. */
export function logOf(name: string): string {
	return join(running.logs, `${name}.log`);
}

/** Starts a process that outlives this one. @throws Error when the program cannot be started. */
export async function start({ name, command }: Command): Promise<ProcessRecord> {
	const [program = '', ...args] = command;
	await mkdir(running.logs, { recursive: true });
	await mkdir(running.processes, { recursive: true });
	const log = openSync(logOf(name), 'a');
	const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log], cwd: running.directory });
	closeSync(log);
	await once(child, 'spawn');
	child.unref();
	const record = { name, pid: child.pid ?? 0, startTicks: startTicks(child.pid ?? 0) ?? '' };
	await writeFile(join(running.processes, `${name}.json`), JSON.stringify(record));
	return record;
}

/** Every process that was started, dead ones too. */
export async function recorded(): Promise<ProcessRecord[]> {
	const files = await readdir(running.processes).catch(() => []);
	const texts = await Promise.all(files.sort().map(file => readFile(join(running.processes, file), 'utf8')));
	return texts.map(text => recordSchema.parse(JSON.parse(text)));
}

/** Kills processes, which keep nothing worth an orderly end, and waits until they are gone. */
export async function kill(records: readonly ProcessRecord[]): Promise<void> {
	for (const record of records) if (isAlive(record)) process.kill(record.pid, 'SIGKILL');
	await until('killed processes gone', async () => records.every(record => !isAlive(record)), 10_000, 20);
}

/**
 * Waits for `probe`, and gives up at once when one of the processes it depends on has ended.
 *
 * @throws Error with the last line of that process's log
 */
export async function untilReady<T>(
	what: string,
	needs: readonly ProcessRecord[],
	probe: () => Promise<T | undefined | false>,
	timeoutMs: number,
): Promise<T> {
	const outcome = await until<{ value: T } | { ended: ProcessRecord }>(
		what,
		async () => {
			const ended = needs.find(record => !isAlive(record));
			if (ended) return { ended };
			const value = await probe();
			return value === undefined || value === false ? undefined : { value };
		},
		timeoutMs,
	);
	if ('value' in outcome) return outcome.value;
	const { name } = outcome.ended;
	const lines = (await readFile(logOf(name), 'utf8')).trimEnd().split('\n');
	throw new Error(`${name} has ended: ${lines.at(-1)} (${logOf(name)})`);
}

/** The resident memory in bytes of a process and, where it only waits for one (`nsenter`), of that child. */
export function residentBytes(pid: number): number {
	const of = (each: number): number => {
		const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${each}/status`, 'utf8'))?.[1];
		return Number(kilobytes ?? 0) * 1024;
	};
	const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
	return of(pid) + children.reduce((sum, child) => sum + of(child), 0);
}
