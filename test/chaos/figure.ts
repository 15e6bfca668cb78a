/**
 * A report as a picture: one small histogram of gaps a case, with its promise as a line. Pure text, no library.
 *
 * Colours follow the reader's light or dark mode through the style sheet inside; nothing is painted behind.
 */
import type { CaseReport, Report } from './report.ts';
import { targets } from './targets.ts';

const PANEL = { width: 300, height: 150 } as const;
const COLUMNS = 3;
const MARGIN = { left: 16, right: 16, top: 46, bottom: 26 } as const;
const PLOT = {
	width: PANEL.width - MARGIN.left - MARGIN.right,
	height: PANEL.height - MARGIN.top - MARGIN.bottom,
} as const;
const BINS = 30;

const style = `
text { font: 11px system-ui, sans-serif; fill: #57606a; }
.name { font-size: 14px; font-weight: 600; fill: #1f2328; }
.bar { fill: #0969da; }
.axis { stroke: #8c959f; stroke-width: 1; }
.promise { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 4 3; }
.promise-text { fill: #cf222e; }
@media (prefers-color-scheme: dark) {
	text { fill: #9198a1; }
	.name { fill: #f0f6fc; }
	.bar { fill: #4493f8; }
	.axis { stroke: #656c76; }
	.promise { stroke: #f85149; }
	.promise-text { fill: #f85149; }
}`;

/** The report's cases as one SVG. */
export function renderFigure({ cases, nodes, lanes }: Pick<Report, 'cases' | 'nodes' | 'lanes'>): string {
	const rows = Math.max(1, Math.ceil(cases.length / COLUMNS));
	const [width, height] = [COLUMNS * PANEL.width, rows * PANEL.height + 24];
	const panels = cases.map((each, at) => {
		const [x, y] = [(at % COLUMNS) * PANEL.width, Math.floor(at / COLUMNS) * PANEL.height];
		return `<g transform="translate(${x} ${y})">\n${renderPanel(each)}\n</g>`;
	});
	const note = `Longest time between two answers, in seconds, by run. ${nodes} nodes, up to ${lanes} Vaults of 3 pods at once, a call every 20 ms.`;
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
		'<title>How long clients were without an answer</title>',
		`<style>${style}\n</style>`,
		...panels,
		text(MARGIN.left, height - 8, note),
		'</svg>\n',
	].join('\n');
}

function renderPanel(report: CaseReport): string {
	const { p50, p99, max } = report.gapSeconds;
	const promised = targets[report.case].p99Seconds;
	const top = axisEnd(Math.max(max, promised ?? 0));
	const xOf = (seconds: number): number => MARGIN.left + (seconds / top) * PLOT.width;
	const floor = MARGIN.top + PLOT.height;
	return [
		text(MARGIN.left, 18, report.case, 'name'),
		text(MARGIN.left, 33, `${report.runs} runs, p50 ${p50.toFixed(2)} s, p99 ${p99.toFixed(2)} s`),
		...bars(report.samples, top, floor),
		line(MARGIN.left, floor, MARGIN.left + PLOT.width, floor, 'axis'),
		...ticks(top).map(seconds => text(xOf(seconds), floor + 14, String(seconds), undefined, 'middle')),
		...(promised === undefined ? [] : promise(xOf(promised), promised, floor)),
	].join('\n');
}

function promise(x: number, seconds: number, floor: number): string[] {
	const anchor = x > PANEL.width / 2 ? 'end' : 'start';
	return [
		line(x, MARGIN.top - 4, x, floor, 'promise'),
		text(anchor === 'end' ? x - 4 : x + 4, MARGIN.top + 6, `p99 < ${seconds} s`, 'promise-text', anchor),
	];
}

function bars(samples: readonly number[], top: number, floor: number): string[] {
	const counts = histogram(samples, top, BINS);
	const most = Math.max(1, ...counts);
	const width = PLOT.width / BINS;
	return counts.flatMap((count, bin) => {
		if (count === 0) return [];
		// One run must be seen beside a hundred.
		const height = Math.max(2, (count / most) * (PLOT.height - 18));
		const [x, y] = [MARGIN.left + bin * width, floor - height];
		const bar = `<rect class="bar" x="${fixed(x)}" y="${fixed(y)}" width="${fixed(width - 1)}" height="${fixed(height)}"/>`;
		// The tallest bar says what the others are measured by.
		return bin === counts.indexOf(most) ? [bar, text(x + width / 2, y - 3, String(count), undefined, 'middle')] : [bar];
	});
}

/** How many values fall into each of `bins` equal parts of 0…`top`; what lies beyond counts to the last. */
export function histogram(values: readonly number[], top: number, bins: number): number[] {
	const counts = Array.from({ length: bins }, () => 0);
	for (const value of values) {
		const bin = Math.min(bins - 1, Math.max(0, Math.floor((value / top) * bins)));
		counts[bin] = (counts[bin] ?? 0) + 1;
	}
	return counts;
}

/** The least round number that leaves room to the right of `value`. */
export function axisEnd(value: number): number {
	const wanted = value * 1.1;
	const unit = 10 ** Math.floor(Math.log10(Math.max(wanted, 0.1)));
	return unit * ([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find(step => step * unit >= wanted) ?? 10);
}

/** Round numbers from 0 to `top`, at most seven. */
export function ticks(top: number): number[] {
	const unit = 10 ** Math.floor(Math.log10(top / 6));
	const step = unit * ([1, 2, 5, 10].find(each => top / (each * unit) <= 6) ?? 10);
	return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, at) => Number((at * step).toFixed(6)));
}

const fixed = (value: number): string => value.toFixed(1);

function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
	return `<line class="${kind}" x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}"/>`;
}

function text(x: number, y: number, content: string, kind?: string, anchor = 'start'): string {
	return `<text${kind === undefined ? '' : ` class="${kind}"`} x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

const escaped = (content: string): string => content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
