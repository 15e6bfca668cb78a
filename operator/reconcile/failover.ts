/**
 * Who is to be primary next, if anybody: pure, from what was observed.
 *
 * | holder of the Lease | somebody could take over | step |
 * |---|---|---|
 * | nobody | | none: the pods take a free Lease themselves, at once |
 * | its pod is gone, being deleted, or made anew without an address yet | yes | appoint: PodDeleted |
 * | its container is not ready, says the kubelet, and a probe since then failed or said so too | yes | appoint: PodNotReady |
 * | three probes in a row failed | yes | appoint: NoAnswer |
 * | it decrypts wrongly, or with another key | yes | appoint: WrongAnswer |
 * | well, and `status.targetPrimary` names one that could take over | | appoint: Promoted |
 * | well, on a cordoned node | on another | appoint: NodeCordoned |
 * | well, and the last pod of an older template | yes | appoint: RollingOut |
 *
 * Nothing has to be fenced first: two pods that both believe to be primary corrupt nothing (docs/failover.md). What a cache says is only a
 * reason to look: `appoint` reads Lease and pods again before it writes.
 */
import type { FailoverReason } from '../../crds/status.ts';
import type { Observed } from '../observe/observed.ts';
import type { PodView } from '../observe/views.ts';
import { outdatedPods, rolloutStep } from './rollout.ts';

export type Choice = {
	/** Name of the holder, and the epoch it holds: when the Lease says anything else by then, the choice is void. */
	from: string;
	epoch: number;
	to: PodView;
	reason: FailoverReason;
};

type Situation = Pick<Observed, 'pods' | 'probes' | 'lease' | 'cordoned' | 'workload' | 'target' | 'isFailoverPaused' | 'routed' | 'check'>;

/** What is wrong with the pod that holds the Lease; undefined when nothing is, or nobody holds it. */
export function faultOfHolder({ pods, probes, lease }: Pick<Situation, 'pods' | 'probes' | 'lease'>): FailoverReason | undefined {
	if (lease === undefined || lease.holder === '') return undefined;
	const holder = pods.find(pod => pod.name === lease.holder);
	if (holder === undefined || holder.isDeleting || holder.ip === undefined) return 'PodDeleted';
	const probe = probes.get(holder.uid);
	if (probe === undefined) return undefined;
	if (holder.hasStopped && (probe.failures > 0 || probe.reply?.ready === false)) return 'PodNotReady';
	if (probe.isDown) return 'NoAnswer';
	return probe.proof === 'wrong-answer' || probe.proof === 'wrong-key' ? 'WrongAnswer' : undefined;
}

/** The pods that could take over now, the best first: off cordoned nodes, of the current template, by ordinal. */
export function candidates(situation: Pick<Situation, 'pods' | 'probes' | 'lease' | 'cordoned' | 'workload'>): PodView[] {
	const { pods, probes, lease, cordoned } = situation;
	const outdated = new Set(outdatedPods(situation).map(pod => pod.name));
	const isAble = ({ name, uid, ip, isReady, hasStopped }: PodView) => {
		const probe = probes.get(uid);
		const hasAnswered = probe !== undefined && probe.failures === 0 && probe.proof === 'proved' && probe.reply?.ready === true;
		return name !== lease?.holder && ip !== undefined && isReady && !hasStopped && hasAnswered;
	};
	const rank = (pod: PodView) => (isCordoned(pod, cordoned) ? 2 : 0) + (outdated.has(pod.name) ? 1 : 0);
	return pods.filter(isAble).sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, 'en', { numeric: true }));
}

const isCordoned = ({ node }: PodView, cordoned: ReadonlySet<string>): boolean => node !== undefined && cordoned.has(node);

/** The pod to appoint now, if any. */
export function chooseNext(situation: Situation): Choice | undefined {
	const { lease, cordoned, target, isFailoverPaused, pods } = situation;
	if (lease === undefined || lease.holder === '') return undefined;
	const able = candidates(situation);
	const appoint = (to: PodView | undefined, reason: FailoverReason): Choice | undefined =>
		to === undefined ? undefined : { from: lease.holder, epoch: lease.epoch, to, reason };
	const [best] = able;
	const promoted = able.find(pod => pod.name === target);
	if (promoted !== undefined) return appoint(promoted, 'Promoted');
	if (isFailoverPaused || best === undefined) return undefined;
	const fault = faultOfHolder(situation);
	if (fault !== undefined) return appoint(best, fault);
	const holder = pods.find(pod => pod.name === lease.holder);
	if (holder !== undefined && isCordoned(holder, cordoned) && !isCordoned(best, cordoned)) return appoint(best, 'NodeCordoned');
	return rolloutStep(situation)?.kind === 'switchover' ? appoint(best, 'RollingOut') : undefined;
}

/** What became of the pod that somebody asked for: undefined while nobody did, or its appointment is what comes next. */
export function targetOutcome(situation: Situation): { isReached: boolean; message: string } | undefined {
	const { target, lease, pods } = situation;
	if (target === undefined) return undefined;
	if (lease?.holder === target) return { isReached: true, message: `${target} is primary, as asked.` };
	if (candidates(situation).some(pod => pod.name === target)) return undefined;
	const why = pods.some(pod => pod.name === target) ? 'is not ready, or has not proved that it decrypts' : 'is not a pod of this Vault';
	return { isReached: false, message: `${target} ${why}: the primary stays where it is.` };
}
