/**
 * Plays, for one vault that serves, the controllers around it: the StatefulSet controller, which makes missing pods anew, and the Vaults'
 * own part, which is that whoever the Lease names takes the route. Driven by watches, so that it sees every change, in order.
 */
import { Bell } from '../../../kube/bell.ts';
import { systemClock } from '../../../kube/clock.ts';
import { patchMerge } from '../../../kube/objects.ts';
import { createReflector, type Reflector } from '../../../kube/reflector.ts';
import { type KubeObject, type Resource, resources } from '../../../kube/resources.ts';
import { podView } from '../../../operator/observe/views.ts';
import type { FakeNode } from './fake-node.ts';
import type { VaultName, World } from './fixture.ts';

const LOOK_AGAIN_MS = 500;

/** What stands for the hash of the present template. */
export const revisionOf = ({ metadata }: KubeObject): string => `template-${metadata.generation}`;

export class FakeCluster {
	readonly #world: World;
	readonly #vault: VaultName;
	readonly #node: FakeNode;
	readonly #bell = new Bell(systemClock);
	readonly #pods: Reflector;
	readonly #sets: Reflector;
	readonly #leases: Reflector;
	readonly #slices: Reflector;
	/** Ordinals that stay away when their pod is gone. */
	readonly held = new Set<number>();
	/** How many pods were made. */
	made = 0;
	/** The fewest pods that were ready at any time. */
	fewestReady = Number.POSITIVE_INFINITY;

	constructor(world: World, vault: VaultName, node: FakeNode) {
		this.#world = world;
		this.#vault = vault;
		this.#node = node;
		this.#pods = this.#reflect(resources.pods, change => {
			if (change === 'added') this.made += 1;
			this.fewestReady = Math.min(this.fewestReady, this.ready().length);
		});
		this.#sets = this.#reflect(resources.statefulSets);
		this.#leases = this.#reflect(resources.leases);
		this.#slices = this.#reflect(resources.endpointSlices);
	}

	/** Pods that are ready now. */
	ready(): KubeObject[] {
		return this.#pods.store.list().filter(pod => podView(pod).isReady);
	}

	/** Begins to count anew. */
	reset(): void {
		this.made = 0;
		this.fewestReady = Number.POSITIVE_INFINITY;
	}

	release(ordinal: number): void {
		this.held.delete(ordinal);
		this.#bell.ring();
	}

	/** Works until the signal is aborted. */
	async run(signal: AbortSignal): Promise<void> {
		const all = [this.#pods, this.#sets, this.#leases, this.#slices];
		const ended = Promise.all(all.map(reflector => reflector.start(signal)));
		await Promise.race([Promise.all(all.map(({ synced }) => synced)), ended]);
		while (!signal.aborted) {
			// What failed because a cache lags succeeds in the next turn.
			await this.#turn().catch(() => undefined);
			await this.#bell.wait(LOOK_AGAIN_MS, signal);
		}
		await ended;
	}

	#reflect(resource: Resource, onChange: (change: string) => void = () => undefined): Reflector {
		return createReflector({
			...{ transport: this.#world.admin, resource, namespace: this.#vault.namespace },
			onChange: (_object, change) => {
				onChange(change);
				this.#bell.ring();
			},
		});
	}

	#find({ store }: Reflector, suffix: string): KubeObject | undefined {
		return store.get(`${this.#vault.namespace}/${this.#node.name(suffix)}`);
	}

	async #turn(): Promise<void> {
		const set = this.#find(this.#sets, '');
		if (set !== undefined) await this.#keepPods(set);
		const { holderIdentity = '' } = Object(this.#find(this.#leases, '-primary')?.spec);
		const ordinal = Number(holderIdentity.slice(this.#node.name('-').length));
		const address = Object(this.#find(this.#slices, '-primary')).endpoints?.[0]?.addresses?.[0];
		const isThere = this.ready().some(pod => pod.metadata.name === holderIdentity);
		if (isThere && address !== this.#node.ip(ordinal)) await this.#node.route(ordinal);
	}

	async #keepPods(set: KubeObject): Promise<void> {
		const { namespace, name } = this.#vault;
		const { generation } = set.metadata;
		const { replicas, template } = Object(set.spec);
		if (Object(set.status).observedGeneration !== generation) {
			const status = { observedGeneration: generation, updateRevision: revisionOf(set), replicas };
			await patchMerge(this.#world.admin, resources.statefulSets, { namespace, name }, { status }, { subresource: 'status' });
		}
		const there = new Set(this.ready().map(pod => pod.metadata.name));
		for (let ordinal = 0; ordinal < replicas; ordinal++) {
			if (!this.held.has(ordinal) && !there.has(this.#node.name(`-${ordinal}`))) {
				await this.#node.runPod(ordinal, set, template, revisionOf(set));
			}
		}
	}
}
