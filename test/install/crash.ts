/** Ways a pod dies, or only seems to. */
import { z } from 'zod';
import { running } from '../cluster/paths.ts';
import type { Target, VaultName } from './installation.ts';
import { getObject, type Kubectl } from './kubectl.ts';
import { run } from './run.ts';

/** A running container, by its node and its id there. */
export type Container = { readonly node: string; readonly id: string };

/** The container of a pod that has one. @throws ZodError when the pod does not run */
export async function containerOf(kubectl: Kubectl, vault: VaultName, pod: string): Promise<Container> {
	const object = await getObject(kubectl, 'pod', pod, vault.namespace);
	const { nodeName } = z.object({ nodeName: z.string() }).parse(object?.spec);
	const { containerStatuses } = z
		.object({ containerStatuses: z.array(z.object({ containerID: z.string() })).min(1) })
		.parse(object?.status);
	return { node: nodeName, id: containerStatuses[0]?.containerID.replace(/^containerd:\/\//, '') ?? '' };
}

/** Sends a signal to a container's first process, through the containerd of its node. */
export async function signal({ node, id }: Container, name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
	await run('ctr', ['--address', running.containerd(node), '--namespace', 'k8s.io', 'tasks', 'kill', '--signal', name, id]);
}

/**
 * Kills a pod's process on its node with SIGKILL: no goodbye, no release of the Lease. kubelet starts the container again in place.
 * On a cluster whose nodes are not on this machine the pod is deleted without grace instead, which is gentler.
 */
export async function crash({ kubectl, isRoutable }: Target, vault: VaultName, pod: string): Promise<void> {
	if (!isRoutable) {
		await kubectl(['delete', 'pod', pod, '-n', vault.namespace, '--grace-period=0', '--force']);
		return;
	}
	await signal(await containerOf(kubectl, vault, pod), 'SIGKILL');
}
