/**
 * Which pod to replace next when the template has changed: standbys first, one at a time, the primary last.
 *
 * - A pod of an old template that is not ready goes first: nothing is lost with it, and it may be stuck on a bad image.
 * - As long as a pod is away, starting or not ready, no ready one is touched.
 * - A pod of the new template that does not become ready therefore stops the rollout.
 */
import type { PodView, WorkloadView } from '../observe/views.ts';

export type RolloutObserved = {
	workload: WorkloadView | undefined;
	pods: readonly PodView[];
	replicas: number;
	/** Name of the pod that holds the Lease. */
	primary: string | undefined;
	/** Whether the pod proved, after it started, that it decrypts. */
	isProved: (pod: PodView) => boolean;
};

/** Pods of another template than the StatefulSet's; empty while the StatefulSet controller has not caught up. */
export function outdatedPods({ workload, pods }: Pick<RolloutObserved, 'workload' | 'pods'>): PodView[] {
	if (workload === undefined || !workload.isSettled || workload.updateRevision === undefined) return [];
	return pods.filter(pod => pod.revision !== undefined && pod.revision !== workload.updateRevision);
}

/** The pod to delete now, if any. */
export function nextToReplace(observed: RolloutObserved): PodView | undefined {
	const { pods, replicas, primary, isProved } = observed;
	const outdated = outdatedPods(observed).filter(pod => !pod.isDeleting);
	const stuck = outdated.find(pod => !pod.isReady);
	if (stuck !== undefined) return stuck;
	const isWhole = pods.length >= replicas && pods.every(pod => pod.isReady && isProved(pod));
	if (!isWhole) return undefined;
	const byOrdinal = outdated.toSorted((a, b) => b.name.localeCompare(a.name, 'en', { numeric: true }));
	return byOrdinal.find(pod => pod.name !== primary) ?? byOrdinal[0];
}
