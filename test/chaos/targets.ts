/** The promises, as data: what each case may cost a client. */
import type { CaseReport } from './report.ts';

export const CASES = ['graceful', 'kill', 'hang', 'partition', 'both-lost', 'api-away', 'drain', 'rollout', 'rotation'] as const;
export type CaseName = (typeof CASES)[number];

/** Upper bounds. Of each one that is absent nothing is promised. */
export type CaseTarget = {
	/** The 99th percentile of gaps stays below. */
	readonly p99Seconds?: number;
	readonly failedCalls?: number;
	readonly failedAfterRetry?: number;
	readonly unauthorized?: number;
	/** Answers to a token more than two seconds after its successor was to be had. */
	readonly lateAnswers?: number;
};

export const targets: Readonly<Record<CaseName, CaseTarget>> = {
	graceful: { p99Seconds: 2 },
	kill: { p99Seconds: 5 },
	hang: { p99Seconds: 21 },
	partition: { p99Seconds: 21 },
	'both-lost': { p99Seconds: 25 },
	'api-away': { failedCalls: 0 },
	drain: { p99Seconds: 2, failedAfterRetry: 0 },
	rollout: { failedAfterRetry: 0 },
	rotation: { unauthorized: 0, lateAnswers: 0 },
};

/** One line for each target that a case broke, and for each wrong answer and each gap that never closed. */
export function broken(report: CaseReport): string[] {
	const target = targets[report.case];
	const counts = [
		['wrong answers', report.wrongAnswers, 0],
		['runs whose gap did not close in time', report.unclosed, 0],
		['failed calls', report.failedCalls, target.failedCalls],
		['calls that failed with one retry', report.failedAfterRetry, target.failedAfterRetry],
		['401 for a valid token', report.unauthorized, target.unauthorized],
		['answers to an old token after two seconds', report.rotation?.lateAnswers ?? 0, target.lateAnswers],
	] as const;
	const { p99 } = report.gapSeconds;
	const isSlow = target.p99Seconds !== undefined && p99 >= target.p99Seconds;
	return [
		...(isSlow ? [`${report.case}: p99 of the gap is ${p99.toFixed(2)} s, promised are less than ${target.p99Seconds} s`] : []),
		...counts.flatMap(([what, count, most]) =>
			most !== undefined && count > most ? [`${report.case}: ${count} ${what}, promised are ${most}`] : [],
		),
	];
}

/** A case's targets in words, for tables. */
export function inWords({ p99Seconds, failedCalls, failedAfterRetry, unauthorized }: CaseTarget): string {
	return [
		...(p99Seconds === undefined ? [] : [`p99 < ${p99Seconds} s`]),
		...(failedCalls === undefined ? [] : ['no failed call']),
		...(failedAfterRetry === undefined ? [] : ['no failed call with one retry']),
		...(unauthorized === undefined ? [] : ['no 401 for a valid token, nothing else for an old one after 2 s']),
	].join(', ');
}
