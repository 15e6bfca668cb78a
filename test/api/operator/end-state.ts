/** All there is of a vault, without what differs from run to run: uids, versions, times, random text, how often anything was done. */
import { createHash } from 'node:crypto';
import { list } from '../../../kube/objects.ts';
import { type KubeObject, type Resource, resources } from '../../../kube/resources.ts';
import { podView } from '../../../operator/observe/views.ts';
import type { Scene } from './crash-points.ts';
import { readVault } from './fixture.ts';

const KINDS: Resource[] = [
	resources.configMaps,
	resources.endpointSlices,
	resources.jobs,
	resources.leases,
	resources.networkPolicies,
	resources.podDisruptionBudgets,
	resources.roleBindings,
	resources.roles,
	resources.secrets,
	resources.serviceAccounts,
	resources.services,
	resources.statefulSets,
];

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export async function endState({ world, vault, node, generation: wanted }: Scene): Promise<unknown> {
	const { namespace } = vault;
	const found = await Promise.all(KINDS.map(resource => list(world.admin, resource, { namespace })));
	const pods = (await list(world.admin, resources.pods, { namespace })).items.map(podView);
	const set = await node.read(resources.statefulSets, vault.name);
	const { status } = await readVault(world, vault);
	return {
		objects: found.flatMap(({ items }) => items.map(plain)).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
		pods: pods.map(({ name, isReady, revision }) => ({ name, isReady, isCurrent: revision === Object(set?.status).updateRevision })),
		conditions: status?.conditions?.map(({ type, status: is, reason }) => [type, is, reason]),
		primaries: pods.filter(pod => pod.role === 'primary' && pod.name === status?.primary?.pod).length,
		standbys: pods.filter(({ role }) => role === 'standby').length,
		ongoing: status?.failover?.ongoing,
		keys: status?.keys,
		tokens: status?.tokens?.map(({ name, generation, state, adoptedBy }) => ({ name, isNewest: generation === wanted, state, adoptedBy })),
		verified: (await node.verifiers()).tokens.length,
		keysMade: node.keysMade,
	};
}

function plain({ kind, metadata, spec }: KubeObject): unknown {
	const { name, labels, ownerReferences = [] } = metadata;
	return { kind, name, labels, owners: ownerReferences.map(owner => owner.kind), spec: kind === 'Lease' ? undefined : settledSpec(spec) };
}

/** Without addresses, the namespace and its digest, and the memory that a rollout changes. */
const settledSpec = (spec: unknown): unknown =>
	JSON.parse(
		JSON.stringify(spec ?? null)
			.replaceAll(/crash-\d+/g, 'ns')
			.replaceAll(/10\.\d+\.\d+\.\d+/g, 'ip')
			.replaceAll(/"runevault\.io\/config":"[0-9a-f]+"/g, '"config":""')
			.replaceAll(/"memory":"\d+Mi"/g, '"memory":""'),
	);
