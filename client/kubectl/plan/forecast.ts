/** What clients will notice of a plan, in words. Pure. */
import type { Restart } from './restarts.ts';

/**
 * Upper bounds of what was measured, in seconds (docs/failover.md); a test holds them against docs/failover.json.
 * Of both no call fails that is made once more.
 */
export const MEASURED_GAPS = { rollout: 0.5, graceful: 0.6 } as const;

/** @param replicas of the spec to be. @param isServing whether there is a primary that clients reach now. */
export function forecastOf(restarts: readonly Restart[], replicas: number, isServing: boolean): string {
	if (!isServing) return 'none: nobody is served now';
	const lost = restarts.find(each => each.kind !== 'handover' && each.wasPrimary);
	const handover = restarts.some(each => each.kind === 'handover');
	if (lost?.kind === 'restarted' && replicas === 1)
		return 'clients get no answer from when the pod ends until it is ready again: with one replica nothing takes over meanwhile';
	if (lost === undefined && !handover) return 'none: the primary stays where it is';
	const seconds = handover ? MEASURED_GAPS.rollout : MEASURED_GAPS.graceful;
	return `less than ${seconds} s, as measured (docs/failover.md), and no call fails that is made once more`;
}
