/**
 * Everything a reconcile needs, read once into one immutable value: from the caches, and from the API server only what no watch covers
 * (what the spec refers to) or what must not rest on a cache that lags (a key Secret that seems to be missing).
 */
import type { RuneVaultBackup, RuneVaultRestore } from '../../crds/operations.ts';
import type { RuneVault } from '../../crds/runevault.ts';
import type { KubeObject } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { ANNOTATIONS, namesOf, SLICE_MANAGER, SLICE_SERVICE } from '../desired/names.ts';
import type { Applier, Ref } from '../reconcile/apply.ts';
import { type KeysObserved, keyState } from '../reconcile/keys.ts';
import { isRestoreDone } from '../reconcile/restore-plan.ts';
import { tokenView } from '../reconcile/token-state.ts';
import type { StatusWriter } from '../reconcile/write-status.ts';
import type { Observed, TokenView } from './observed.ts';
import { claim, type OptionalKind, type OwnedKind } from './owned.ts';
import { checkSpec, type SpecCheck } from './policies.ts';
import type { Prober } from './prober.ts';
import { findMissingRefs } from './refs.ts';
import * as views from './views.ts';

/** What Kubernetes signs its slices with. */
const KUBERNETES_SLICES = 'endpointslice-controller.k8s.io';

/** The watched world. */
export type Caches = {
	vault: (key: string) => RuneVault | undefined;
	/** One object by name. */
	find: (ref: Ref) => KubeObject | undefined;
	/** Of one vault. */
	backups: (key: string) => RuneVaultBackup[];
	restores: (key: string) => RuneVaultRestore[];
	/** All objects of a kind that carry the label of the vault. */
	labelled: (kind: OwnedKind, key: string) => KubeObject[];
	/** Names of nodes that take no more pods. */
	cordonedNodes: () => ReadonlySet<string>;
	/** Whether the cluster serves a kind of others. */
	knows: (kind: OptionalKind) => boolean;
};

export type GatherEffects = {
	caches: Caches;
	transport: Transport;
	applier: Applier;
	prober: Pick<Prober, 'known'>;
	statusWriter: Pick<StatusWriter, 'newest'>;
};

/** @returns undefined when there is no such vault, or it is being deleted: the garbage collector does the rest. */
export async function gather(key: string, effects: GatherEffects): Promise<Observed | undefined> {
	const { caches, prober, statusWriter } = effects;
	const cached = caches.vault(key);
	if (cached === undefined || cached.metadata.deletionTimestamp !== undefined) return undefined;
	const vault = statusWriter.newest(key, cached);
	const check = checkSpec(vault);
	const pause = vault.metadata.annotations?.[ANNOTATIONS.paused];
	const names = namesOf(vault.metadata.name);
	const own = (kind: OwnedKind, name: string) => ownObject(caches, vault, kind, name);
	const set = own('StatefulSet', names.workload);
	const lease = own('Lease', names.lease);
	const ledger = own('ConfigMap', names.ledger);
	const keysObserved = await observeKeys(vault, set !== undefined, effects);
	const pods = caches.labelled('Pod', key).filter(isVaultPod(names.workload));
	const podViews = pods.map(views.podView).sort((a, b) => (a.name < b.name ? -1 : 1));
	return {
		vault,
		check,
		isRestoring: caches.restores(key).some(restore => restore.metadata.deletionTimestamp === undefined && !isRestoreDone(restore)),
		backups: caches.backups(key),
		isPaused: pause === 'reconcile',
		isFailoverPaused: pause === 'failover' || pause === 'reconcile',
		target: vault.status?.targetPrimary,
		keysObserved,
		keys: keyState(keysObserved),
		tokens: observeTokens(vault, check, effects),
		workload: set === undefined ? undefined : views.workloadView(set),
		pods: podViews,
		lease: lease === undefined ? undefined : views.leaseView(lease),
		...observeRoute(vault, caches),
		cordoned: caches.cordonedNodes(),
		answers: answersOf(caches, vault),
		probes: new Map(
			podViews.flatMap(({ uid }) => {
				const known = prober.known(uid);
				return known === undefined ? [] : [[uid, known] as const];
			}),
		),
		missingRefs: 'spec' in check ? await findMissingRefs(vault, check.spec, keysObserved, effects) : [],
		hasServiceMonitors: caches.knows('ServiceMonitor'),
		hasCertificates: caches.knows('Certificate'),
		hasHttpRoutes: caches.knows('HTTPRoute'),
		hasBackendTlsPolicies: caches.knows('BackendTLSPolicy'),
		hasTraefik: caches.knows('ServersTransport') && caches.knows('Middleware'),
		ledger: ledger === undefined ? {} : views.ledgerOf(ledger),
	};
}

/** Our own slice and, with `routing: AllReady`, those that Kubernetes makes of the Service's selector; these carry the Service's labels. */
function observeRoute(vault: RuneVault, caches: Caches): Pick<Observed, 'routed' | 'hasOwnRoute' | 'podRoutes'> {
	const { name, namespace } = vault.metadata;
	const { endpointSlice, service } = namesOf(name);
	const own = ownObject(caches, vault, 'EndpointSlice', endpointSlice);
	const podRoutes = caches
		.labelled('EndpointSlice', `${namespace}/${name}`)
		.filter(({ metadata }) => metadata.labels?.[SLICE_SERVICE] === service && metadata.labels[SLICE_MANAGER] === KUBERNETES_SLICES)
		.map(slice => ({ name: slice.metadata.name, uid: slice.metadata.uid, addresses: views.routedAddresses(slice) }));
	const ownAddresses = own === undefined ? [] : views.routedAddresses(own);
	return {
		routed: [...new Set([...ownAddresses, ...podRoutes.flatMap(({ addresses }) => addresses)])],
		hasOwnRoute: ownAddresses.length > 0,
		podRoutes,
	};
}

/** An object of that name in the cache that is this vault's own, and not a leftover of a predecessor. */
function ownObject(caches: Caches, { metadata }: RuneVault, kind: OwnedKind, name: string): KubeObject | undefined {
	const object = caches.find({ kind, namespace: metadata.namespace, name });
	return object !== undefined && claim(object, metadata) === 'ours' ? object : undefined;
}

const isVaultPod = (workload: string) => (pod: KubeObject) =>
	pod.metadata.ownerReferences?.some(owner => owner.kind === 'StatefulSet' && owner.name === workload && owner.controller === true) ??
	false;

function answersOf(caches: Caches, { metadata }: RuneVault): ReadonlyMap<number, string> {
	const map = caches.find({ kind: 'ConfigMap', namespace: metadata.namespace, name: namesOf(metadata.name).canaries });
	return map === undefined ? new Map() : views.answersOf(map);
}

/** Asked of the spec as it came, because what the keys are sealed with does not change when something else in it is not valid. */
const isKekFile = ({ spec }: RuneVault): boolean => Object(Object(Object(spec).keys).kek).type === 'File';

/** A key that somebody put back by hand may have lost its labels, and not its fingerprint. */
function keyView(secret: KubeObject, vault: RuneVault['metadata']): NonNullable<KeysObserved['key']> {
	const fingerprint = secret.metadata.annotations?.[ANNOTATIONS.fingerprint];
	return { fingerprint, isForeign: fingerprint === undefined && claim(secret, vault) !== 'ours' };
}

async function observeKeys(vault: RuneVault, hasWorkload: boolean, { caches, applier }: GatherEffects): Promise<KeysObserved> {
	const { name, namespace } = vault.metadata;
	const names = namesOf(name);
	const look = async (kind: 'Secret' | 'ConfigMap', of: string) => {
		const ref = { kind, namespace, name: of };
		return caches.find(ref) ?? (await applier.readMetadata(ref));
	};
	const [key, hasKek, canaries] = await Promise.all([
		look('Secret', names.keySecret),
		isKekFile(vault) || look('Secret', names.kekSecret).then(kek => kek !== undefined),
		look('ConfigMap', names.canaries),
	]);
	const job = ownObject(caches, vault, 'Job', names.keygen);
	return {
		key: key && keyView(key, vault.metadata),
		hasKek,
		hasCanaries: canaries !== undefined && claim(canaries, vault.metadata) === 'ours' && canaries.metadata.deletionTimestamp === undefined,
		job: job === undefined ? undefined : views.jobView(job),
		fault: views.keygenFault(caches.labelled('Pod', `${namespace}/${name}`), job?.metadata.uid ?? ''),
		recorded: vault.status?.keys?.fingerprint,
		hasWorkload,
	};
}

function observeTokens(vault: RuneVault, check: SpecCheck, { applier }: GatherEffects): ReadonlyMap<string, TokenView> {
	const { namespace, name: vaultName } = vault.metadata;
	const wanted = 'spec' in check ? check.spec.access.tokens : (vault.status?.tokens ?? []);
	return new Map(
		wanted.flatMap(({ name }) => {
			const annotations = applier.annotations({ kind: 'Secret', namespace, name: namesOf(vaultName).tokenSecret(name) });
			return annotations === undefined ? [] : [[name, tokenView(name, annotations)] as const];
		}),
	);
}
