/**
 * What a reflector knows, and how it changes.
 *
 * Two ways in: `replace` with a complete list, which is the truth and turns what is missing into deletions, and `change` with one watch event. Events
 * may be repeated or late: one that is not newer than what is known of its object is ignored, and a deleted object's version is remembered
 * for a while, so that an older event cannot bring it back.
 */
import { isNewer, latest } from './resource-version.ts';
import { type KubeObject, keyOf } from './resources.ts';
import type { Store } from './store.ts';
import type { WatchEvent } from './transport.ts';

export type ChangeKind = 'added' | 'modified' | 'deleted';
export type OnChange = (object: KubeObject, kind: ChangeKind) => void;

const MAX_TOMBSTONES = 1024;

export class Cache {
	readonly store: Store;
	readonly #onChange: OnChange;
	readonly #tombstones = new Map<string, string>();
	/** The version to watch from: of the last list or event. */
	version: string | undefined;

	constructor(store: Store, onChange: OnChange) {
		this.store = store;
		this.#onChange = onChange;
	}

	replace(objects: Iterable<KubeObject>, version: string | undefined): void {
		const missing = new Set(this.store.keys());
		this.#tombstones.clear();
		for (const object of objects) {
			missing.delete(keyOf(object));
			this.#put(object);
		}
		for (const key of missing) this.#drop(key);
		this.version = version;
	}

	change(type: WatchEvent['type'], object: KubeObject): void {
		const { resourceVersion } = object.metadata;
		this.version = latest(this.version, resourceVersion);
		if (type === 'BOOKMARK') return;
		const key = keyOf(object);
		const known = this.store.get(key)?.metadata.resourceVersion ?? this.#tombstones.get(key);
		if (known !== undefined && resourceVersion !== undefined && !isNewer(resourceVersion, known)) return;
		if (type === 'DELETED') this.#drop(key, object);
		else this.#put(object);
	}

	#put(object: KubeObject): void {
		this.#tombstones.delete(keyOf(object));
		const previous = this.store.set(object);
		if (previous !== undefined && previous.metadata.uid === object.metadata.uid) {
			if (previous.metadata.resourceVersion !== object.metadata.resourceVersion) this.#onChange(object, 'modified');
			return;
		}
		if (previous !== undefined) this.#onChange(previous, 'deleted');
		this.#onChange(object, 'added');
	}

	/** `last` is the object's final state, where the server has told it. */
	#drop(key: string, last?: KubeObject): void {
		const version = last?.metadata.resourceVersion;
		if (version !== undefined) {
			this.#tombstones.set(key, version);
			const oldest = this.#tombstones.size > MAX_TOMBSTONES ? this.#tombstones.keys().next().value : undefined;
			if (oldest !== undefined) this.#tombstones.delete(oldest);
		}
		const previous = this.store.delete(key);
		if (previous !== undefined) this.#onChange(last ?? previous, 'deleted');
	}
}
