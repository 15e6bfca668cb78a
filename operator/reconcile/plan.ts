/** From what was observed to what the builders and the prober are given. Pure. */
import { durationMs } from '../../crds/fields.ts';
import type { CheckedVault, Inputs, Verifier } from '../desired/inputs.ts';
import type { Observed, TokenView } from '../observe/observed.ts';
import type { ProbePlan } from '../observe/prober.ts';

export type Settings = Pick<Inputs, 'image' | 'version' | 'operatorNamespace' | 'clusterDomain'>;

/** The resource with its checked spec; undefined when the spec is not valid. */
export function checkedVault({ vault, check }: Observed): CheckedVault | undefined {
	if (!('spec' in check)) return undefined;
	const { name, namespace, uid } = vault.metadata;
	return { name, namespace, uid, spec: check.spec };
}

/** Pods exist from the first key on. When the key is lost later they stay: what runs still decrypts. */
export function inputsOf(
	{ keys, workload, vault, hasServiceMonitors }: Observed,
	settings: Settings,
	verifiers: readonly Verifier[],
): Inputs {
	const recorded = vault.status?.keys?.fingerprint;
	return {
		...settings,
		isKeygenWanted: keys.stage === 'generate',
		isWorkloadWanted: keys.stage === 'ready' || workload !== undefined,
		fingerprint: recorded ?? (keys.stage === 'missing' ? undefined : keys.fingerprint),
		verifiers,
		hasServiceMonitors,
	};
}

const STANDARD_PERIOD_MS = 10_000;

/** Whom to ask, and what is expected of them. With an invalid spec the pods are asked on, by what is known of them. */
export function probePlan(observed: Observed, tokens: ReadonlyMap<string, TokenView>): ProbePlan {
	const { pods, lease, answers, keys, check, vault } = observed;
	const generations = [...tokens].flatMap(([name, { generation }]) => (generation === undefined ? [] : [[name, generation] as const]));
	const recorded = vault.status?.keys?.fingerprint ?? (keys.stage === 'ready' ? keys.fingerprint : undefined);
	return {
		targets: pods
			.filter(pod => pod.isReady)
			.flatMap(({ uid, name, ip }) => (ip === undefined ? [] : [{ uid, name, ip, wantsPrimary: name === lease?.holder }])),
		periodMs: 'spec' in check ? durationMs(check.spec.failover.probePeriod) : STANDARD_PERIOD_MS,
		answers,
		fingerprint: recorded,
		tokens: Object.fromEntries(generations),
	};
}
