/** Tells what the demo does as it does it, counts its checks, and leaves the figures as `build/reports/<name>.json`. */
import { mkdir, writeFile } from 'node:fs/promises';

export type Figure = string | number | boolean;

export class Story {
	readonly #name: string;
	readonly #started = performance.now();
	readonly #figures: Record<string, Figure> = {};
	readonly #failed: string[] = [];
	#passed = 0;

	constructor(name: string) {
		this.#name = name;
	}

	/** A chapter's heading, with the seconds since the start. */
	chapter(title: string): void {
		console.log(`\n[${this.#seconds().padStart(6)} s] ${title}`);
	}

	tell(line: string): void {
		console.log(`           ${line}`);
	}

	/** Counts a check; a failed one is told at once and the demo goes on, to show everything that is wrong. */
	check(what: string, holds: boolean): void {
		if (holds) this.#passed++;
		else this.#failed.push(what);
		this.tell(`${holds ? '✓' : '✗'} ${what}`);
	}

	/** Keeps a number for the report. */
	figure(name: string, value: Figure): void {
		this.#figures[name] = value;
	}

	/** Prints rows under their headings, columns aligned. */
	table(headings: readonly string[], rows: readonly (readonly string[])[]): void {
		const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map(row => (row[column] ?? '').length)));
		const line = (cells: readonly string[]) =>
			cells
				.map((cell, column) => cell.padEnd(widths[column] ?? 0))
				.join('  ')
				.trimEnd();
		this.tell(line(headings));
		this.tell(widths.map(width => '─'.repeat(width)).join('  '));
		for (const row of rows) this.tell(line(row));
	}

	/** Writes the report and prints the last line. @returns the process's exit code. */
	async end(error?: unknown): Promise<number> {
		if (error !== undefined) this.#failed.push(describe(error));
		const report = { passed: this.#passed, failed: this.#failed, seconds: Number(this.#seconds()), figures: this.#figures };
		await mkdir('build/reports', { recursive: true });
		await writeFile(`build/reports/${this.#name}.json`, `${JSON.stringify(report, null, 2)}\n`);
		if (this.#failed.length === 0) {
			console.log(`\n${this.#name}: ${this.#passed} checks passed`);
			return 0;
		}
		for (const failure of this.#failed) console.log(`✗ ${failure}`);
		console.log(`\n${this.#name}: ${this.#passed} checks passed, ${this.#failed.length} failed`);
		return 1;
	}

	#seconds(): string {
		return ((performance.now() - this.#started) / 1000).toFixed(1);
	}
}

/** An error with the chain of its causes, on one line. */
function describe(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`;
}
