/** What one Vault came to in one row, and what of it was not as expected. Pure. */
import { z } from 'zod';
import type { Run } from '../chaos/report.ts';
import type { Seen } from './cut.ts';
import { expectations, type Row } from './rows.ts';

const count = z.int().min(0);
const leading = z.object({ pod: z.string(), epoch: count });

export const outcomeSchema = z.object({
	/** The longest time between two answers. */
	gapSeconds: z.number(),
	calls: count,
	failedCalls: count,
	failedAfterRetry: count,
	wrongAnswers: count,
	unauthorized: count,
	/** Whether calls were answered when the cut ended. */
	isServed: z.boolean(),
	before: leading,
	/** Absent, like the next two, when the Vault did not become whole. */
	after: leading.optional(),
	/** From the end of the cut until all agree on one primary, and everything is ready again. */
	wholeSeconds: z.number().optional(),
	/** Names of Secrets that were written, made or deleted. */
	changedSecrets: z.array(z.string()).optional(),
	/** What it lacked, when it did not become whole. */
	lacks: z.string().optional(),
	/** `status.failover.last.reason`, where the operator says that the primary changed. */
	reason: z.string().optional(),
});
export type Outcome = Readonly<z.infer<typeof outcomeSchema>>;

export function outcomeOf(run: Run, { before, after, wholeSeconds, lacks, isServed }: Seen): Outcome {
	const { gapSeconds, calls, failedCalls, failedAfterRetry, wrongAnswers, unauthorized, reason } = run;
	return {
		...{ gapSeconds: round(gapSeconds), calls, failedCalls, failedAfterRetry, wrongAnswers, unauthorized, isServed },
		before: { pod: before.term.holder, epoch: before.term.epoch },
		...(after === undefined || wholeSeconds === undefined
			? {}
			: {
					after: { pod: after.term.holder, epoch: after.term.epoch },
					wholeSeconds: round(wholeSeconds),
					changedSecrets: differences(before.secrets, after.secrets),
				}),
		...(lacks === undefined ? {} : { lacks }),
		...(reason === undefined ? {} : { reason }),
	};
}

const round = (seconds: number): number => Number(seconds.toFixed(3));

/** The keys whose values are not the same in both. */
export function differences(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): string[] {
	return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(key => one[key] !== other[key]).sort();
}

/** One line for each thing that is not as expected. */
export function broken({ outcome: name }: Pick<Row, 'outcome'>, outcome: Outcome): string[] {
	const expected = expectations[name];
	const {
		gapSeconds,
		failedAfterRetry,
		wrongAnswers,
		unauthorized,
		isServed,
		wholeSeconds,
		lacks = 'it took longer',
		changedSecrets = [],
	} = outcome;
	const { least, most } = expected.gapSeconds;
	const isGapRight = gapSeconds >= least && gapSeconds <= most;
	return [
		...(isGapRight ? [] : [`the gap is ${gapSeconds.toFixed(2)} s, expected are ${least} to ${most} s`]),
		...(isServed === expected.isServed ? [] : [`clients are ${isServed ? '' : 'not '}served at the end of the cut`]),
		...(failedAfterRetry <= (expected.failedAfterRetry ?? Number.POSITIVE_INFINITY)
			? []
			: [`${failedAfterRetry} calls failed that were tried twice`]),
		...(wrongAnswers === 0 ? [] : [`${wrongAnswers} answers are wrong`]),
		...(unauthorized === 0 ? [] : [`${unauthorized} calls with a valid token are refused`]),
		...(changedSecrets.length === 0 ? [] : [`Secrets were touched: ${changedSecrets.join(', ')}`]),
		...(wholeSeconds === undefined || wholeSeconds > expected.wholeSeconds
			? [`it is not whole again ${expected.wholeSeconds} s after the cut: ${lacks}`]
			: []),
		...brokenTerms(expected.primary, outcome),
	];
}

function brokenTerms(expected: 'same' | 'other' | 'either', { before, after }: Outcome): string[] {
	if (after === undefined) return [];
	const isSame = before.pod === after.pod;
	const isRight = expected === 'either' || isSame === (expected === 'same');
	const hasRisen = isSame ? after.epoch >= before.epoch : after.epoch > before.epoch;
	return [
		...(isRight ? [] : [`the primary is ${after.pod} after ${before.pod}, expected is ${expected === 'same' ? 'the same' : 'another'}`]),
		...(hasRisen ? [] : [`the epoch is ${after.epoch} after ${before.epoch}`]),
	];
}
