/** Text for a terminal. What comes from the cluster is shown on one line and cannot move the cursor. */

/** Control characters and line breaks become spaces. */
export function oneLine(text: string): string {
	return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
}

/** Rows under headings, columns aligned. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
	const all = [headings, ...rows].map(row => row.map(oneLine));
	const widths = headings.map((_, column) => Math.max(...all.map(row => row[column]?.length ?? 0)));
	return all.map(row =>
		row
			.map((cell, column) => cell.padEnd(widths[column] ?? 0))
			.join('  ')
			.trimEnd(),
	);
}

export const indent = (lines: readonly string[], by = '  '): string[] => lines.map(line => `${by}${line}`);

const UNITS = [
	['d', 86_400],
	['h', 3600],
	['m', 60],
] as const;

/** Time since an RFC 3339 instant in its largest unit, such as `3h`; `?` when there is none. A clock that is behind shows `0s`. */
export function age(instant: string | undefined, now: Date): string {
	const seconds = Math.max(0, Math.floor((now.getTime() - Date.parse(instant ?? '')) / 1000));
	if (Number.isNaN(seconds)) return '?';
	const [unit, size] = UNITS.find(each => seconds >= each[1]) ?? ['s', 1];
	return `${Math.floor(seconds / size)}${unit}`;
}
