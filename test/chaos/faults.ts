/** Faults of single processes and of single Vaults. Each returns when the harm is done. */
import { isAlive, recorded } from '../cluster/processes.ts';
import { type Container, containerOf, signal } from '../install/crash.ts';
import { primariesOf, type Stage } from './stage.ts';

/** Deletes every primary's pod, as `kubectl delete pod` does. */
export async function deletePrimaries(stage: Stage): Promise<void> {
	const pods = await primariesOf(stage);
	await Promise.all(stage.lanes.map(({ vault }, lane) => stage.cluster.deletePod(vault.namespace, pods[lane] ?? '')));
}

/**
 * Kills every primary's process without a word. The pod goes when another leads: kubelet would wait longer and longer before it starts a
 * container again that died in one round after another.
 */
export async function killPrimaries(stage: Stage): Promise<void> {
	const [pods, containers] = await Promise.all([primariesOf(stage), primaryContainers(stage)]);
	stage.remedies.add(async () => {
		const primaries = await primariesOf(stage);
		await Promise.all(
			stage.lanes.map(async ({ vault }, lane) => {
				const killed = pods[lane] ?? '';
				if (primaries[lane] !== killed) await stage.cluster.deletePod(vault.namespace, killed);
			}),
		);
	});
	await Promise.all(containers.map(container => signal(container, 'SIGKILL')));
}

/** Stops every primary's process where it is: connections are taken by the kernel and never answered. */
export async function hangPrimaries(stage: Stage): Promise<void> {
	const containers = await primaryContainers(stage);
	stage.remedies.add(async () => {
		await Promise.all(containers.map(resume));
	});
	await Promise.all(containers.map(container => signal(container, 'SIGSTOP')));
}

/** A container that kubelet has killed meanwhile, because it did not answer, needs no resuming. */
async function resume(container: Container): Promise<void> {
	await signal(container, 'SIGCONT').catch(error => {
		if (!(error instanceof Error && /not found|already finished|not running/.test(error.message))) throw error;
	});
}

async function primaryContainers(stage: Stage): Promise<Container[]> {
	const pods = await primariesOf(stage);
	return Promise.all(stage.lanes.map(({ vault }, lane) => containerOf(stage.target.kubectl, vault, pods[lane] ?? '')));
}

/** Stops the API server's process where it is. @throws Error when it does not run */
export async function stopApiServer({ remedies }: Stage): Promise<void> {
	const server = (await recorded()).find(process => process.name === 'kube-apiserver');
	if (server === undefined || !isAlive(server)) throw new Error('kube-apiserver does not run');
	remedies.add(async () => {
		if (isAlive(server)) process.kill(server.pid, 'SIGCONT');
	});
	process.kill(server.pid, 'SIGSTOP');
}

/** Changes every pod template, so that all pods are replaced. */
export async function changeTemplates({ cluster, lanes }: Stage, value: string): Promise<void> {
	const patch = { spec: { podTemplate: { annotations: { 'chaos/template': value } } } };
	await Promise.all(lanes.map(({ vault }) => cluster.patch(vault, patch)));
}
