/**
 * What the driver asks of the cluster while it measures: over one kept connection, not a kubectl process a question, which would take
 * the processor from those who are measured.
 */
import { z } from 'zod';
import { loadClusterConfig } from '../../kube/config.ts';
import { readLease } from '../../kube/lease-record.ts';
import { get, list, patchMerge, remove } from '../../kube/objects.ts';
import { type KubeObject, type Resource, resources } from '../../kube/resources.ts';
import { createTransport, type Transport } from '../../kube/transport.ts';
import { OPERATOR_NAMESPACE, type VaultName } from '../install/installation.ts';
import { type LaneView, podView, viewOf } from './view.ts';

const runeVaults: Resource = {
	group: 'runevault.io',
	version: 'v1alpha1',
	plural: 'runevaults',
	kind: 'RuneVault',
	namespaced: true,
};

const CALL = { timeoutMs: 5_000 };

export class Cluster {
	readonly transport: Transport;

	private constructor(transport: Transport) {
		this.transport = transport;
	}

	static async connect(kubeconfig: string): Promise<Cluster> {
		return new Cluster(createTransport(await loadClusterConfig({ KUBECONFIG: kubeconfig }), { userAgent: 'runevault-chaos' }));
	}

	close(): Promise<void> {
		return this.transport.close();
	}

	/** @throws Error when the RuneVault is not there */
	async lane({ namespace, name }: VaultName): Promise<LaneView> {
		const labelSelector = `runevault.io/vault=${name},app.kubernetes.io/component=vault`;
		const [vault, pods] = await Promise.all([
			get(this.transport, runeVaults, { namespace, name }, CALL),
			list(this.transport, resources.pods, { namespace, labelSelector, ...CALL }),
		]);
		return viewOf(found(vault, `runevault ${namespace}/${name}`), pods.items);
	}

	async deletePod(namespace: string, name: string): Promise<void> {
		await remove(this.transport, resources.pods, { namespace, name }, CALL);
	}

	/** Lays a merge patch over the RuneVault or its status. */
	async patch(vault: VaultName, patch: Record<string, unknown>, subresource?: 'status'): Promise<void> {
		await patchMerge(this.transport, runeVaults, vault, patch, { ...CALL, ...(subresource === undefined ? {} : { subresource }) });
	}

	async spec(vault: VaultName): Promise<KubeObject | undefined> {
		return get(this.transport, runeVaults, vault, CALL);
	}

	/** The text of the token in its Secret. */
	async token({ namespace, name }: VaultName, identity: string): Promise<string> {
		const place = { namespace, name: `${name}-token-${identity}` };
		const secret = found(await get(this.transport, resources.secrets, place, CALL), `Secret ${place.name}`);
		return Buffer.from(z.object({ token: z.string() }).parse(secret.data).token, 'base64').toString();
	}

	/** The address of a Service. */
	async serviceAddress(place: VaultName): Promise<string> {
		const service = found(await get(this.transport, resources.services, place, CALL), `Service ${place.name}`);
		return z.object({ clusterIP: z.ipv4() }).parse(service.spec).clusterIP;
	}

	/** Whether a namespace is on its way out, in which nothing can be made. */
	async isTerminating(name: string): Promise<boolean> {
		return (await get(this.transport, resources.namespaces, { name }, CALL))?.metadata.deletionTimestamp !== undefined;
	}

	async nodes(): Promise<string[]> {
		return (await list(this.transport, resources.nodes, CALL)).items.map(node => node.metadata.name);
	}

	/** Whether every operator that is wanted is ready. */
	async isOperatorReady(): Promise<boolean> {
		const deployment = await get(this.transport, resources.deployments, { namespace: OPERATOR_NAMESPACE, name: 'runevault' }, CALL);
		const { replicas, readyReplicas } = z.object({ replicas: z.int(), readyReplicas: z.int().default(0) }).parse(deployment?.status);
		return readyReplicas === replicas;
	}

	/** The node of the operator that leads, which signs the lease as `pod_uuid`. */
	async leaderNode(): Promise<string> {
		const namespace = OPERATOR_NAMESPACE;
		const lease = found(await get(this.transport, resources.leases, { namespace, name: 'runevault-operator' }, CALL), 'the lease');
		const name = readLease(lease).holder.split('_')[0] ?? '';
		return podView(found(await get(this.transport, resources.pods, { namespace, name }, CALL), `pod ${name}`)).node;
	}
}

function found<T>(value: T | undefined, what: string): T {
	if (value === undefined) throw new Error(`${what} is not there`);
	return value;
}
