/** What was measured, by case, in the form of `build/reports/chaos.json`; adding runs is pure, so a long measurement may end anywhere. */
import { z } from 'zod';
import { quantile } from '../demo/measure.ts';
import { readRecord } from './record.ts';
import { CASES, type CaseName } from './targets.ts';

const count = z.int().min(0);

const rotationSchema = z.object({
	/** 401 for the old token before the Secret had the new one. */
	refusedEarly: count,
	/** Answers to the old token more than two seconds after the Secret had the new one. */
	lateAnswers: count,
	/** The longest time that the old token was still answered, from then. */
	oldTokenSeconds: z.number(),
});

const caseSchema = z.object({
	case: z.enum(CASES),
	runs: count,
	gapSeconds: z.object({ p50: z.number(), p99: z.number(), max: z.number() }),
	failedCalls: count,
	failedAfterRetry: count,
	calls: count,
	wrongAnswers: count,
	unauthorized: count,
	/** Runs whose gap did not close in time, or whose Vault did not become whole again. */
	unclosed: count,
	/** The fewest and the most changes of epoch in a run. */
	epochs: z.object({ min: count, max: count }),
	/** How often `status.failover.last.reason` was what, for runs that changed it. */
	reasons: z.record(z.string(), count),
	/** How calls failed and what their retry came to. */
	failures: z.record(z.string(), count),
	rotation: rotationSchema.optional(),
	/** The gap of each run, in seconds. */
	samples: z.array(z.number()),
	/** Beside each gap, the part of the run's time in which something on the machine had to wait for a processor. */
	pressure: z.array(z.number()),
});
export type CaseReport = Readonly<z.infer<typeof caseSchema>>;

const reportSchema = z.object({
	cases: z.array(caseSchema),
	startedAt: z.iso.datetime(),
	lanes: z.int(),
	nodes: z.int(),
	cpu: z.string(),
});
export type Report = Readonly<z.infer<typeof reportSchema>>;

/** One Vault under one fault. */
export type Run = {
	readonly gapSeconds: number;
	readonly calls: number;
	readonly failedCalls: number;
	readonly failedAfterRetry: number;
	readonly wrongAnswers: number;
	readonly unauthorized: number;
	readonly isClosed: boolean;
	readonly pressure: number;
	readonly epochChanges: number;
	readonly reason?: string;
	readonly failures: Readonly<Record<string, number>>;
	readonly rotation?: z.infer<typeof rotationSchema>;
};

/** The report with more runs of a case. */
export function addRuns<T extends Pick<Report, 'cases'>>(report: T, name: CaseName, runs: readonly Run[]): T {
	const before = report.cases.find(each => each.case === name);
	const after = merge(before, name, runs);
	const others = report.cases.filter(each => each !== before);
	const cases = [...others, after].sort((a, b) => CASES.indexOf(a.case) - CASES.indexOf(b.case));
	return { ...report, cases };
}

function merge(before: CaseReport | undefined, name: CaseName, runs: readonly Run[]): CaseReport {
	const samples = [...(before?.samples ?? []), ...runs.map(run => round(run.gapSeconds))];
	const sum = (field: 'calls' | 'failedCalls' | 'failedAfterRetry' | 'wrongAnswers' | 'unauthorized') =>
		runs.reduce((total, run) => total + run[field], before?.[field] ?? 0);
	const changes = runs.map(run => run.epochChanges);
	const rotation = mergeRotation([before?.rotation, ...runs.map(run => run.rotation)].filter(each => each !== undefined));
	return {
		case: name,
		runs: samples.length,
		gapSeconds: { p50: quantile(samples, 0.5), p99: quantile(samples, 0.99), max: Math.max(...samples) },
		failedCalls: sum('failedCalls'),
		failedAfterRetry: sum('failedAfterRetry'),
		calls: sum('calls'),
		wrongAnswers: sum('wrongAnswers'),
		unauthorized: sum('unauthorized'),
		unclosed: (before?.unclosed ?? 0) + runs.filter(run => !run.isClosed).length,
		epochs: {
			min: Math.min(...changes, ...(before ? [before.epochs.min] : [])),
			max: Math.max(...changes, ...(before ? [before.epochs.max] : [])),
		},
		reasons: addCounts(before?.reasons ?? {}, ...runs.map(({ reason }) => (reason === undefined ? {} : { [reason]: 1 }))),
		failures: addCounts(before?.failures ?? {}, ...runs.map(run => run.failures)),
		...(rotation === undefined ? {} : { rotation }),
		samples,
		pressure: [...(before?.pressure ?? []), ...runs.map(run => round(run.pressure))],
	};
}

function mergeRotation(all: readonly z.infer<typeof rotationSchema>[]): z.infer<typeof rotationSchema> | undefined {
	if (all.length === 0) return undefined;
	return {
		refusedEarly: all.reduce((sum, each) => sum + each.refusedEarly, 0),
		lateAnswers: all.reduce((sum, each) => sum + each.lateAnswers, 0),
		oldTokenSeconds: round(Math.max(...all.map(each => each.oldTokenSeconds))),
	};
}

type Counts = Readonly<Record<string, number>>;

/** The sums of several counts, by key. */
export function addCounts(...all: readonly Counts[]): Counts {
	const sums: Record<string, number> = {};
	for (const [key, value] of all.flatMap(counts => Object.entries(counts))) sums[key] = (sums[key] ?? 0) + value;
	return sums;
}

const round = (seconds: number): number => Number(seconds.toFixed(3));

/** @returns undefined when there is none. @throws ZodError for a file of another form */
export const readReport = (file: string): Promise<Report | undefined> => readRecord(file, reportSchema);
