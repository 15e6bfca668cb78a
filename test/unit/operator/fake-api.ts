/** The little of an API server that applying needs: objects by path, versions, and field ownership by whole top-level fields. */
import { KubeError } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/resources.ts';
import type { KubeRequest, Transport } from '../../../kube/transport.ts';
import { projection } from '../../../operator/observe/views.ts';
import type { Ref } from '../../../operator/reconcile/apply.ts';

export class FakeApi implements Transport {
	readonly objects = new Map<string, KubeObject>();
	readonly writes: string[] = [];
	/** What the cache sees; `sync` brings it up to date. */
	readonly #cache = new Map<string, KubeObject>();
	#version = 100;
	/** Refuses writes of kinds, as validation would. */
	readonly invalid = new Set<string>();
	/** Refuses writes of kinds, as a missing right would. */
	readonly forbidden = new Set<string>();

	async request<T>({ method, path, body }: KubeRequest): Promise<T> {
		const key = path.replace(/^.*\/namespaces\//, '');
		const found = this.objects.get(key);
		if (method === 'GET') {
			if (found === undefined) throw new KubeError(404, 'NotFound', 'not found');
			return found as T;
		}
		this.writes.push(`${method} ${key}`);
		if (method === 'DELETE') {
			this.objects.delete(key);
			return {} as T;
		}
		const object = body as KubeObject;
		if (this.forbidden.has(object.kind)) throw new KubeError(403, 'Forbidden', 'the operator may not write it');
		if (this.invalid.has(object.kind)) throw new KubeError(422, 'Invalid', 'spec: Invalid value: "what the user typed"');
		const fieldsV1 = JSON.parse(JSON.stringify(object));
		const isSame = found !== undefined && JSON.stringify(found.applied) === JSON.stringify(fieldsV1);
		if (!isSame) this.#version += 1;
		const metadata = {
			...object.metadata,
			uid: found?.metadata.uid ?? `uid-${this.#version}`,
			resourceVersion: String(this.#version),
			managedFields: [{ manager: 'runevault-operator', operation: 'Apply', fieldsV1 }],
		};
		const stored = { ...object, metadata: isSame ? found.metadata : metadata, applied: fieldsV1 };
		this.objects.set(key, stored);
		return stored as T;
	}

	/** Somebody else changes the object: it gets a version, and a field of ours is no longer ours. */
	edit(key: string, change: (object: KubeObject) => KubeObject, takesOver = true): void {
		const before = this.objects.get(key);
		if (before === undefined) throw new Error(`there is no ${key}`);
		this.#version += 1;
		const managedFields = takesOver ? [{ manager: 'runevault-operator', operation: 'Apply', fieldsV1: {} }] : before.metadata.managedFields;
		const changed = change(before);
		this.objects.set(key, {
			...changed,
			applied: undefined,
			metadata: { ...changed.metadata, resourceVersion: String(this.#version), managedFields },
		});
	}

	/** Lets the cache catch up. */
	sync(): void {
		this.#cache.clear();
		const project = projection();
		for (const [key, object] of this.objects) this.#cache.set(key, project(object));
	}

	find = ({ kind, namespace, name }: Ref): KubeObject | undefined => this.#cache.get(`${namespace}/${kind.toLowerCase()}s/${name}`);

	watch(): AsyncIterable<never> {
		throw new Error('nothing watches here');
	}

	async close(): Promise<void> {
		this.objects.clear();
	}
}
