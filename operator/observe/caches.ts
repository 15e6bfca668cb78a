/**
 * What the operator watches: RuneVaults, and by label every kind it owns, cluster-wide or in the namespaces it was given. Each change of
 * anything leads to the key of one vault.
 */
import type { RuneVaultBackup, RuneVaultRestore } from '../../crds/operations.ts';
import { type RuneVault, resource as runeVaults } from '../../crds/runevault.ts';
import type { ChangeKind } from '../../kube/cache.ts';
import { isForbidden, isNotFound } from '../../kube/errors.ts';
import { createReflector, type Reflector } from '../../kube/reflector.ts';
import { type KubeObject, keyOf, type Resource, resources } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { canonicalJson } from '../desired/digest.ts';
import { LABELS, OWNED_SELECTOR } from '../desired/names.ts';
import type { Ref } from '../reconcile/apply.ts';
import type { Caches } from './gather.ts';
import { OperationCache } from './operation-cache.ts';
import { isOwnedKind, OPTIONAL_KINDS, type OptionalKind, OWNED_KINDS, type OwnedKind, WATCHED } from './owned.ts';

export type WatchOptions = {
	transport: Transport;
	/** Empty: all. */
	namespaces: readonly string[];
	/** The vault with this key is to be looked at; urgently, when who serves may depend on it. */
	onChange: (key: string, isUrgent: boolean) => void;
	/** The Lease of the vault with this key was written. */
	onRenewed: (key: string) => void;
	/** An owned object was seen to go. */
	onGone: (ref: Ref) => void;
	onError: (error: unknown) => void;
};

/** Kinds of which a change may mean that somebody else has to serve. */
const URGENT: readonly OwnedKind[] = ['Pod', 'Lease', 'EndpointSlice'];

/** How often the cluster is asked whether it has learnt of the optional kinds. */
const DISCOVERY_MS = 30_000;

const vaultOf = ({ metadata }: KubeObject): string | undefined => {
	const name = metadata.labels?.[LABELS.vault];
	return name === undefined || metadata.namespace === undefined ? undefined : `${metadata.namespace}/${name}`;
};

export class WatchedWorld implements Caches {
	readonly #options: WatchOptions;
	readonly #scopes: readonly (string | undefined)[];
	readonly #vaults: Reflector[];
	readonly #operations: OperationCache;
	readonly #owned = new Map<OwnedKind, Reflector[]>();
	readonly #nodes: Reflector;
	/** What a Lease said when it last mattered; its renewals do not. */
	readonly #leases = new Map<string, string>();
	/** Ends the watch of an optional kind. */
	readonly #optional = new Map<OptionalKind, AbortController>();

	constructor(options: WatchOptions) {
		this.#options = options;
		this.#scopes = options.namespaces.length === 0 ? [undefined] : options.namespaces;
		this.#vaults = this.#scopes.map(namespace => this.#reflectVaults(namespace));
		this.#operations = new OperationCache(options, this.#scopes);
		this.#nodes = this.#reflectCordonedNodes();
		for (const kind of OWNED_KINDS) {
			if (!OPTIONAL_KINDS.some(optional => optional === kind)) this.#owned.set(kind, this.#reflectOwned(kind));
		}
	}

	/** Resolves when every cache is filled, or the signal is aborted; watches until then. */
	async start(signal: AbortSignal): Promise<void> {
		await this.#discover(signal);
		const all = this.#all();
		// Not waited for: an operator that may not see nodes does all but move off cordoned ones.
		for (const reflector of [...all, this.#nodes]) this.#run(reflector, signal);
		await untilAborted(Promise.all(all.map(reflector => reflector.synced)), signal);
		if (signal.aborted) return;
		const timer = setInterval(() => this.#discover(signal).catch(this.#options.onError), DISCOVERY_MS);
		signal.addEventListener('abort', () => clearInterval(timer), { once: true });
	}

	/** Milliseconds since the API server was last heard, at worst. */
	stalenessMs(): number {
		return Math.max(...this.#all().map(reflector => reflector.stalenessMs()));
	}

	#all(): Reflector[] {
		return [...this.#vaults, ...this.#operations.reflectors, ...[...this.#owned.values()].flat()];
	}

	vault(key: string): RuneVault | undefined {
		return first(this.#vaults, reflector => reflector.store.get(key)) as RuneVault | undefined;
	}

	vaultKeys(): string[] {
		return this.#vaults.flatMap(reflector => reflector.store.keys());
	}

	backups(key: string): RuneVaultBackup[] {
		return this.#operations.backups(key);
	}

	restores(key: string): RuneVaultRestore[] {
		return this.#operations.restores(key);
	}

	/** Keys of the vaults that are there, and of those that are to be restored. */
	allKeys(): string[] {
		return [...new Set([...this.vaultKeys(), ...this.#operations.keys()])];
	}

	find({ kind, namespace, name }: Ref): KubeObject | undefined {
		if (!isOwnedKind(kind)) return undefined;
		return first(this.#owned.get(kind) ?? [], reflector => reflector.store.get(`${namespace}/${name}`));
	}

	labelled(kind: OwnedKind, key: string): KubeObject[] {
		return (this.#owned.get(kind) ?? []).flatMap(reflector => reflector.store.list('vault', key));
	}

	cordonedNodes(): ReadonlySet<string> {
		return new Set(this.#nodes.store.keys());
	}

	knows(kind: OptionalKind): boolean {
		return this.#owned.has(kind);
	}

	#reflectVaults(namespace: string | undefined): Reflector {
		const { transport, onChange, onError } = this.#options;
		const project = (vault: KubeObject): KubeObject => {
			const { managedFields, ...metadata } = vault.metadata;
			return { ...vault, metadata };
		};
		return createReflector({
			transport,
			resource: runeVaults,
			namespace,
			project,
			onError,
			onChange: vault => onChange(keyOf(vault), false),
		});
	}

	/** Of nodes only the metadata of those that are cordoned: the API server selects them. */
	#reflectCordonedNodes(): Reflector {
		const { transport, namespaces, onChange } = this.#options;
		// Who was installed for some namespaces has no rights over nodes, and need not be told again and again.
		const onError = (error: unknown) => {
			if (namespaces.length === 0 || !isForbidden(error)) this.#options.onError(error);
		};
		return createReflector({
			...{ transport, resource: resources.nodes, fieldSelector: 'spec.unschedulable=true', metadataOnly: true, onError },
			onChange: () => {
				for (const key of this.vaultKeys()) onChange(key, true);
			},
		});
	}

	#reflectOwned(kind: OwnedKind): Reflector[] {
		const { transport, onError } = this.#options;
		const { resource, project, ...watched } = WATCHED[kind];
		const metadataOnly = 'metadataOnly' in watched;
		const indexers = { vault: (object: KubeObject) => [vaultOf(object) ?? ''] };
		return this.#scopes.map(namespace =>
			createReflector({
				transport,
				resource,
				namespace,
				labelSelector: OWNED_SELECTOR,
				metadataOnly,
				project,
				indexers,
				onError,
				onChange: (object, change) => this.#onOwned(kind, object, change),
			}),
		);
	}

	#onOwned(kind: OwnedKind, object: KubeObject, change: ChangeKind): void {
		const { onChange, onRenewed, onGone } = this.#options;
		const { name, namespace } = object.metadata;
		if (change === 'deleted' && namespace !== undefined) onGone({ kind, namespace, name });
		const key = vaultOf(object);
		if (key === undefined) return;
		if (kind === 'Lease') onRenewed(key);
		if (kind !== 'Lease' || this.#isLeaseNews(object, change)) onChange(key, URGENT.includes(kind));
	}

	#isLeaseNews(lease: KubeObject, change: ChangeKind): boolean {
		const key = keyOf(lease);
		const { resourceVersion, ...metadata } = lease.metadata;
		const said = canonicalJson({ ...lease, metadata, change: change === 'deleted' });
		const isNews = this.#leases.get(key) !== said;
		if (change === 'deleted') this.#leases.delete(key);
		else this.#leases.set(key, said);
		return isNews;
	}

	/** Optional kinds exist where their operator is installed: now, later, or no more. */
	async #discover(signal: AbortSignal): Promise<void> {
		for (const kind of OPTIONAL_KINDS) await this.#discoverKind(kind, signal);
	}

	async #discoverKind(kind: OptionalKind, signal: AbortSignal): Promise<void> {
		if (signal.aborted) return;
		const { transport, onChange } = this.#options;
		const isServed = await serves(transport, WATCHED[kind].resource);
		if (isServed === this.knows(kind) || signal.aborted) return;
		this.#optional.get(kind)?.abort();
		this.#owned.delete(kind);
		if (isServed) {
			const ended = new AbortController();
			this.#optional.set(kind, ended);
			const reflectors = this.#reflectOwned(kind);
			for (const reflector of reflectors) this.#run(reflector, AbortSignal.any([signal, ended.signal]));
			await untilAborted(Promise.all(reflectors.map(reflector => reflector.synced)), signal);
			this.#owned.set(kind, reflectors);
		}
		for (const key of this.vaultKeys()) onChange(key, false);
	}

	#run(reflector: Reflector, signal: AbortSignal): void {
		reflector.start(signal).catch(this.#options.onError);
	}
}

/** Waits for the promise, or for the signal. */
function untilAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
	if (signal.aborted) return Promise.resolve();
	const aborted = new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }));
	return Promise.race([promise, aborted]);
}

function first<T, R>(list: readonly T[], pick: (item: T) => R | undefined): R | undefined {
	for (const item of list) {
		const found = pick(item);
		if (found !== undefined) return found;
	}
	return undefined;
}

/** Whether the API server serves a resource, by its discovery document. */
async function serves(transport: Transport, { group, version, plural }: Resource): Promise<boolean> {
	try {
		const list = await transport.request<Record<string, unknown>>({ method: 'GET', path: `/apis/${group}/${version}` });
		return Array.isArray(list.resources) && list.resources.some(each => Object(each).name === plural);
	} catch (error) {
		if (isNotFound(error)) return false;
		throw error;
	}
}
