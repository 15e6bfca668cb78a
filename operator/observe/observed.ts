/** Everything one reconcile knows of one vault, read once. */
import type { RuneVault } from '../../crds/runevault.ts';
import type { KeyState, KeysObserved } from '../reconcile/keys.ts';
import type { SpecCheck } from './policies.ts';
import type { PodProbe } from './prober.ts';
import type { LeaseView, PodView, WorkloadView } from './views.ts';

/** A token Secret as its annotations tell it. */
export type TokenView = { name: string; generation: number | undefined; sha256: string | undefined; rotatedAt: string | undefined };
export type MissingRef = { path: string; kind: 'Secret' | 'IngressClass'; name: string };

export type Observed = {
	vault: RuneVault;
	check: SpecCheck;
	isPaused: boolean;
	keysObserved: KeysObserved;
	keys: KeyState;
	/** By token name. */
	tokens: ReadonlyMap<string, TokenView>;
	workload: WorkloadView | undefined;
	pods: readonly PodView[];
	lease: LeaseView | undefined;
	/** Addresses in the EndpointSlice. */
	routed: readonly string[];
	/** Answers of the canaries by index. */
	answers: ReadonlyMap<number, string>;
	/** By uid of the pod; absent for one not asked yet. */
	probes: ReadonlyMap<string, PodProbe>;
	missingRefs: readonly MissingRef[];
	hasServiceMonitors: boolean;
};

/** The pod that holds the Lease, if it is there. */
export const primaryPod = ({ lease, pods }: Pick<Observed, 'lease' | 'pods'>): PodView | undefined =>
	lease === undefined || lease.holder === '' ? undefined : pods.find(pod => pod.name === lease.holder);

/** Whether the pod has proved that it decrypts with the recorded key, and still answers. */
export function isProved({ probes }: Pick<Observed, 'probes'>, pod: PodView): boolean {
	const probe = probes.get(pod.uid);
	return probe !== undefined && probe.proof === 'proved' && !probe.isDown;
}
