/** Text for a terminal. What comes from the cluster is shown on one line and cannot move the cursor. */

/** Control characters and line breaks become spaces. */
export function oneLine(text: string): string {
	return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
}

/** What fits a terminal. */
export const COLUMNS = 100;

type Row = readonly string[];

/** A last column is not made narrower than this, however narrow the terminal. */
const NARROWEST = 24;

/**
 * Rows of equally many cells, columns aligned.
 * @param width of the whole: a longer text in the last column goes on below itself; without it each row is one line, as scripts want it.
 */
export function columns(rows: readonly Row[], width = Number.POSITIVE_INFINITY): string[] {
	const all = rows.map(row => row.map(oneLine));
	const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map(row => row[column]?.length ?? 0)));
	const margin = widths.slice(0, -1).reduce((sum, each) => sum + each + 2, 0);
	const last = Math.max(width - margin, NARROWEST);
	const start = (row: Row) => row.map((cell, column) => `${cell.padEnd(widths[column] ?? 0)}  `).join('');
	return all.flatMap(row =>
		wrap(row.at(-1) ?? '', last).map((part, line) => ((line === 0 ? start(row.slice(0, -1)) : ' '.repeat(margin)) + part).trimEnd()),
	);
}

/** `columns` under headings. */
export const table = (headings: Row, rows: readonly Row[], width?: number): string[] => columns([headings, ...rows], width);

/** Lines of whole words; a word that is longer than a line has one of its own. */
function wrap(text: string, width: number): string[] {
	const lines = [''];
	for (const word of text.split(' ')) {
		const line = lines.at(-1) ?? '';
		if (line === '') lines[lines.length - 1] = word;
		else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
		else lines.push(word);
	}
	return lines;
}

export const INDENT = '  ';
export const indent = (lines: readonly string[]): string[] => lines.map(line => `${INDENT}${line}`);

/** Milliseconds as seconds, such as `0.4 s`. */
export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

const UNITS = [
	['d', 86_400],
	['h', 3600],
	['m', 60],
] as const;

/** Time since an RFC 3339 instant in its largest unit, such as `3h`; `?` when there is none. A clock that is behind shows `0s`. */
export function age(instant: string | undefined, now: Date): string {
	const passed = Math.max(0, Math.floor((now.getTime() - Date.parse(instant ?? '')) / 1000));
	if (Number.isNaN(passed)) return '?';
	const [unit, size] = UNITS.find(each => passed >= each[1]) ?? ['s', 1];
	return `${Math.floor(passed / size)}${unit}`;
}
