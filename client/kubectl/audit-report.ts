/** What is told of audit files: gathered line by line, then written as a table. Pure. */
import { type AuditLine, beforeAll, fit, isForeign, type Place, type Position, type Rules, readLine } from './audit-chain.ts';
import { COLUMNS, oneLine, table } from './text.ts';

export type Problem = { line: number; why: string };

export type FileReport = {
	file: string;
	/** Records; lines that were skipped are not among them. */
	lines: number;
	skipped: number;
	first: string | undefined;
	last: string | undefined;
	/** Line numbers at which a chain begins. */
	begins: readonly number[];
	/** Where its first line goes on from. */
	from: string | undefined;
	/** Bytes after the last complete line. */
	tornBytes: number;
	problem: Problem | undefined;
	/** Problems after the first. */
	more: number;
};

export type Options = Rules & {
	/** Skip lines that never were records. */
	isAmongLogs: boolean;
	/** A hash that some line must have. */
	witness: string | undefined;
};

export type Reading = {
	files: readonly FileReport[];
	position: Position;
	lineNumber: number;
	hasWitness: boolean;
	end: AuditLine | undefined;
};

export const newReading: Reading = { files: [], position: beforeAll, lineNumber: 0, hasWitness: false, end: undefined };

export function beginFile(reading: Reading, file: string): Reading {
	const report: FileReport = {
		file,
		lines: 0,
		skipped: 0,
		first: undefined,
		last: undefined,
		begins: [],
		from: undefined,
		tornBytes: 0,
		problem: undefined,
		more: 0,
	};
	return { ...reading, files: [...reading.files, report], position: { ...reading.position, isNewFile: true }, lineNumber: 0 };
}

const current = ({ files }: Reading): FileReport => {
	const report = files.at(-1);
	if (report === undefined) throw new Error('no file was begun');
	return report;
};

const withReport = (reading: Reading, change: Partial<FileReport>): Reading => ({
	...reading,
	files: [...reading.files.slice(0, -1), { ...current(reading), ...change }],
});

const withProblem = (report: FileReport, line: number, why: string): Partial<FileReport> =>
	report.problem === undefined ? { problem: { line, why } } : { more: report.more + 1 };

export function takeLine(before: Reading, bytes: Uint8Array, options: Options): Reading {
	const report = current(before);
	const lineNumber = before.lineNumber + 1;
	const reading = { ...before, lineNumber };
	if (options.isAmongLogs && isForeign(bytes)) return withReport(reading, { skipped: report.skipped + 1 });
	const { position } = reading;
	const line = readLine(bytes);
	if ('wrong' in line) {
		const lost: Position = { ...position, last: 'lost', isNewFile: false };
		return withReport({ ...reading, position: lost }, { lines: report.lines + 1, ...withProblem(report, lineNumber, line.wrong) });
	}
	const step = fit(position, line, options);
	const place: Place = { file: report.file, line: lineNumber };
	const beginnings = step.kind === 'begins' ? new Map([...position.beginnings, [line.hash, place]]) : position.beginnings;
	const next: Reading = {
		...reading,
		position: { last: line, isNewFile: false, beginnings },
		hasWitness: reading.hasWitness || line.hash === options.witness,
		end: line,
	};
	return withReport(next, {
		lines: report.lines + 1,
		first: report.first ?? line.timestamp,
		last: line.timestamp,
		...(step.kind === 'begins' ? { begins: [...report.begins, lineNumber] } : {}),
		...(position.isNewFile && step.kind === 'follows' ? { from: reading.files.at(-2)?.file } : {}),
		...(step.kind === 'partial' ? { from: `seq ${line.seq - 1}, which is not here` } : {}),
		...(step.kind === 'broken' ? withProblem(report, lineNumber, step.why) : {}),
	});
}

/** A line without its end is what a crash leaves, in the newest file: one that a newer file goes on after was put there. */
export function endFile(reading: Reading, tornBytes: number): Reading {
	const ended = withReport(reading, { tornBytes });
	const [previous, report] = [ended.files.at(-2), ended.files.at(-1)];
	if (previous === undefined || report === undefined || report.from === undefined || previous.tornBytes === 0) return ended;
	const blamed = { ...previous, ...withProblem(previous, previous.lines + previous.skipped + 1, 'is cut off, and a newer file goes on') };
	return { ...ended, files: [...ended.files.slice(0, -2), blamed, report] };
}

/** The first thing that is wrong with all of it, in one line; undefined when nothing is. */
export function firstFault({ files, hasWitness, end }: Reading, { witness }: Options): string | undefined {
	const bad = files.find(({ problem }) => problem !== undefined);
	if (bad?.problem !== undefined) return `the chain is broken: ${bad.file} line ${bad.problem.line}: ${bad.problem.why}`;
	if (end === undefined) return 'there is no audit record in it';
	if (witness !== undefined && !hasWitness) return 'no line has the hash of --witness: the log was changed, or is not all there';
	return undefined;
}

const instant = (time: string | undefined): string => (time === undefined ? '-' : time.replace(/\.[0-9]+/, ''));

function verdictOf({ problem, more, from, tornBytes, lines }: FileReport): string {
	if (problem !== undefined) return `BROKEN at line ${problem.line}: ${problem.why}${more > 0 ? ` (and ${more} more)` : ''}`;
	const notes = [
		...(from === undefined ? [] : [`goes on from ${from}`]),
		...(tornBytes > 0 ? [`${tornBytes} bytes of a line without its end`] : []),
	];
	return [lines === 0 ? 'no records' : 'ok', ...notes].join(', ');
}

/** Many beginnings are one number; which lines they are is told of the first few. */
function segmentsOf({ begins, from }: FileReport): string {
	const later = begins.filter(line => line !== 1);
	const which = later.length === 0 ? '' : ` (at ${later.slice(0, 3).join(', ')}${later.length > 3 ? ', …' : ''})`;
	return `${begins.length + (from === undefined ? 0 : 1)}${which}`;
}

export function renderReading({ files, end }: Reading): string[] {
	const rows = files.map(report => {
		const { file, lines, first, last } = report;
		return [oneLine(file), String(lines), instant(first), instant(last), segmentsOf(report), verdictOf(report)];
	});
	const skipped = files.reduce((sum, file) => sum + file.skipped, 0);
	return [
		...table(['FILE', 'LINES', 'FIRST', 'LAST', 'SEGMENTS', 'VERDICT'], rows, COLUMNS),
		...(skipped === 0 ? [] : [`${skipped} lines of other kinds were skipped`]),
		...(end === undefined ? [] : [`last line: seq ${end.seq}, sha256 ${end.hash}`]),
	];
}
