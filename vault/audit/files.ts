/**
 * The files of an audit log on a volume: `audit-<pod>.000001.jsonl` and on, each of which goes on where the one before ends.
 *
 * When a process starts, the last complete line says how the chain goes on. What stands after it is a line that a crash cut off: its call
 * was never answered, since no answer leaves before its line is safe, so it is removed and a note says how long it was. A complete line
 * that is no record is not what a crash leaves behind: then the process does not start, because going on would bury it.
 */
import { join } from 'node:path';
import { VaultError } from '../../fhe/errors.ts';
import { type ChainEnd, chainStart, endAfter } from './chain.ts';
import type { AuditFile, Disk } from './disk.ts';

/** Where the next line goes. */
export type Place = { file: AuditFile; number: number; size: number; end: ChainEnd };

export type Folder = { disk: Disk; directory: string; pod: string };

/** Far more than the longest line. */
const WINDOW = 262_144;
const NEWLINE = 10;

export const pathOf = ({ directory, pod }: Folder, number: number): string =>
	join(directory, `audit-${pod}.${String(number).padStart(6, '0')}.jsonl`);

/** The numbers of a pod's files, oldest first. */
function numbersOf(names: readonly string[], pod: string): number[] {
	const numbers = names.flatMap(name => {
		if (!name.startsWith(`audit-${pod}.`)) return [];
		const digits = /^\.([0-9]{6,15})\.jsonl$/.exec(name.slice(`audit-${pod}`.length))?.[1];
		return digits === undefined ? [] : [Number(digits)];
	});
	return numbers.sort((a, b) => a - b);
}

/**
 * Opens the newest file, or makes the first one, without what a crash left unfinished.
 * @throws VaultError `audit_unavailable` naming the directory, when it cannot be read or written, or the file that is damaged.
 */
export async function openPlace(folder: Folder): Promise<{ place: Place; tornBytes: number }> {
	let file: AuditFile | undefined;
	try {
		const numbers = numbersOf(await folder.disk.list(folder.directory), folder.pod);
		const number = numbers.at(-1) ?? 1;
		file = await folder.disk.open(pathOf(folder, number));
		const found = await readEnd(file, pathOf(folder, number));
		const end = found.end ?? (await endOfOlder(folder, numbers.at(-2)));
		if (found.tornBytes > 0) await file.truncate(found.size);
		await file.sync();
		await folder.disk.syncDirectory(folder.directory);
		return { place: { file, number, size: found.size, end }, tornBytes: found.tornBytes };
	} catch (cause) {
		await file?.close().catch(() => undefined);
		if (cause instanceof VaultError) throw cause;
		const why = cause instanceof Error ? cause.message : String(cause);
		throw new VaultError('audit_unavailable', `audit.directory ${folder.directory}: ${why}`, { cause, field: 'audit.directory' });
	}
}

/** The chain's end in a file that is complete; the start of all when there is none. */
async function endOfOlder(folder: Folder, number: number | undefined): Promise<ChainEnd> {
	if (number === undefined) return chainStart;
	const path = pathOf(folder, number);
	const file = await folder.disk.open(path);
	try {
		const { end, tornBytes } = await readEnd(file, path);
		if (end === undefined || tornBytes > 0) throw damaged(path, 'has no complete last line, and a newer file follows it');
		return end;
	} finally {
		await file.close();
	}
}

/** Where the last complete line ends, how many bytes stand after it, and the chain's end, if there is a line. */
async function readEnd(file: AuditFile, path: string): Promise<{ size: number; tornBytes: number; end: ChainEnd | undefined }> {
	const total = await file.size();
	const from = Math.max(0, total - WINDOW);
	const tail = await file.read(from, total - from);
	const last = tail.lastIndexOf(NEWLINE);
	const before = last > 0 ? tail.lastIndexOf(NEWLINE, last - 1) : -1;
	if (from > 0 && before === -1) throw damaged(path, 'has no line at its end');
	if (last === -1) return { size: 0, tornBytes: total, end: undefined };
	const end = endAfter(tail.subarray(before + 1, last));
	if (end === undefined) throw damaged(path, 'ends in a line that is no audit record');
	return { size: from + last + 1, tornBytes: tail.length - last - 1, end };
}

function damaged(path: string, why: string): VaultError {
	return new VaultError('audit_unavailable', `audit file ${path} ${why}: keep it and move it out of the directory`, {
		field: 'audit.directory',
	});
}
