/** One lane as the API server shows it, and whether it is whole: what the driver waits for between two faults. Pure. */
import { z } from 'zod';
import { type RuneVaultStatus, runeVaultStatusSchema } from '../../crds/status.ts';
import type { KubeObject } from '../../kube/resources.ts';

export type PodView = { readonly name: string; readonly node: string; readonly address: string; readonly isReady: boolean };

export type LaneView = {
	readonly generation: number;
	readonly replicas: number;
	readonly status: z.infer<typeof runeVaultStatusSchema>;
	readonly pods: readonly PodView[];
};

const vaultSchema = z.object({
	metadata: z.object({ generation: z.int() }),
	spec: z.object({ replicas: z.int() }),
	status: runeVaultStatusSchema.default({}),
});

const podSchema = z.object({
	metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
	spec: z.object({ nodeName: z.string().default('') }),
	status: z.object({
		podIP: z.string().default(''),
		conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
	}),
});

/** @throws ZodError for objects that are no RuneVault and no pods */
export function viewOf(vault: KubeObject, pods: readonly KubeObject[]): LaneView {
	const { metadata, spec, status } = vaultSchema.parse(vault);
	return { generation: metadata.generation, replicas: spec.replicas, status, pods: pods.map(podView) };
}

/** A pod that is being deleted counts as not ready, whatever its conditions still say. */
export function podView(pod: KubeObject): PodView {
	const { metadata, spec, status } = podSchema.parse(pod);
	const isReady =
		metadata.deletionTimestamp === undefined && status.conditions.some(each => each.type === 'Ready' && each.status === 'True');
	return { name: metadata.name, node: spec.nodeName, address: status.podIP, isReady };
}

const wanted: readonly (readonly [NonNullable<RuneVaultStatus['conditions']>[number]['type'], 'True' | 'False'])[] = [
	['Ready', 'True'],
	['StandbyReady', 'True'],
	['Progressing', 'False'],
	['Degraded', 'False'],
];

/**
 * What a lane lacks to be whole.
 *
 * @param epoch the highest one that a client has seen: a status that does not know of it yet tells of the time before the fault
 * @returns undefined when it lacks nothing
 */
export function lack({ generation, replicas, status, pods }: LaneView, epoch: number): string | undefined {
	const ready = pods.filter(pod => pod.isReady).length;
	if (ready !== replicas || pods.length !== replicas) return `${ready} of ${replicas} pods are ready`;
	for (const [type, value] of wanted) {
		const condition = status.conditions?.find(each => each.type === type);
		if (condition?.observedGeneration !== generation) return `${type} is not judged from the present spec`;
		if (condition.status !== value) return `${type}=${condition.status}: ${condition.reason}`;
	}
	if (status.primary === undefined) return 'no primary';
	return status.primary.epoch < epoch ? `the status tells of epoch ${status.primary.epoch}, clients are at ${epoch}` : undefined;
}

/** A pod to delete so that pods spread over nodes again: one that shares its node with another of the lane's, and not the primary. */
export function crowded({ pods, status }: LaneView, nodes: readonly string[]): string | undefined {
	const isFree = nodes.some(node => !pods.some(pod => pod.node === node));
	const isShared = (pod: PodView) => pods.some(other => other.name !== pod.name && other.node === pod.node);
	return isFree ? pods.find(pod => isShared(pod) && pod.name !== status.primary?.pod)?.name : undefined;
}
