/**
 * Keeps a store equal to what the API server has, for one kind and selection.
 *
 * A list gives the whole; a watch from its version gives every change after it. Where the server streams lists (`sendInitialEvents`), both
 * are one call. When a watch ends, the next one goes on from the last version seen; when that version is too old (410), everything is listed
 * again and what vanished meanwhile is reported as deleted. Nothing ends a reflector but its signal: errors wait 0.8 to 30 s, jittered.
 */
import { Backoff } from './backoff.ts';
import { Cache, type OnChange } from './cache.ts';
import { type Clock, type Random, random, systemClock } from './clock.ts';
import { isGone, isInvalid, KubeError } from './errors.ts';
import { acceptFor, list, selectors, withType } from './objects.ts';
import { isNewer } from './resource-version.ts';
import { type KubeObject, type Resource, resourcePath } from './resources.ts';
import { type Indexers, Store } from './store.ts';
import type { Transport } from './transport.ts';

export type ReflectorOptions = {
	transport: Transport;
	resource: Resource;
	/** All namespaces when left out. */
	namespace?: string | undefined;
	labelSelector?: string | undefined;
	fieldSelector?: string | undefined;
	/** Only metadata leaves the server. */
	metadataOnly?: boolean;
	/** What to keep of an object; must keep metadata.name, namespace, uid and resourceVersion. */
	project?: (object: KubeObject) => KubeObject;
	indexers?: Indexers;
	/** After the store has changed. May throw: that is reported to `onError` and stops nothing. */
	onChange?: OnChange;
	/** Every failed list or watch, and every throw of `onChange`. */
	onError?: (error: unknown) => void;
	clock?: Clock;
	random?: Random;
};

export type Reflector = {
	/** Runs until the signal is aborted. */
	start(signal: AbortSignal): Promise<void>;
	/** Resolves after the first complete list. */
	readonly synced: Promise<void>;
	readonly store: Store;
	/** Milliseconds since the server was last heard; up to 70 s on a quiet watch, Infinity before the first list. */
	stalenessMs(): number;
};

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';
const SHORT_WATCH_MS = 1000;
/** A list older than what was seen comes from a lagging server; after so many in a row it is the truth (a restored etcd). */
const MAX_STALE_LISTS = 3;

export function createReflector(options: ReflectorOptions): Reflector {
	const { transport, resource, namespace, metadataOnly = false, project = same, indexers } = options;
	const { onChange = () => undefined, onError = () => undefined, clock = systemClock, random: draw = random } = options;
	const store = new Store(indexers);
	const cache = new Cache(store, (object, kind) => guarded(() => onChange(object, kind)));
	const backoff = new Backoff({ clock, random: draw });
	const path = resourcePath(resource, { namespace });
	const { promise: synced, resolve: resolveSynced } = Promise.withResolvers<void>();
	let heardAt = Number.NEGATIVE_INFINITY;
	/** Streamed lists: not served here at all, or just cut off, so that pages are read once. */
	let isServed = true;
	let wasCut = false;
	let needsList = true;
	let staleLists = 0;

	/** Before the first list there is nothing that could be fresh. */
	function hear(): void {
		if (!needsList) heardAt = clock.now();
	}

	function guarded(act: () => void): void {
		try {
			act();
		} catch (error) {
			onError(error);
		}
	}

	function open(query: Record<string, string>, signal: AbortSignal) {
		const timeoutSeconds = String(Math.round(300 + draw() * 300));
		const all = { allowWatchBookmarks: 'true', timeoutSeconds, ...selectors(options), ...query };
		return transport.watch({ path, query: all, accept: acceptFor(metadataOnly), signal, onOpen: hear });
	}

	const take = (object: KubeObject): KubeObject => project(withType(object, resource));

	function replace(objects: KubeObject[], version: string | undefined): void {
		const isStale = version !== undefined && cache.version !== undefined && isNewer(cache.version, version);
		if (isStale && staleLists < MAX_STALE_LISTS) {
			staleLists += 1;
			throw new KubeError(0, 'StaleList', `${resource.plural}: listed ${version}, but ${cache.version} was seen`);
		}
		staleLists = 0;
		wasCut = false;
		needsList = false;
		heardAt = clock.now();
		cache.replace(objects, version);
		resolveSynced();
	}

	async function listPages(signal: AbortSignal): Promise<void> {
		const { items, resourceVersion } = await list(transport, resource, { ...selectors(options), namespace, metadataOnly, signal });
		replace(items.map(take), resourceVersion);
	}

	/** One watch to its end. With `isList`, it begins with the present objects, up to a marked bookmark. */
	async function follow(isList: boolean, signal: AbortSignal): Promise<void> {
		const initial: KubeObject[] = [];
		const startedAt = clock.now();
		let events = 0;
		const query = isList ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' } : { resourceVersion: cache.version ?? '0' };
		for await (const { type, object } of open(query, signal)) {
			hear();
			events += 1;
			if (!needsList) cache.change(type, type === 'BOOKMARK' ? object : take(object));
			else if (type !== 'BOOKMARK') initial.push(take(object));
			else if (object.metadata.annotations?.[INITIAL_EVENTS_END] === 'true') replace(initial.splice(0), object.metadata.resourceVersion);
		}
		if (signal.aborted) return;
		if (needsList) throw new KubeError(0, 'Truncated', `${resource.plural}: the streamed list has no end`);
		if (events === 0 && clock.now() - startedAt < SHORT_WATCH_MS) {
			throw new KubeError(0, 'ShortWatch', `${resource.plural}: the watch ended at once`);
		}
	}

	async function step(signal: AbortSignal): Promise<void> {
		if (needsList && isServed && !wasCut) return follow(true, signal);
		if (needsList) await listPages(signal);
		await follow(false, signal);
	}

	/** Returns how long to wait before the next step. */
	function recover(error: unknown): number {
		const { reason, retryAfterSeconds } = error instanceof KubeError ? error : { reason: '', retryAfterSeconds: undefined };
		if (needsList && isServed && isInvalid(error)) {
			isServed = false;
			return 0;
		}
		// A quiet watch and a dead one look alike: open another at once, and only its failure counts.
		if (reason === 'Inactive' && !needsList) return 0;
		wasCut = needsList && (reason === 'Truncated' || reason === 'Inactive');
		if (isGone(error) && !needsList) {
			needsList = true;
			return 0;
		}
		onError(error);
		return backoff.next(retryAfterSeconds);
	}

	return {
		store,
		synced,
		stalenessMs: () => clock.now() - heardAt,
		async start(signal) {
			while (!signal.aborted) {
				try {
					await step(signal);
				} catch (error) {
					if (!signal.aborted) await clock.sleep(recover(error), signal);
				}
			}
		},
	};
}

function same(object: KubeObject): KubeObject {
	return object;
}
