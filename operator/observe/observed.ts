/** Everything one reconcile knows of one vault, read once. */
import type { LedgerData } from '../../crds/ledger.ts';
import type { RuneVaultBackup } from '../../crds/operations.ts';
import type { RuneVault } from '../../crds/runevault.ts';
import type { KeyState, KeysObserved } from '../reconcile/keys.ts';
import type { SpecCheck } from './policies.ts';
import type { PodProbe } from './prober.ts';
import type { LeaseView, PodView, WorkloadView } from './views.ts';

/** A token that lies in its Secret beside the present one, and will take its place. */
export type StagedToken = { generation: number; sha256: string; stagedAt: string };
/** The token before the present one, with the end of the overlap. */
export type FormerToken = { generation: number; sha256: string; until: string };
/** A token Secret as its annotations tell it. */
export type TokenView = {
	name: string;
	generation: number | undefined;
	sha256: string | undefined;
	/** When it came into its Secret. */
	rotatedAt: string | undefined;
	next?: StagedToken;
	previous?: FormerToken;
};
export type MissingRef = { path: string; kind: 'Secret' | 'IngressClass' | 'CertManager' | 'Issuer' | 'Kind'; name: string };

/** The field that names the Secret to import from. */
export const IMPORT_PATH = 'spec.keys.import.secretName';

/** Whether the Secret to import from is still to come. No key is made instead meanwhile. */
export const isImportMissing = ({ missingRefs }: Pick<Observed, 'missingRefs'>): boolean =>
	missingRefs.some(({ path }) => path === IMPORT_PATH);

export type Observed = {
	vault: RuneVault;
	check: SpecCheck;
	/** A RuneVaultRestore is under way: nothing is written but the status, so that no token or key is made beside those that come back. */
	isRestoring: boolean;
	backups: readonly RuneVaultBackup[];
	/** By annotation: nothing at all is written but the status. */
	isPaused: boolean;
	/** By annotation: no other primary is appointed, unless somebody asks for one. */
	isFailoverPaused: boolean;
	/** The pod that somebody asked to become primary. */
	target: string | undefined;
	keysObserved: KeysObserved;
	keys: KeyState;
	/** By token name. */
	tokens: ReadonlyMap<string, TokenView>;
	workload: WorkloadView | undefined;
	pods: readonly PodView[];
	lease: LeaseView | undefined;
	/** Addresses clients are sent to. */
	routed: readonly string[];
	/** Whether the slice that the primary writes leads anywhere. */
	hasOwnRoute: boolean;
	/** Slices that Kubernetes made of the clients' Service while that has a selector. */
	podRoutes: readonly { name: string; uid: string | undefined; addresses: readonly string[] }[];
	/** Names of nodes that take no more pods. */
	cordoned: ReadonlySet<string>;
	/** Answers of the canaries by index. */
	answers: ReadonlyMap<number, string>;
	/** By uid of the pod; absent for one not asked yet. */
	probes: ReadonlyMap<string, PodProbe>;
	/** The account of released bits as the pods keep it; empty when there is none. */
	ledger: LedgerData;
	missingRefs: readonly MissingRef[];
	hasServiceMonitors: boolean;
	hasCertificates: boolean;
	hasHttpRoutes: boolean;
	hasBackendTlsPolicies: boolean;
	hasTraefik: boolean;
};

/** The pod that holds the Lease, if it is there. */
export const primaryPod = ({ lease, pods }: Pick<Observed, 'lease' | 'pods'>): PodView | undefined =>
	lease === undefined || lease.holder === '' ? undefined : pods.find(pod => pod.name === lease.holder);

/** Whether the pod has proved that it decrypts with the recorded key, and still answers. */
export function isProved({ probes }: Pick<Observed, 'probes'>, pod: PodView): boolean {
	const probe = probes.get(pod.uid);
	return probe !== undefined && probe.proof === 'proved' && !probe.isDown;
}

/** Whether clients are sent to the pod. */
export const isRouted = ({ routed }: Pick<Observed, 'routed'>, { ip }: PodView): boolean => ip !== undefined && routed.includes(ip);
