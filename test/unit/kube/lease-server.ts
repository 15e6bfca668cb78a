/**
 * One Lease behind a transport, with the API server's rules: optimistic concurrency, 404, 409, watches in order. Each candidate gets its own
 * client, which the test can cut off.
 */
import { KubeError } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/resources.ts';
import type { KubeRequest, Transport, WatchEvent, WatchRequest } from '../../../kube/transport.ts';

export type Client = Transport & { isCut: boolean; isWatchDeaf: boolean; writes: number; reads: number };

export class LeaseServer {
	#version = 100;
	#uid = 0;
	lease: KubeObject | undefined;
	readonly #watchers = new Set<(event: WatchEvent) => void>();

	get spec(): Record<string, unknown> {
		return { ...(this.lease?.spec as Record<string, unknown> | undefined) };
	}

	/** Creates the lease as the operator does, without a holder. */
	create(
		object: KubeObject = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'acme-primary', namespace: 'rune' } },
	): void {
		if (this.lease !== undefined) throw new KubeError(409, 'AlreadyExists', 'there already');
		this.#uid += 1;
		this.#store({ ...object, metadata: { ...object.metadata, uid: `uid-${this.#uid}` } }, 'ADDED');
	}

	delete(): void {
		const last = this.lease;
		this.lease = undefined;
		if (last !== undefined)
			this.#tell({ type: 'DELETED', object: { ...last, metadata: { ...last.metadata, resourceVersion: this.#next() } } });
	}

	/** A write by somebody else, unconditional. */
	write(spec: Record<string, unknown>): void {
		if (this.lease === undefined) throw new Error('no lease');
		this.#store({ ...this.lease, spec: { ...this.spec, ...spec } }, 'MODIFIED');
	}

	client(): Client {
		const client: Client = {
			isCut: false,
			isWatchDeaf: false,
			writes: 0,
			reads: 0,
			request: async <T>(request: KubeRequest) => {
				if (client.isCut) throw new KubeError(0, 'NetworkError', 'cut off');
				if (request.signal?.aborted) throw new KubeError(0, 'Aborted', 'aborted');
				if (request.method === 'GET') client.reads += 1;
				else client.writes += 1;
				return structuredClone(this.#answer(request)) as T;
			},
			watch: request => this.#watch(request, client),
			close: async () => undefined,
		};
		return client;
	}

	#answer({ method, body }: KubeRequest): KubeObject {
		if (method === 'POST') {
			this.create(body as KubeObject);
			return this.lease as KubeObject;
		}
		if (this.lease === undefined) throw new KubeError(404, 'NotFound', 'no lease');
		if (method === 'PUT') {
			const { metadata, ...rest } = body as KubeObject;
			const isCurrent = metadata.resourceVersion === this.lease.metadata.resourceVersion && metadata.uid === this.lease.metadata.uid;
			if (!isCurrent) throw new KubeError(409, 'Conflict', 'somebody else wrote');
			this.#store({ ...rest, metadata }, 'MODIFIED');
		}
		return this.lease;
	}

	#next(): string {
		this.#version += 1;
		return String(this.#version);
	}

	#store(object: KubeObject, type: 'ADDED' | 'MODIFIED'): void {
		this.lease = { ...object, metadata: { ...object.metadata, resourceVersion: this.#next() } };
		this.#tell({ type, object: this.lease });
	}

	#tell(event: WatchEvent): void {
		for (const watcher of this.#watchers) watcher(structuredClone(event));
	}

	async *#watch({ signal }: WatchRequest, client: Client): AsyncGenerator<WatchEvent> {
		if (client.isCut) throw new KubeError(0, 'NetworkError', 'cut off');
		const events: WatchEvent[] = [];
		let wake: () => void = () => undefined;
		const watcher = (event: WatchEvent) => {
			if (!client.isCut && !client.isWatchDeaf) events.push(event);
			wake();
		};
		this.#watchers.add(watcher);
		signal.addEventListener('abort', () => wake(), { once: true });
		try {
			while (!signal.aborted) {
				for (let event = events.shift(); event !== undefined; event = events.shift()) yield event;
				await new Promise<void>(resolve => {
					wake = resolve;
					if (events.length > 0 || signal.aborted) resolve();
				});
			}
		} finally {
			this.#watchers.delete(watcher);
		}
	}
}
