/** What a soak comes to. Pure. */
import type { Tally } from './load.ts';

export type Sample = { seconds: number; bytes: number };

export type SoakReport = {
	minutes: number;
	maximalRate: number;
	rate: number;
	calls: number;
	hostile: number;
	statuses: Record<string, number>;
	skipped: number;
	wrongAnswers: number;
	faults: string[];
	logErrors: number;
	exitCode: number | null;
	memory: { windowMinutes: number; firstMiB: number; lastMiB: number; growthPercent: number; highestMiB: number };
	audit: { records: number; expected: number; fault: string | undefined };
	/** What was not as promised; empty when all was well. */
	verdict: string[];
};

const MAX_GROWTH_PERCENT = 5;
const MiB = 1024 * 1024;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const round = (value: number): number => Math.round(value * 10) / 10;

/**
 * The mean of the samples of the first and of the last ten minutes, or of the first and last quarter of a shorter run.
 * @throws RangeError when a window has no sample
 */
export function memoryOf(samples: readonly Sample[], minutes: number): SoakReport['memory'] {
	const windowMinutes = Math.min(10, minutes / 4);
	const within = (from: number, to: number) =>
		samples.filter(({ seconds }) => seconds >= from * 60 && seconds <= to * 60).map(({ bytes }) => bytes / MiB);
	const first = within(0, windowMinutes);
	const last = within(minutes - windowMinutes, minutes);
	if (first.length === 0 || last.length === 0) throw new RangeError('no sample of memory');
	const [firstMiB, lastMiB] = [mean(first), mean(last)];
	return {
		windowMinutes,
		firstMiB: round(firstMiB),
		lastMiB: round(lastMiB),
		growthPercent: round((lastMiB / firstMiB - 1) * 100),
		highestMiB: round(Math.max(...samples.map(({ bytes }) => bytes)) / MiB),
	};
}

export type Measured = Omit<SoakReport, 'memory' | 'verdict' | keyof Tally | 'wrongAnswers'> & { tally: Tally; samples: readonly Sample[] };

export function reportOf({ tally, samples, ...measured }: Measured): SoakReport {
	const { calls, hostile, statuses, skipped, wrong, faults } = tally;
	const report = { ...measured, calls, hostile, statuses, skipped, faults, wrongAnswers: wrong };
	const memory = memoryOf(samples, measured.minutes);
	const { audit, logErrors, exitCode } = report;
	const wrongs: [boolean, string][] = [
		[memory.growthPercent > MAX_GROWTH_PERCENT, `memory grew by ${memory.growthPercent} %, more than ${MAX_GROWTH_PERCENT} %`],
		[faults.length > 0, `${faults.length} calls failed, such as ${faults[0]}`],
		[wrong > 0, `${wrong} wrong answers`],
		[audit.fault !== undefined, `the audit chain: ${audit.fault}`],
		[audit.records < audit.expected, `${audit.records} audit records of at least ${audit.expected}`],
		[logErrors > 0, `${logErrors} errors in the log`],
		[exitCode !== 0, `the Vault ended with ${exitCode}`],
		[skipped > calls / 20, `${skipped} calls were not sent in time`],
	];
	return { ...report, memory, verdict: wrongs.flatMap(([isSo, what]) => (isSo ? [what] : [])) };
}

export function rowsOf(report: SoakReport): string[][] {
	const { memory, audit } = report;
	return [
		['minutes', String(report.minutes)],
		['rate, of at most', `${report.rate.toFixed(1)}/s of ${report.maximalRate.toFixed(1)}/s`],
		['calls, hostile ones', `${report.calls}, ${report.hostile}`],
		[
			'answers',
			Object.entries(report.statuses)
				.map(([kind, count]) => `${kind} ${count}`)
				.join(', '),
		],
		['wrong answers, failed calls, errors in the log', [report.wrongAnswers, report.faults.length, report.logErrors].join(', ')],
		[`memory, first and last ${memory.windowMinutes} min`, `${memory.firstMiB} MiB, ${memory.lastMiB} MiB (${memory.growthPercent} %)`],
		['memory at most', `${memory.highestMiB} MiB`],
		['audit records in one chain', audit.fault ?? String(audit.records)],
	];
}
