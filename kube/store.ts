/**
 * The objects a reflector has seen, by key and by index.
 *
 * Objects are frozen all the way down: a reconcile that changed a cached object would lie to every later one. Indexes are functions from
 * an object to the values it is filed under.
 */
import { type KubeObject, keyOf } from './resources.ts';

export type Indexers = Readonly<Record<string, (object: KubeObject) => readonly string[]>>;

export class Store {
	readonly #objects = new Map<string, KubeObject>();
	readonly #indexers: Indexers;
	readonly #indexes = new Map<string, Map<string, Set<string>>>();

	constructor(indexers: Indexers = {}) {
		this.#indexers = indexers;
		for (const name of Object.keys(indexers)) this.#indexes.set(name, new Map());
	}

	get size(): number {
		return this.#objects.size;
	}

	get(key: string): KubeObject | undefined {
		return this.#objects.get(key);
	}

	keys(): string[] {
		return [...this.#objects.keys()];
	}

	/** All objects, or those filed under `value` in `index`. @throws Error when the store was made without that index. */
	list(index?: string, value = ''): KubeObject[] {
		if (index === undefined) return [...this.#objects.values()];
		const files = this.#indexes.get(index);
		if (files === undefined) throw new Error(`the store has no index "${index}"`);
		return [...(files.get(value) ?? [])].flatMap(key => this.#objects.get(key) ?? []);
	}

	/** Files the object, freezing it. Returns the one it replaces. */
	set(object: KubeObject): KubeObject | undefined {
		const key = keyOf(object);
		const previous = this.delete(key);
		this.#objects.set(key, deepFreeze(object));
		for (const [name, values] of Object.entries(this.#indexers)) {
			for (const value of values(object)) {
				const files = this.#indexes.get(name);
				const keys = files?.get(value);
				if (keys !== undefined) keys.add(key);
				else files?.set(value, new Set([key]));
			}
		}
		return previous;
	}

	delete(key: string): KubeObject | undefined {
		const object = this.#objects.get(key);
		if (object === undefined) return undefined;
		this.#objects.delete(key);
		for (const [name, values] of Object.entries(this.#indexers)) {
			const files = this.#indexes.get(name);
			for (const value of values(object)) {
				const keys = files?.get(value);
				keys?.delete(key);
				if (keys?.size === 0) files?.delete(value);
			}
		}
		return object;
	}
}

function deepFreeze<T>(value: T): T {
	if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
	Object.freeze(value);
	for (const child of Object.values(value)) deepFreeze(child);
	return value;
}
