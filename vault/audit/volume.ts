/**
 * The audit log on a volume. A record is written when a loss of power would not lose it: lines that wait at the same time are written
 * together and made safe by one fdatasync, so that many calls cost hardly more than one.
 *
 * After any failure every call is refused at once and the pod is not ready. Nobody calls a pod that is not ready, so the log itself tries
 * again on a timer. It takes off what the failure may have left, down to the last byte known to be safe, and writes a note of how many
 * calls were refused: when that note is safe, so is the next record. A file whose fdatasync failed is opened anew, because the system may
 * take the pages it could not write for clean (see "fsyncgate", PostgreSQL wiki).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditRecord, appendRecord, noteOf } from './chain.ts';
import { type AuditFile, type Disk, realDisk } from './disk.ts';
import { type Folder, openPlace, type Place, pathOf } from './files.ts';
import { type AuditLog, reasonOf, unavailable, type Written } from './log.ts';

const FILE_BYTES = 64 * 1024 * 1024;
/** With less free it takes no records: on a volume that is nearly full the pod would come and go with each line that still fits. */
export const LEAST_FREE_BYTES = 4 * 1024 * 1024;

export type VolumeOptions = {
	directory: string;
	pod: string;
	now: () => number;
	disk?: Disk;
	/** The next file begins when one would grow beyond this. */
	fileBytes?: number;
	/** How long after a failure it tries again. */
	retryMs?: number;
	/** How often it looks for free space by itself: a standby writes nothing, and must not be thought ready for that. */
	lookMs?: number;
	/** A volume that takes longer than this for a batch has failed. */
	patienceMs?: number;
};

type Waiting = { record: AuditRecord; resolve: () => void; reject: (error: Error) => void };
type Settings = Folder & Required<Omit<VolumeOptions, 'disk'>>;

/** @throws VaultError `audit_unavailable` when the directory cannot be used or a file in it is damaged. */
export async function openVolumeLog(options: VolumeOptions): Promise<VolumeLog> {
	const settings = { disk: realDisk, fileBytes: FILE_BYTES, retryMs: 2000, lookMs: 10_000, patienceMs: 5000, ...options };
	const { place, tornBytes } = await openPlace(settings);
	const log = new VolumeLog(settings, place);
	// When the note cannot be written the log is broken, which it tells and mends like any other failure.
	if (tornBytes > 0) await log.write(noteOf(options.now(), { error: 'torn_line', torn_bytes: tornBytes })).catch(() => undefined);
	return log;
}

export class VolumeLog implements AuditLog {
	readonly written: Written = { lines: 0, bytes: 0 };
	readonly #settings: Settings;
	#place: Place;
	#waiting: Waiting[] = [];
	#isFlushing = false;
	#flushing: Promise<void> = Promise.resolve();
	/** The last batch on its way, also when nobody waits for it any more. */
	#appending: Promise<void> = Promise.resolve();
	#asking: Promise<number> | undefined;
	#problem: unknown;
	#refused = 0;
	#listener: (problem: string | undefined) => void = () => undefined;
	readonly #closed = new AbortController();
	#isRecovering = false;
	#recovering: Promise<void> = Promise.resolve();

	constructor(settings: Settings, place: Place) {
		this.#settings = settings;
		this.#place = place;
		void this.#keepLooking();
	}

	watch(listener: (problem: string | undefined) => void): void {
		this.#listener = listener;
		if (this.#problem !== undefined) listener(reasonOf(this.#problem));
	}

	/** One question at a time: on a volume that hangs, each would take a thread for good. */
	freeBytes(): Promise<number> {
		this.#asking ??= this.#settings.disk.freeBytes(this.#settings.directory).finally(() => {
			this.#asking = undefined;
		});
		return this.#asking;
	}

	write(record: AuditRecord): Promise<void> {
		if (this.#problem !== undefined) {
			this.#refused += 1;
			return Promise.reject(unavailable(this.#problem));
		}
		return new Promise((resolve, reject) => {
			this.#waiting.push({ record, resolve, reject });
			if (!this.#isFlushing) this.#flushing = this.#flush();
		});
	}

	/** Lets what is under way end, and takes nothing more. A volume that hangs is not waited for. */
	async [Symbol.asyncDispose](): Promise<void> {
		this.#problem ??= new Error('the audit log is closed');
		this.#closed.abort();
		await Promise.race([this.#end(), sleep(this.#settings.patienceMs, undefined, { ref: false })]);
	}

	async #end(): Promise<void> {
		await this.#flushing;
		await this.#recovering;
		await this.#place.file.close().catch(() => undefined);
	}

	async #flush(): Promise<void> {
		this.#isFlushing = true;
		// What is written in the same turn of the event loop goes together.
		await Promise.resolve();
		while (this.#waiting.length > 0) {
			const batch = this.#waiting;
			this.#waiting = [];
			try {
				await this.#appendInTime(batch.map(({ record }) => record));
				for (const { resolve } of batch) resolve();
			} catch (cause) {
				this.#fail(cause, [...batch, ...this.#waiting]);
			}
		}
		// In the same step as the look that found none waiting, or the next one would wait for nobody.
		this.#isFlushing = false;
	}

	/** @throws when the records are not safe, or not in time: then they may still become so, which `#recover` waits for. */
	async #appendInTime(records: AuditRecord[]): Promise<void> {
		const patience = new AbortController();
		this.#appending = this.#append(records);
		const late = sleep(this.#settings.patienceMs, undefined, { signal: patience.signal, ref: false }).then(() => {
			throw new Error(`the volume did not take it in ${this.#settings.patienceMs} ms`);
		});
		// When it was in time, the patience that is called off has nobody to tell.
		late.catch(() => undefined);
		try {
			await Promise.race([this.#appending, late]);
		} finally {
			patience.abort();
		}
	}

	/** Numbered here and not before: records that could not be written leave no gap. */
	async #append(records: AuditRecord[]): Promise<void> {
		let { end } = this.#place;
		const lines = records.map(record => {
			const next = appendRecord(end, record);
			end = next.end;
			return `${next.line}\n`;
		});
		const bytes = Buffer.from(lines.join(''));
		if (this.#place.size > 0 && this.#place.size + bytes.length > this.#settings.fileBytes) await this.#nextFile();
		const { file, size } = this.#place;
		await file.write(bytes, size);
		await file.sync();
		this.#place = { ...this.#place, size: size + bytes.length, end };
		this.written.lines += records.length;
		this.written.bytes += bytes.length;
	}

	async #nextFile(): Promise<void> {
		const number = this.#place.number + 1;
		const file = await this.#openAt(number, 0, true);
		await this.#place.file.close().catch(() => undefined);
		this.#place = { ...this.#place, file, number, size: 0 };
	}

	/** Opens a file and cuts it to what is known to be safe; what fails on the way leaves no file open, however often it is tried. */
	async #openAt(number: number, size: number, isNew = false): Promise<AuditFile> {
		const { disk, directory } = this.#settings;
		const file = await disk.open(pathOf(this.#settings, number));
		try {
			const found = await file.size();
			if (found < size) throw new Error(`audit file ${number} has lost ${size - found} bytes`);
			if (isNew && found > 0) throw new Error(`audit file ${number} was put there by somebody else`);
			await file.truncate(size);
			if (isNew) await disk.syncDirectory(directory);
			return file;
		} catch (cause) {
			await file.close().catch(() => undefined);
			throw cause;
		}
	}

	#fail(cause: unknown, unwritten: readonly Waiting[]): void {
		this.#waiting = [];
		this.#problem = cause;
		this.#refused += unwritten.length;
		this.#listener(reasonOf(cause));
		for (const { reject } of unwritten) reject(unavailable(cause));
		// Two at once would write over each other: a batch may fail after the look for space did.
		if (!this.#isRecovering) this.#recovering = this.#recover();
	}

	async #keepLooking(): Promise<void> {
		const { signal } = this.#closed;
		while (!signal.aborted) {
			if (this.#problem === undefined) {
				const full = await this.#lookForSpace().catch((cause: unknown) => cause);
				if (full !== undefined && this.#problem === undefined) this.#fail(full, this.#waiting);
			}
			await sleep(this.#settings.lookMs, undefined, { signal, ref: false }).catch(() => undefined);
		}
	}

	/** @throws when there is too little, or nobody can say. */
	async #lookForSpace(): Promise<void> {
		const free = await this.freeBytes();
		if (free < LEAST_FREE_BYTES) throw new Error(`less than ${LEAST_FREE_BYTES} bytes are free on the audit volume`);
	}

	/** Tries until it succeeds or the log is closed. */
	async #recover(): Promise<void> {
		const { signal } = this.#closed;
		this.#isRecovering = true;
		while (this.#problem !== undefined) {
			await sleep(this.#settings.retryMs, undefined, { signal, ref: false }).catch(() => undefined);
			if (signal.aborted) return;
			try {
				await this.#tryAgain();
			} catch (cause) {
				// Why it does not come back may be another reason than why it failed.
				if (reasonOf(cause) !== reasonOf(this.#problem)) this.#listener(reasonOf(cause));
				this.#problem = cause;
			}
		}
		this.#isRecovering = false;
	}

	async #tryAgain(): Promise<void> {
		await this.#appending.catch(() => undefined);
		await this.#lookForSpace();
		const { file, number, size } = this.#place;
		await file.close().catch(() => undefined);
		this.#place = { ...this.#place, file: await this.#openAt(number, size) };
		await this.#note(record => this.#appendInTime([record]));
		this.#problem = undefined;
		this.#listener(undefined);
		// Those that were refused meanwhile come next, before any call. Not waited for: when it fails, another recovery begins.
		if (this.#refused > 0) void this.#note(record => this.write(record)).catch(() => undefined);
	}

	/** Writes how many calls were refused; they stay counted until that is safe. */
	async #note(write: (record: AuditRecord) => Promise<void>): Promise<void> {
		const refused = this.#refused;
		await write(noteOf(this.#settings.now(), { error: 'audit_unavailable', refused_calls: refused }));
		this.#refused -= refused;
	}
}
