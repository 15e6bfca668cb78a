/** Ways a pod dies. */
import { z } from 'zod';
import { running } from '../cluster/paths.ts';
import type { Target, VaultName } from './installation.ts';
import { getObject } from './kubectl.ts';
import { run } from './run.ts';

/**
 * Kills a pod's process on its node with SIGKILL: no goodbye, no release of the Lease. kubelet starts the container again in place.
 * On a cluster whose nodes are not on this machine the pod is deleted without grace instead, which is gentler.
 */
export async function crash({ kubectl, isRoutable }: Target, vault: VaultName, pod: string): Promise<void> {
	if (!isRoutable) {
		await kubectl(['delete', 'pod', pod, '-n', vault.namespace, '--grace-period=0', '--force']);
		return;
	}
	const object = await getObject(kubectl, 'pod', pod, vault.namespace);
	const { nodeName } = z.object({ nodeName: z.string() }).parse(object?.spec);
	const { containerStatuses } = z
		.object({ containerStatuses: z.array(z.object({ containerID: z.string() })).min(1) })
		.parse(object?.status);
	const id = containerStatuses[0]?.containerID.replace(/^containerd:\/\//, '') ?? '';
	await run('ctr', ['--address', running.containerd(nodeName), '--namespace', 'k8s.io', 'tasks', 'kill', '--signal', 'SIGKILL', id]);
}
