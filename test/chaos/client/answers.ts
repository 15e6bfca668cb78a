/** What a client saw in one window of measurement, as arithmetic on its record of calls. Pure. */
import { quantile } from '../../demo/measure.ts';

/** `wrong`: answered, but not with the expected rows. `refused`: an answer that is an error. `connection`, `timeout`: no answer. */
export type Outcome = 'ok' | 'wrong' | 'unauthorized' | 'refused' | 'connection' | 'timeout';

/** One call; times in milliseconds of the client's clock. */
export type Call = {
	readonly startedAt: number;
	readonly endedAt: number;
	readonly outcome: Outcome;
	/** Of the pod that answered. */
	readonly epoch?: number;
	/** HTTP status or error code of a failure, such as ECONNREFUSED. */
	readonly code?: string;
	/** What became of the one retry of a failed call. */
	readonly retry?: Outcome;
	/** It was made with a token that this client has replaced since. */
	readonly hasOldToken?: boolean;
};

export type Summary = {
	readonly calls: number;
	readonly failedCalls: number;
	/** Of those, the ones whose retry failed as well. */
	readonly failedAfterRetry: number;
	readonly wrongAnswers: number;
	/** 401 for the present token. */
	readonly unauthorized: number;
	/** 401 for a token that was replaced later: refused before its successor was to be had. Not among the calls. */
	readonly staleRefusals: number;
	/** The longest time between two answered calls. */
	readonly gapMilliseconds: number;
	/** How often the epoch rose from one answer to the next. */
	readonly epochChanges: number;
	/** p50 of answered calls. */
	readonly medianMilliseconds: number;
	/** How calls failed and what their retry came to, such as `ECONNREFUSED, then ok`. */
	readonly failures: Readonly<Record<string, number>>;
};

/** @param window its two ends: before the first answer and after the last, silence counts from and to them */
export function summarize(calls: readonly Call[], window: { readonly from: number; readonly to: number }): Summary {
	const judged = calls.filter(call => !isStaleRefusal(call));
	const failed = judged.filter(call => call.outcome !== 'ok');
	const answered = judged.filter(call => call.outcome === 'ok').sort((a, b) => a.endedAt - b.endedAt);
	return {
		calls: judged.length,
		failedCalls: failed.length,
		failedAfterRetry: failed.filter(call => call.retry !== 'ok').length,
		wrongAnswers: judged.filter(call => call.outcome === 'wrong' || call.retry === 'wrong').length,
		unauthorized: judged.filter(call => call.outcome === 'unauthorized').length,
		staleRefusals: calls.length - judged.length,
		gapMilliseconds: longestGap([window.from, ...answered.map(call => call.endedAt), window.to]),
		epochChanges: rises(answered.flatMap(call => call.epoch ?? [])),
		medianMilliseconds: answered.length === 0 ? 0 : quantile(answered.map(durationOf), 0.5),
		failures: countBy(failed.map(call => `${call.code ?? call.outcome}, then ${call.retry ?? 'nothing'}`)),
	};
}

const durationOf = (call: Call): number => call.endedAt - call.startedAt;
const isStaleRefusal = (call: Call): boolean => call.outcome === 'unauthorized' && call.hasOldToken === true;

/** The greatest difference of neighbours. @param times in order */
export function longestGap(times: readonly number[]): number {
	return times.reduce((longest, time, at) => Math.max(longest, time - (times[at - 1] ?? time)), 0);
}

/** How often a value is greater than all before it: answers of an old and a new primary may come mixed for a moment. */
export function rises(values: readonly number[]): number {
	let [greatest, count] = [values[0] ?? 0, 0];
	for (const value of values) {
		if (value <= greatest) continue;
		greatest = value;
		count++;
	}
	return count;
}

/** How often each value occurs. */
function countBy(values: readonly string[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
	return counts;
}

export type Refusal = {
	/** Calls begun later than the limit that were still answered, or failed in another way than with 401. */
	readonly lateAnswers: number;
	/** From the mark to the start of the last call that was still answered. */
	readonly lastAnswerMilliseconds: number;
};

/** How completely a token that was replaced at `markedAt` is refused. */
export function refusalOf(calls: readonly Call[], markedAt: number, limitMs: number): Refusal {
	const others = calls.filter(call => call.outcome !== 'unauthorized').map(call => call.startedAt - markedAt);
	return { lateAnswers: others.filter(after => after > limitMs).length, lastAnswerMilliseconds: Math.max(0, ...others) };
}
