/**
 * What to do next when the template has changed: standbys first, one at a time, the primary last, and not before another has taken over.
 *
 * - A pod of an old template that is not ready goes first: nothing is lost with it, and it may be stuck on a bad image.
 * - As long as a pod is away, starting, not ready or not proved, or clients do not reach the primary, no ready one is touched.
 * - A pod of the new template that does not become ready therefore stops the rollout.
 */
import { isProved, isRouted, type Observed, primaryPod } from '../observe/observed.ts';
import type { PodView } from '../observe/views.ts';

export type RolloutStep = { kind: 'replace'; pod: PodView } | { kind: 'switchover' };

type Situation = Pick<Observed, 'workload' | 'pods' | 'probes' | 'lease' | 'routed' | 'check' | 'isFailoverPaused'>;

/** Pods of another template than the StatefulSet's; empty while the StatefulSet controller has not caught up. */
export function outdatedPods({ workload, pods }: Pick<Situation, 'workload' | 'pods'>): PodView[] {
	if (workload === undefined || !workload.isSettled || workload.updateRevision === undefined) return [];
	return pods.filter(pod => pod.revision !== undefined && pod.revision !== workload.updateRevision);
}

/** The next step, if there is one. A switchover is `failover.ts`'s to do; with nobody to take over, the primary is replaced as it is. */
export function rolloutStep(situation: Situation): RolloutStep | undefined {
	const { pods, check, isFailoverPaused } = situation;
	if (!('spec' in check)) return undefined;
	const outdated = outdatedPods(situation).filter(pod => !pod.isDeleting);
	const stuck = outdated.find(pod => !pod.isReady);
	if (stuck !== undefined) return { kind: 'replace', pod: stuck };
	const primary = primaryPod(situation);
	const isWhole = pods.length >= check.spec.replicas && pods.every(pod => pod.isReady && isProved(situation, pod));
	const isServing = pods.length === 1 || (primary !== undefined && isRouted(situation, primary));
	if (!isWhole || !isServing) return undefined;
	const byOrdinal = outdated.toSorted((a, b) => b.name.localeCompare(a.name, 'en', { numeric: true }));
	const standby = byOrdinal.find(pod => pod !== primary);
	const next = standby ?? byOrdinal[0];
	if (next === undefined) return undefined;
	return standby === undefined && pods.length > 1 && !isFailoverPaused ? { kind: 'switchover' } : { kind: 'replace', pod: next };
}
