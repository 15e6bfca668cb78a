/** From what was observed to what the builders and the prober are given. Pure. */
import { durationMs } from '../../crds/fields.ts';
import { podHost } from '../desired/certificate-names.ts';
import type { CheckedVault, Inputs, Verifier } from '../desired/inputs.ts';
import { isImportMissing, type Observed, type TokenView } from '../observe/observed.ts';
import type { ProbePlan } from '../observe/prober.ts';
import type { Credentials } from '../tls/keeper.ts';
import { type TokenViews, wantedIds } from './token-state.ts';

export type Settings = Pick<Inputs, 'image' | 'version' | 'operatorNamespace' | 'clusterDomain'>;

/** The resource with its checked spec; undefined when the spec is not valid. */
export function checkedVault({ vault, check }: Observed): CheckedVault | undefined {
	if (!('spec' in check)) return undefined;
	const { name, namespace, uid } = vault.metadata;
	return { name, namespace, uid, spec: check.spec };
}

/** Pods exist from the first key on. When the key is lost later they stay: what runs still decrypts. */
export function inputsOf(observed: Observed, settings: Settings, verifiers: readonly Verifier[], authority?: string): Inputs {
	const { keys, workload, vault, podRoutes, hasServiceMonitors, hasCertificates, hasHttpRoutes, hasBackendTlsPolicies, hasTraefik } =
		observed;
	const recorded = vault.status?.keys?.fingerprint;
	return {
		...settings,
		isKeygenWanted: keys.stage === 'generate' && !isImportMissing(observed),
		isImportWanted: recorded === undefined,
		isWorkloadWanted: keys.stage === 'ready' || workload !== undefined,
		fingerprint: recorded ?? (keys.stage === 'missing' ? undefined : keys.fingerprint),
		releasedBits: vault.status?.keys?.releasedBits,
		verifiers,
		hasPodRoute: podRoutes.some(({ addresses }) => addresses.length > 0),
		hasServiceMonitors,
		hasCertificates,
		hasHttpRoutes,
		hasBackendTlsPolicies,
		hasTraefik,
		authority,
	};
}

const STANDARD_PERIOD_MS = 10_000;
const STANDARD_LEASE_MS = 15_000;

/** How long a holder keeps the Lease without renewing it. */
export const leaseDurationMs = ({ check }: Pick<Observed, 'check'>): number =>
	'spec' in check ? durationMs(check.spec.failover.leaseDuration) : STANDARD_LEASE_MS;

/** What an overlap is at the most; for tokens of which no spec can be read. */
const withLongestOverlap = ({ name }: TokenView) => ({ name, overlap: '168h' });

/**
 * Whom to ask, and what is expected of them: every ready pod, and the holder of the Lease even when it is not ready any more, because only
 * its answer tells why. With an invalid spec the pods are asked on, by what is known of them.
 */
export function probePlan(observed: Observed, tokens: TokenViews, now: number, credentials?: Credentials): ProbePlan {
	const { pods, lease, answers, keys, check, vault } = observed;
	const recorded = vault.status?.keys?.fingerprint ?? (keys.stage === 'ready' ? keys.fingerprint : undefined);
	return {
		targets: pods
			.filter(pod => pod.isReady || pod.name === lease?.holder)
			.flatMap(({ uid, name, ip, hasStopped, hasTls }) => {
				if (ip === undefined) return [];
				const serverName = hasTls ? { serverName: podHost(vault.metadata, name) } : {};
				return [{ uid, name, ip, wantsPrimary: name === lease?.holder, isReady: !hasStopped, ...serverName }];
			}),
		periodMs: 'spec' in check ? durationMs(check.spec.failover.probePeriod) : STANDARD_PERIOD_MS,
		silenceMs: leaseDurationMs(observed) / 3,
		answers,
		fingerprint: recorded,
		credentials,
		tokens: wantedIds('spec' in check ? check.spec.access.tokens : [...tokens.values()].map(withLongestOverlap), tokens, now),
	};
}
