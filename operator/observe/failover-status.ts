/**
 * `status.failover`: the changes of primary, as a record that survives the operator. Pure.
 *
 * A change is under way from the moment somebody was appointed, or the primary was seen to be lost, until clients are routed to another pod
 * of the vault. It is written down while it is under way, so that whoever leads then can complete it. What began and ended while no operator
 * looked is recorded from the time the Lease was taken.
 */
import type { FailoverReason, RuneVaultStatus } from '../../crds/status.ts';
import { faultOfHolder } from '../reconcile/failover.ts';
import type { Observed } from './observed.ts';

export type FailoverStatus = NonNullable<RuneVaultStatus['failover']>;
type Ongoing = NonNullable<FailoverStatus['ongoing']>;

/** Whom this reconcile appointed, and why. */
export type Appointed = { from: string; epoch: number; to: { name: string }; reason: FailoverReason };

type Seen = Pick<Observed, 'vault' | 'pods' | 'probes' | 'lease' | 'routed'> & { appointed: Appointed | undefined; now: number };

const stamp = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** The change that is under way as of now, if one is. */
function ongoingNow(seen: Seen): Ongoing | undefined {
	const { vault, lease, appointed, now } = seen;
	const ongoing = vault.status?.failover?.ongoing;
	const known = ongoing === undefined ? noticed(seen) : { ...ongoing, startedAt: startOf(ongoing, seen) };
	if (appointed === undefined || lease === undefined) return known;
	const { from, epoch, to, reason } = appointed;
	return { from, to: to.name, epoch, reason, startedAt: known?.from === from ? known.startedAt : stamp(now) };
}

/** Whether the primary of the last status is not, or not safely, the primary any more. */
function noticed({ vault, lease, now, ...seen }: Seen): Ongoing | undefined {
	const before = vault.status?.primary;
	if (before === undefined || lease === undefined) return undefined;
	const { pod: from, epoch } = before;
	const startedAt = stamp(now);
	if (lease.holder === from) {
		const fault = faultOfHolder({ lease, ...seen }) ?? (isLedPast(from, seen) ? 'Handover' : undefined);
		return fault === undefined ? undefined : { from, epoch, reason: fault, startedAt };
	}
	const handover = { from, epoch, reason: 'Handover', startedAt } as const;
	return { ...handover, startedAt: startOf(handover, { lease, ...seen }) };
}

/** A Lease that the pods handed on among themselves tells when; of everything else the operator knows only when it noticed. */
function startOf({ from, reason, startedAt }: Ongoing, { lease }: Pick<Seen, 'lease'>): string {
	if (reason !== 'Handover' || lease === undefined || lease.holder === '' || lease.holder === from) return startedAt;
	const taken = Date.parse(lease.acquiredAt ?? '');
	return Number.isNaN(taken) ? startedAt : stamp(Math.min(taken, Date.parse(startedAt)));
}

/** Whether clients are led to another pod alone: the news of the route came before that of the Lease. */
function isLedPast(name: string, { pods, routed }: Pick<Seen, 'pods' | 'routed'>): boolean {
	const ip = pods.find(pod => pod.name === name)?.ip;
	return routed.length === 1 && routed[0] !== ip;
}

/** Whether the old primary is what it was, or is again. Once another was appointed, only a later epoch can say so: caches lag. */
function hasRecovered({ from, to, epoch }: Ongoing, seen: Seen): boolean {
	const { lease } = seen;
	if (lease?.holder !== from || faultOfHolder(seen) !== undefined || isLedPast(from, seen)) return false;
	return to === undefined || lease.epoch > epoch;
}

/** @param primary the pod that clients are routed to and that holds the Lease, if there is one. */
export function failoverStatus(seen: Seen, primary: string | undefined): FailoverStatus | undefined {
	const previous = seen.vault.status?.failover;
	const ongoing = ongoingNow(seen);
	if (ongoing === undefined) return previous;
	const { count = 0, last } = previous ?? {};
	const done = { count, ...(last === undefined ? {} : { last }) };
	if (hasRecovered(ongoing, seen)) return previous === undefined ? undefined : done;
	if (primary === undefined || primary === ongoing.from) return { ...done, ongoing };
	const { from, reason, startedAt } = ongoing;
	const milliseconds = Math.max(0, seen.now - Date.parse(startedAt));
	return { count: count + 1, last: { from, to: primary, reason, startedAt, completedAt: stamp(seen.now), milliseconds } };
}
