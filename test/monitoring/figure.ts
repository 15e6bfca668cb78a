/**
 * Panels with their answers as one picture: lines over time, a small one a panel. Pure text, no library.
 *
 * Colours follow the reader's light or dark mode through the style sheet inside; nothing is painted behind.
 */
import { axisEnd, ticks } from '../chaos/figure.ts';
import type { Answered, AnsweredPanel } from './dashboard.ts';

const PANEL = { width: 320, height: 170 } as const;
const COLUMNS = 3;
const MARGIN = { left: 48, right: 12, top: 26, bottom: 40 } as const;
const PLOT = { width: PANEL.width - MARGIN.left - MARGIN.right, height: PANEL.height - MARGIN.top - MARGIN.bottom } as const;
/** As many lines as there are colours; a panel with more shows the first. */
const LINES = 6;

const style = `
text { font: 10px system-ui, sans-serif; fill: #57606a; }
.name { font-size: 12px; font-weight: 600; fill: #1f2328; }
.grid { stroke: #d0d7de; stroke-width: 0.5; }
path { fill: none; stroke-width: 1.5; stroke-linejoin: round; }
.c0 { stroke: #0969da; } .c1 { stroke: #bc4c00; } .c2 { stroke: #1a7f37; } .c3 { stroke: #8250df; } .c4 { stroke: #cf222e; } .c5 { stroke: #7d6a00; }
.k0 { fill: #0969da; } .k1 { fill: #bc4c00; } .k2 { fill: #1a7f37; } .k3 { fill: #8250df; } .k4 { fill: #cf222e; } .k5 { fill: #7d6a00; }
@media (prefers-color-scheme: dark) {
	text { fill: #9198a1; }
	.name { fill: #f0f6fc; }
	.grid { stroke: #3d444d; }
	.c0 { stroke: #4493f8; } .c1 { stroke: #f0883e; } .c2 { stroke: #3fb950; } .c3 { stroke: #ab7df8; } .c4 { stroke: #f85149; } .c5 { stroke: #d3ac2b; }
	.k0 { fill: #4493f8; } .k1 { fill: #f0883e; } .k2 { fill: #3fb950; } .k3 { fill: #ab7df8; } .k4 { fill: #f85149; } .k5 { fill: #d3ac2b; }
}`;

/** The panels as one SVG, in the order of the dashboard. */
export function renderDashboard({ title, panels, start, end }: Answered): string {
	const [width, height] = [COLUMNS * PANEL.width, Math.ceil(panels.length / COLUMNS) * PANEL.height];
	const drawn = panels.map((panel, at) => {
		const [x, y] = [(at % COLUMNS) * PANEL.width, Math.floor(at / COLUMNS) * PANEL.height];
		return `<g transform="translate(${x} ${y})">\n${renderPanel(panel, start, end)}\n</g>`;
	});
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
		`<title>${escaped(title)}</title>`,
		`<style>${style}\n</style>`,
		...drawn,
		'</svg>\n',
	].join('\n');
}

function renderPanel({ title, unit, series: told }: AnsweredPanel, start: number, end: number): string {
	const scale = unit === 'bytes' ? 2 ** 20 : 1;
	const series = told.map(({ name, points }) => ({ name, points: points.map(([at, value]) => [at, value / scale] as const) }));
	const values = series.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite);
	const [bottom, top] = [Math.min(0, ...values), axisEnd(Math.max(...values, 1e-9))];
	const xOf = (seconds: number) => MARGIN.left + ((seconds - start) / Math.max(1, end - start)) * PLOT.width;
	const yOf = (value: number) => MARGIN.top + PLOT.height * (1 - (value - bottom) / (top - bottom));
	const marks = [...(bottom < 0 ? [bottom] : []), ...scaleOf(top)];
	return [
		text(8, 16, title, 'name'),
		...marks.flatMap(value => [
			`<line class="grid" x1="${MARGIN.left}" x2="${MARGIN.left + PLOT.width}" y1="${fixed(yOf(value))}" y2="${fixed(yOf(value))}"/>`,
			text(MARGIN.left - 4, yOf(value) + 3, inUnit(value, unit), undefined, 'end'),
		]),
		...series.slice(0, LINES).map(({ points }, at) => `<path class="c${at}" d="${pathOf(points, xOf, yOf)}"/>`),
		...legend(series.slice(0, LINES).map(({ name }) => name)),
		text(MARGIN.left + PLOT.width, MARGIN.top + PLOT.height + 12, `${Math.round(end - start)} s`, undefined, 'end'),
	].join('\n');
}

/** Few enough marks for so low a panel. */
function scaleOf(top: number): number[] {
	const all = top < 1e-6 ? [0, top] : ticks(top);
	return all.length > 4 ? all.filter((_, at) => at % 2 === 0) : all;
}

/** A line with gaps where there is no value. */
export function pathOf(points: readonly (readonly [number, number])[], xOf: (x: number) => number, yOf: (y: number) => number): string {
	let isOpen = false;
	return points
		.map(([at, value]) => {
			if (!Number.isFinite(value)) {
				isOpen = false;
				return '';
			}
			const command = isOpen ? 'L' : 'M';
			isOpen = true;
			return `${command}${fixed(xOf(at))} ${fixed(yOf(value))}`;
		})
		.join('');
}

function legend(names: readonly string[]): string[] {
	const width = PLOT.width / 3;
	return names.map((name, at) => {
		const [x, y] = [MARGIN.left + (at % 3) * width, MARGIN.top + PLOT.height + 24 + Math.floor(at / 3) * 12];
		return text(x, y, name.length > 15 ? `${name.slice(0, 14)}…` : name, `k${at}`);
	});
}

/** A value as people read it, by Grafana's name of its unit; bytes come in MiB, so that marks are round. */
export function inUnit(value: number, unit: string): string {
	const short = (number: number) => String(Number(number.toPrecision(3)));
	switch (unit) {
		case 'percentunit':
			return `${short(value * 100)} %`;
		case 'bytes':
			return `${short(value)} MiB`;
		case 's':
			return value !== 0 && value < 1 ? `${short(value * 1000)} ms` : `${short(value)} s`;
		case 'd':
			return `${short(value)} d`;
		case 'short':
			return short(value);
		default:
			return `${short(value)}/s`;
	}
}

const fixed = (value: number): string => value.toFixed(1);

function text(x: number, y: number, content: string, kind?: string, anchor = 'start'): string {
	return `<text${kind === undefined ? '' : ` class="${kind}"`} x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

const escaped = (content: string): string => content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
