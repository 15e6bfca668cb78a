/**
 * Which pods a plan restarts and in which order: the operator's own rollout, played through with every pod coming back at once. Pure.
 *
 * Pods beyond the new number of replicas are ended by Kubernetes at once; new ones are made of the new template.
 */
import type { RuneVaultSpec } from '../../../crds/runevault.ts';
import { namesOf } from '../../../operator/desired/names.ts';
import { chooseNext } from '../../../operator/reconcile/failover.ts';
import { rolloutStep } from '../../../operator/reconcile/rollout.ts';

export type Restart =
	| { kind: 'added' | 'ended' | 'restarted'; pod: string; wasPrimary: boolean }
	| { kind: 'handover'; from: string; to: string };

type Situation = Parameters<typeof chooseNext>[0] & Parameters<typeof rolloutStep>[0];
type PodView = Situation['pods'][number];

export type Rollout = {
	name: string;
	spec: RuneVaultSpec;
	/** Names of the Vault pods there are. */
	pods: readonly string[];
	primary: string | undefined;
	isTemplateChanged: boolean;
	isFailoverPaused: boolean;
};

const ordinalOf = (pod: string) => Number(pod.slice(pod.lastIndexOf('-') + 1));

export function restartsOf({ name, spec, pods, primary, isTemplateChanged, isFailoverPaused }: Rollout): Restart[] {
	const { workload } = namesOf(name);
	const wanted = Array.from({ length: spec.replicas }, (_, ordinal) => `${workload}-${ordinal}`);
	const ended = pods.filter(pod => ordinalOf(pod) >= spec.replicas).sort((a, b) => ordinalOf(b) - ordinalOf(a));
	const added = wanted.filter(pod => !pods.includes(pod));
	const scaled: Restart[] = [
		...ended.map(pod => ({ kind: 'ended' as const, pod, wasPrimary: pod === primary })),
		...added.map(pod => ({ kind: 'added' as const, pod, wasPrimary: false })),
	];
	if (!isTemplateChanged || pods.length === 0) return scaled;
	const holder = primary === undefined || ended.includes(primary) ? wanted[0] : primary;
	return [
		...scaled,
		...played(
			wanted.map(pod => viewOf(pod, added.includes(pod))),
			holder ?? '',
			spec,
			isFailoverPaused,
		),
	];
}

const OLD = 'old';
const NEW = 'new';
const ADDRESS = '192.0.2.1';

/** A pod with everything in order; the one address of them all is routed to. */
const viewOf = (pod: string, isNew: boolean): PodView => ({
	...{ name: pod, uid: pod, ip: ADDRESS, node: pod, createdAt: undefined, isReady: true, hasStopped: false, isDeleting: false },
	...{ revision: isNew ? NEW : OLD, verifiers: undefined, role: undefined, hasTls: false },
});

function played(start: PodView[], primary: string, spec: RuneVaultSpec, isFailoverPaused: boolean): Restart[] {
	const restarts: Restart[] = [];
	let pods = start;
	let holder = primary;
	// A handover and a restart a pod are the most there can be.
	for (let step = 0; step < 2 * start.length; step += 1) {
		const situation = situationOf(pods, holder, spec, isFailoverPaused);
		const next = rolloutStep(situation);
		if (next === undefined) break;
		if (next.kind === 'replace') {
			const { name } = next.pod;
			restarts.push({ kind: 'restarted', pod: name, wasPrimary: name === holder });
			pods = pods.map(pod => (pod.name === name ? { ...pod, revision: NEW } : pod));
			continue;
		}
		const choice = chooseNext(situation);
		if (choice === undefined) break;
		restarts.push({ kind: 'handover', from: holder, to: choice.to.name });
		holder = choice.to.name;
	}
	return restarts;
}

function situationOf(pods: readonly PodView[], holder: string, spec: RuneVaultSpec, isFailoverPaused: boolean): Situation {
	const reply = { ready: true } as NonNullable<ReturnType<Situation['probes']['get']>>['reply'];
	const probe = { reply, proof: 'proved', failures: 0, isDown: false } as const;
	return {
		pods,
		probes: new Map(pods.map(({ uid }) => [uid, probe])),
		lease: { holder, epoch: 0, acquiredAt: undefined },
		routed: [ADDRESS],
		cordoned: new Set(),
		workload: { isSettled: true, updateRevision: NEW, image: undefined },
		target: undefined,
		isFailoverPaused,
		check: { spec },
	};
}
