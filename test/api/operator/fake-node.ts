/** Plays what a cluster would do around one RuneVault: keygen, pods, Lease and route, and the answers to probes. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { apply } from '../../../kube/apply.ts';
import { isAlreadyExists } from '../../../kube/errors.ts';
import { create, get, patchMerge, remove } from '../../../kube/objects.ts';
import { type KubeObject, type Resource, resources } from '../../../kube/resources.ts';
import type { Ask, Channel, ProbeReply } from '../../../operator/observe/probe.ts';
import { until } from '../../install/run.ts';
import type { VaultName, World } from './fixture.ts';

export const FINGERPRINT = `sha256:${'ab'.repeat(32)}`;
export const ANSWERS = { 0: 'a0'.repeat(32), 1: 'b1'.repeat(32), 2: 'c2'.repeat(32), 3: 'd3'.repeat(32) };
const UPDATE_REVISION = 'template-1';

export type Verifiers = { tokens: { name: string; generation: number; sha256: string; expiresAt?: string }[] };

let nodes = 0;

/** The node a pod runs on: each has its own. */
export const nodeOf = (ordinal: number): string => `node-${ordinal}`;

const containerStatus = (ready: boolean) => ({ name: 'vault', ready, restartCount: 0, image: 'x', imageID: 'x', state: {} });

/** Which of these tokens a pod accepts now, as it tells them. */
function idsOf(tokens: Verifiers['tokens']): Record<string, string[]> {
	const accepted = tokens.filter(({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > Date.now());
	const byName = Map.groupBy(accepted, token => token.name);
	return Object.fromEntries([...byName].map(([name, each]) => [name, each.map(({ sha256 }) => sha256.slice(0, 16))]));
}

export class FakeNode {
	readonly #world: World;
	readonly #vault: VaultName;
	/** Addresses of this vault's pods begin so. */
	readonly #prefix: string;
	/** How many keys were made. */
	keysMade = 0;
	/** What pods answer beyond what they should, by pod name. */
	readonly lies = new Map<string, (reply: ProbeReply) => ProbeReply>();
	/** Pods that do not answer, by name. */
	readonly silent = new Set<string>();
	/** How each pod was last asked, by name: over TLS by what is shown, or plainly. */
	readonly channels = new Map<string, Channel | undefined>();

	constructor(world: World, vault: VaultName) {
		this.#world = world;
		this.#vault = vault;
		nodes += 1;
		this.#prefix = `10.${77 + Math.floor(nodes / 256)}.${nodes % 256}.`;
	}

	read(resource: Resource, name: string): Promise<KubeObject | undefined> {
		return get(this.#world.admin, resource, { namespace: this.#vault.namespace, name });
	}

	name(suffix: string): string {
		return `${this.#vault.name}${suffix}`;
	}

	/** What the Job does: key, KEK and canaries, each only where missing. Waits for the Job first. */
	async keygen(): Promise<void> {
		const job = await until('the keygen Job', () => this.read(resources.jobs, this.name('-keygen')), 15_000, 60);
		const labels = job.metadata.labels ?? {};
		const made = { namespace: this.#vault.namespace, labels };
		const hasKekFile = Object(job.spec).template.spec.containers[0].args.includes('--kek');
		if (!hasKekFile) {
			await this.#ensure(resources.secrets, {
				apiVersion: 'v1',
				kind: 'Secret',
				metadata: { ...made, name: this.name('-kek') },
				data: { kek: 'AAAA' },
			});
		}
		const annotations = { 'runevault.io/fingerprint': FINGERPRINT };
		const key = { type: 'runevault.io/fhe-key', immutable: true, data: { 'SecKey_sealed.bin': 'AAAA' } };
		const isMade = await this.#ensure(resources.secrets, {
			apiVersion: 'v1',
			kind: 'Secret',
			metadata: { ...made, name: this.name('-keys-1'), annotations },
			...key,
		});
		if (isMade) this.keysMade += 1;
		const ownerReferences = job.metadata.ownerReferences ?? [];
		const metadata = { ...made, name: this.name('-canaries'), ownerReferences };
		await this.#ensure(resources.configMaps, {
			apiVersion: 'v1',
			kind: 'ConfigMap',
			metadata,
			data: { 'answers.json': JSON.stringify(ANSWERS) },
		});
	}

	async #ensure(resource: Resource, object: KubeObject): Promise<boolean> {
		try {
			await create(this.#world.admin, resource, object);
			return true;
		} catch (error) {
			if (!isAlreadyExists(error)) throw error;
			return false;
		}
	}

	/** Makes the pods the StatefulSet asks for, ready, and the first of them primary. */
	async runPods(): Promise<void> {
		const set = await until('the StatefulSet', () => this.read(resources.statefulSets, this.name('')), 15_000, 60);
		const { replicas, template } = Object(set.spec);
		const status = { observedGeneration: set.metadata.generation, updateRevision: UPDATE_REVISION, replicas };
		await patchMerge(
			this.#world.admin,
			resources.statefulSets,
			{ namespace: this.#vault.namespace, name: this.name('') },
			{ status },
			{ subresource: 'status' },
		);
		for (let ordinal = 0; ordinal < replicas; ordinal++) await this.runPod(ordinal, set, template);
		await this.lead(0, 0);
	}

	async runPod(
		ordinal: number,
		set: KubeObject,
		template: { metadata: { labels: Record<string, string>; annotations?: Record<string, string> }; spec: object },
		revision = UPDATE_REVISION,
	): Promise<void> {
		const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: set.metadata.name, uid: set.metadata.uid ?? '', controller: true };
		const { annotations = {} } = template.metadata;
		const labels = { ...template.metadata.labels, 'controller-revision-hash': revision };
		const name = this.name(`-${ordinal}`);
		const { namespace } = this.#vault;
		await this.#ensure(resources.pods, {
			apiVersion: 'v1',
			kind: 'Pod',
			metadata: { name, namespace, labels, annotations, ownerReferences: [owner] },
			// No kubelet would end a deletion that has grace.
			spec: { ...template.spec, nodeName: nodeOf(ordinal), terminationGracePeriodSeconds: 0 },
		});
		const podIP = this.ip(ordinal);
		const conditions = [{ type: 'Ready', status: 'True' }];
		const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions, containerStatuses: [containerStatus(true)] };
		await patchMerge(this.#world.admin, resources.pods, { namespace, name }, { status }, { subresource: 'status' });
	}

	ip = (ordinal: number): string => `${this.#prefix}${ordinal + 1}`;

	/** The pod takes the Lease and the route, as Vaults do by themselves. */
	async lead(ordinal: number, epoch: number): Promise<void> {
		const { namespace } = this.#vault;
		const name = this.name('-primary');
		const pod = this.name(`-${ordinal}`);
		await until('the Lease', () => this.read(resources.leases, name), 15_000, 60);
		const spec = { holderIdentity: pod, leaseTransitions: epoch, leaseDurationSeconds: 15 };
		await patchMerge(this.#world.admin, resources.leases, { namespace, name }, { spec });
		await this.route(ordinal);
	}

	/** Clients are led to the pod. */
	async route(ordinal: number): Promise<void> {
		const { namespace } = this.#vault;
		const name = this.name('-primary');
		const pod = this.name(`-${ordinal}`);
		const endpoints = [{ addresses: [this.ip(ordinal)], targetRef: { kind: 'Pod', namespace, name: pod } }];
		const slice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name, namespace }, endpoints };
		await apply(this.#world.admin, resources.endpointSlices, slice, { fieldManager: 'runevault-vault', force: true });
	}

	/** Whoever the Lease names takes the route, as Vaults do by themselves; until the signal is aborted. */
	async followLease(signal: AbortSignal): Promise<void> {
		while (!signal.aborted) {
			const { holderIdentity = '' } = Object((await this.read(resources.leases, this.name('-primary')))?.spec);
			const ordinal = Number(holderIdentity.slice(this.name('-').length));
			const slice = await this.read(resources.endpointSlices, this.name('-primary'));
			const isRouted = Object(slice).endpoints?.[0]?.addresses?.[0] === this.ip(ordinal);
			const pod = holderIdentity === '' ? undefined : await this.read(resources.pods, holderIdentity);
			if (slice !== undefined && pod !== undefined && !isRouted) await this.route(ordinal);
			await sleep(30);
		}
	}

	/** The kubelet says that the container of a pod has ended. */
	async stopContainer(ordinal: number): Promise<void> {
		const status = { conditions: [{ type: 'Ready', status: 'False' }], containerStatuses: [containerStatus(false)] };
		const place = { namespace: this.#vault.namespace, name: this.name(`-${ordinal}`) };
		await patchMerge(this.#world.admin, resources.pods, place, { status }, { subresource: 'status' });
	}

	/** Renews the Lease, as the primary does every other second. */
	async renew(): Promise<void> {
		const renewTime = new Date().toISOString().replace('Z', '000Z');
		await patchMerge(
			this.#world.admin,
			resources.leases,
			{ namespace: this.#vault.namespace, name: this.name('-primary') },
			{ spec: { renewTime } },
		);
	}

	async deletePod(ordinal: number): Promise<void> {
		await remove(
			this.#world.admin,
			resources.pods,
			{ namespace: this.#vault.namespace, name: this.name(`-${ordinal}`) },
			{ gracePeriodSeconds: 0 },
		);
	}

	async verifiers(): Promise<Verifiers> {
		const secret = await this.read(resources.secrets, this.name('-verifiers'));
		return JSON.parse(Buffer.from(Object(secret?.data)['verifiers.json'] ?? '', 'base64').toString());
	}

	async token(name = 'team'): Promise<string> {
		const secret = await this.read(resources.secrets, this.name(`-token-${name}`));
		return Buffer.from(Object(secret?.data).token ?? '', 'base64').toString();
	}

	isMine = (ip: string): boolean => ip.startsWith(this.#prefix);

	/** Answers a probe as a Vault pod with the right key would, that has adopted whatever the verifiers say now. */
	ask: Ask = async (ip, { canary, nonce }, _signal, channel) => {
		const ordinal = Number(ip.slice(this.#prefix.length)) - 1;
		const lease = Object((await this.read(resources.leases, this.name('-primary')))?.spec);
		const { tokens } = await this.verifiers();
		const answer = ANSWERS[canary as keyof typeof ANSWERS];
		const name = this.name(`-${ordinal}`);
		this.channels.set(name, channel);
		if (this.silent.has(name)) throw new Error('no answer');
		const reply: ProbeReply = {
			vault_version: 'test',
			role: lease.holderIdentity === name ? 'primary' : 'standby',
			epoch: lease.leaseTransitions ?? 0,
			ready: true,
			draining: false,
			keys: { version: 1, fingerprint: FINGERPRINT },
			tokens: idsOf(tokens),
			canary: { index: canary, digest: createHash('sha256').update(`${nonce}:${answer}`).digest('hex') },
		};
		return this.lies.get(name)?.(reply) ?? reply;
	};
}

/** One `ask` for the pods of several vaults. */
export const askOf =
	(nodes: () => Iterable<FakeNode>): Ask =>
	(ip, question, signal, channel) => {
		for (const node of nodes()) if (node.isMine(ip)) return node.ask(ip, question, signal, channel);
		throw new Error(`nobody answers at ${ip}`);
	};
