/** A healthy, serving vault in values, and modifiers that change one thing each: `facts(withPods(2), withoutLease())`. */
import { type RuneVault, type RuneVaultSpec, runeVaultSpecSchema } from '../../../crds/runevault.ts';
import type { RuneVaultStatus } from '../../../crds/status.ts';
import type { CheckedVault, Inputs } from '../../../operator/desired/inputs.ts';
import type { Facts } from '../../../operator/observe/findings.ts';
import type { TokenView } from '../../../operator/observe/observed.ts';
import type { ProbeReply } from '../../../operator/observe/probe.ts';
import type { PodProbe } from '../../../operator/observe/prober.ts';
import type { PodView } from '../../../operator/observe/views.ts';
import type { KeyState } from '../../../operator/reconcile/keys.ts';

export const NOW = Date.parse('2026-03-01T12:00:00Z');
export const FINGERPRINT = `sha256:${'ab'.repeat(32)}`;
const SHA256 = 'cd'.repeat(32);
/** How pods name the token of the healthy vault. */
export const TOKEN_ID = SHA256.slice(0, 16);

export const spec = (over: Record<string, unknown> = {}): RuneVaultSpec => runeVaultSpecSchema.parse({ team: 'acme', ...over });

export const vault = (over: Record<string, unknown> = {}, name = 'acme'): CheckedVault => ({
	name,
	namespace: 'rune',
	uid: 'uid-1',
	spec: spec(over),
});

export const inputs = (over: Partial<Inputs> = {}): Inputs => ({
	image: 'localhost/runevault:test',
	version: '0.1.0',
	operatorNamespace: 'runevault-system',
	clusterDomain: 'cluster.local',
	isKeygenWanted: false,
	isImportWanted: false,
	isWorkloadWanted: true,
	fingerprint: FINGERPRINT,
	releasedBits: undefined,
	verifiers: [{ name: 'team', role: 'Member', generation: 1, sha256: SHA256 }],
	hasPodRoute: false,
	hasServiceMonitors: false,
	hasCertificates: false,
	hasHttpRoutes: false,
	hasBackendTlsPolicies: false,
	hasTraefik: false,
	authority: undefined,
	...over,
});

export function resourceWith(
	rawSpec: unknown,
	over: { name?: string; status?: RuneVaultStatus; annotations?: Record<string, string> } = {},
): RuneVault {
	return {
		apiVersion: 'runevault.io/v1alpha1',
		kind: 'RuneVault',
		metadata: {
			name: over.name ?? 'acme',
			namespace: 'rune',
			uid: 'uid-1',
			generation: 4,
			resourceVersion: '100',
			...(over.annotations === undefined ? {} : { annotations: over.annotations }),
		},
		spec: rawSpec,
		...(over.status === undefined ? {} : { status: over.status }),
	};
}

export const pod = (ordinal: number, over: Partial<PodView> = {}): PodView => ({
	name: `acme-${ordinal}`,
	uid: `pod-${ordinal}`,
	ip: `10.0.0.${ordinal + 1}`,
	node: `node${ordinal + 1}`,
	createdAt: '2026-03-01T10:00:00Z',
	isReady: true,
	hasStopped: false,
	isDeleting: false,
	revision: 'new',
	hasTls: true,
	verifiers: undefined,
	role: undefined,
	...over,
});

export const reply = (over: Partial<ProbeReply> = {}): ProbeReply => ({
	vault_version: 'test',
	role: 'standby',
	epoch: 7,
	ready: true,
	draining: false,
	keys: { version: 1, fingerprint: FINGERPRINT },
	tokens: { team: [TOKEN_ID] },
	...over,
});

const probe = (over: Partial<PodProbe> = {}): PodProbe => ({ reply: reply(), proof: 'proved', failures: 0, isDown: false, ...over });

export type Modifier = (facts: Facts) => Facts;

/** Three pods, the first of them primary in epoch 7, everything as it should be. */
export function facts(...modifiers: Modifier[]): Facts {
	const pods = [0, 1, 2].map(ordinal => pod(ordinal));
	const healthy: Facts = {
		vault: resourceWith({ team: 'acme' }),
		check: { spec: spec() },
		isRestoring: false,
		backups: [],
		isPaused: false,
		isFailoverPaused: false,
		target: undefined,
		keysObserved: {
			key: { fingerprint: FINGERPRINT },
			hasKek: true,
			hasCanaries: true,
			job: undefined,
			fault: undefined,
			recorded: FINGERPRINT,
			hasWorkload: true,
		},
		keys: { stage: 'ready', fingerprint: FINGERPRINT },
		tokens: new Map([['team', { name: 'team', generation: 1, sha256: SHA256, rotatedAt: '2026-03-01T09:00:00Z' }]]),
		workload: { isSettled: true, updateRevision: 'new', image: 'localhost/runevault:test' },
		pods,
		lease: { holder: 'acme-0', epoch: 7, acquiredAt: undefined },
		routed: ['10.0.0.1'],
		hasOwnRoute: true,
		podRoutes: [],
		cordoned: new Set(),
		answers: new Map(),
		probes: new Map(pods.map(({ uid }, ordinal) => [uid, probe({ reply: reply({ role: ordinal === 0 ? 'primary' : 'standby' }) })])),
		ledger: {},
		missingRefs: [],
		hasServiceMonitors: false,
		hasCertificates: false,
		hasHttpRoutes: false,
		hasBackendTlsPolicies: false,
		hasTraefik: false,
		problems: [],
		appointed: undefined,
		now: NOW,
	};
	return modifiers.reduce((before, modify) => modify(before), healthy);
}

export const withSpec =
	(over: Record<string, unknown>): Modifier =>
	before => ({ ...before, check: { spec: spec(over) } });
export const withKeys =
	(keys: KeyState): Modifier =>
	before => ({ ...before, keys });
/** Changes what the Secret of the token `team` tells. */
export const withToken =
	(over: Partial<TokenView>): Modifier =>
	before => {
		const team: TokenView = { name: 'team', generation: 1, sha256: SHA256, rotatedAt: '2026-03-01T09:00:00Z', ...over };
		return { ...before, tokens: new Map([...before.tokens, ['team', team]]) };
	};
export const withStatus =
	(status: RuneVaultStatus): Modifier =>
	before => ({ ...before, vault: { ...before.vault, status } });
export const withoutPods = (): Modifier => before => ({ ...before, pods: [], probes: new Map(), workload: undefined, routed: [] });
export const withoutLease = (): Modifier => before => ({ ...before, lease: { holder: '', epoch: 7, acquiredAt: undefined } });
export const withHolder =
	(ordinal: number, epoch: number, acquiredAt?: string): Modifier =>
	before => ({ ...before, lease: { holder: `acme-${ordinal}`, epoch, acquiredAt } });
/** Clients are sent to this pod. */
export const routedTo =
	(ordinal: number): Modifier =>
	before => ({ ...before, routed: [`10.0.0.${ordinal + 1}`] });
export const withoutRoute = (): Modifier => before => ({ ...before, routed: [] });
export const paused = (): Modifier => before => ({ ...before, isPaused: true, isFailoverPaused: true });
export const invalid =
	(path: string, message: string): Modifier =>
	before => ({ ...before, check: { violations: [{ path, message }] } });

export const withPod =
	(ordinal: number, over: Partial<PodView>): Modifier =>
	before => ({
		...before,
		pods: before.pods.map(each => (each.name === `acme-${ordinal}` ? { ...each, ...over } : each)),
	});

export const withProbe =
	(ordinal: number, over: Partial<PodProbe>): Modifier =>
	before => {
		const known = before.probes.get(`pod-${ordinal}`) ?? probe();
		return { ...before, probes: new Map([...before.probes, [`pod-${ordinal}`, { ...known, ...over }]]) };
	};

export const unasked =
	(ordinal: number): Modifier =>
	before => ({
		...before,
		probes: new Map([...before.probes].filter(([uid]) => uid !== `pod-${ordinal}`)),
	});
