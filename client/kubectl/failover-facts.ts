/** The changes of primary as a person reads them: what is asked for, the one under way, else the last. Pure. */
import type { RuneVaultStatus } from '../../crds/status.ts';
import { age, seconds } from './text.ts';

type Failover = NonNullable<RuneVaultStatus['failover']>;

/** Title and text of each line; without a text there is none. */
export function failoverFacts({ targetPrimary, failover }: RuneVaultStatus, now: Date): [string, string | undefined][] {
	const { count = 0, ongoing, last } = failover ?? {};
	const isAtRest = ongoing === undefined && last !== undefined;
	return [
		['asked for', targetPrimary === undefined ? undefined : `${targetPrimary} as primary; not answered yet`],
		['failover', ongoing === undefined ? undefined : ongoingText(ongoing, now)],
		['last failover', isAtRest ? lastText(last, count, now) : undefined],
	];
}

function ongoingText({ from, to, reason, startedAt }: NonNullable<Failover['ongoing']>, now: Date): string {
	const what = to === undefined ? 'is to be replaced, nobody is appointed yet' : `is being replaced by ${to}`;
	return `${from} ${what}: ${reason}, ${age(startedAt, now)} ago`;
}

function lastText({ from, to, reason, milliseconds, completedAt }: NonNullable<Failover['last']>, count: number, now: Date): string {
	return `${from} → ${to}, ${reason}, ${seconds(milliseconds)}, ${age(completedAt, now)} ago; ${count} so far`;
}
