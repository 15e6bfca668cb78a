/** Audit files in a folder of their own, on a disk that fails, hangs and counts as a test says. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Disk, realDisk } from '../../../vault/audit/disk.ts';
import { openVolumeLog, type VolumeOptions } from '../../../vault/audit/volume.ts';

/** The log of pod acme-0, which tries again soon. */
export const open = (directory: string, change: Partial<VolumeOptions> = {}) =>
	openVolumeLog({ directory, pod: 'acme-0', now: () => 0, retryMs: 5, ...change });
export const FIRST = 'audit-acme-0.000001.jsonl';
export const fields = (line: string | undefined) => Object(JSON.parse(line ?? '{}'));

/** What is wrong with the disk; nothing at first. */
export type Faults = {
	/** Writes end with this after the first half of the bytes is written. */
	write?: Error | undefined;
	sync?: Error | undefined;
	/** Syncs wait for this. */
	hang?: Promise<void> | undefined;
	free?: number | undefined;
	open?: Error | undefined;
	directory?: Error | undefined;
};

export function testDisk(): { disk: Disk; faults: Faults; counts: { syncs: number; opens: number; closes: number; looks: number } } {
	const faults: Faults = {};
	const counts = { syncs: 0, opens: 0, closes: 0, looks: 0 };
	const disk: Disk = {
		...realDisk,
		async open(path) {
			if (faults.open !== undefined) throw faults.open;
			const file = await realDisk.open(path);
			counts.opens += 1;
			let isOpen = true;
			return {
				...file,
				async close() {
					await file.close();
					if (isOpen) counts.closes += 1;
					isOpen = false;
				},
				async write(bytes, position) {
					const fault = faults.write;
					if (fault === undefined) return file.write(bytes, position);
					await file.write(bytes.subarray(0, bytes.length / 2), position);
					throw fault;
				},
				async sync() {
					counts.syncs += 1;
					await faults.hang;
					if (faults.sync !== undefined) throw faults.sync;
					await file.sync();
				},
			};
		},
		async syncDirectory(directory) {
			if (faults.directory !== undefined) throw faults.directory;
			await realDisk.syncDirectory(directory);
		},
		freeBytes: async directory => {
			counts.looks += 1;
			return faults.free ?? realDisk.freeBytes(directory);
		},
	};
	return { disk, faults, counts };
}

export const errorOf = (code: string): Error => Object.assign(new Error(`${code}: of the test`), { code });

/** A folder that is gone with the block. */
export function testFolder(): { directory: string; files(): string[]; text(file: string): string; lines(): string[] } & Disposable {
	const directory = mkdtempSync(join(tmpdir(), 'audit-'));
	const files = () => readdirSync(directory).sort();
	const text = (file: string) => readFileSync(join(directory, file), 'utf8');
	return {
		directory,
		files,
		text,
		/** Of all files, in order. */
		lines: () => files().flatMap(file => text(file).split('\n').slice(0, -1)),
		[Symbol.dispose]: () => rmSync(directory, { recursive: true }),
	};
}

/** Where the lines stop being one chain that begins with seq 1: their number when they are one. */
export function chained(lines: readonly string[]): number {
	let prev = '0'.repeat(64);
	for (const [index, line] of lines.entries()) {
		const read = Object(JSON.parse(line));
		if (read.seq !== index + 1 || read.prev !== prev) return index;
		prev = createHash('sha256').update(line).digest('hex');
	}
	return lines.length;
}

/** Waits for a condition. */
export async function until(isSo: () => boolean): Promise<void> {
	for (const endsAt = performance.now() + 5000; !isSo(); ) {
		if (performance.now() > endsAt) throw new Error('it did not become so in 5 s');
		await sleep(2);
	}
}
