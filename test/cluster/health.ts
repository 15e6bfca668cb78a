/** Whether the cluster that is recorded is whole, and if not, what ails it. */
import { z } from 'zod';
import { kubectlFor } from '../install/kubectl.ts';
import { program, running } from './paths.ts';
import { planNodes } from './plan.ts';
import { isAlive, recorded } from './processes.ts';

export const kubectl = kubectlFor(running.kubeconfig, program('kubernetes', 'kubectl'));

const listSchema = z.object({
	items: z.array(
		z.object({
			metadata: z.object({ name: z.string() }),
			status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) }).default({ conditions: [] }),
		}),
	),
});

/** Whether each object of a kind has a condition that is True, by name. */
export async function conditionOf(kind: string, condition: string, ...where: string[]): Promise<Map<string, boolean>> {
	const text = await kubectl(['get', kind, '-o', 'json', '--request-timeout=5s', ...where], { timeoutMs: 8_000 });
	const { items } = listSchema.parse(JSON.parse(text));
	return new Map(
		items.map(({ metadata, status }) => [metadata.name, status.conditions.some(each => each.type === condition && each.status === 'True')]),
	);
}

/** The processes that such a cluster has, by name. */
export function expectedProcesses(nodes: number): string[] {
	const perNode = ['box', 'containerd', 'kubelet', 'kube-proxy'];
	return [
		...['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'gateway-kube-proxy'],
		...planNodes(nodes).flatMap(node => perNode.map(each => `${node.name}-${each}`)),
	];
}

/** One line for each thing that is wrong; none when the cluster is whole. */
export async function ailments(nodes: number): Promise<string[]> {
	const alive = new Set((await recorded()).filter(isAlive).map(record => record.name));
	const dead = expectedProcesses(nodes).filter(name => !alive.has(name));
	if (dead.length > 0) return dead.map(name => `${name} does not run`);
	try {
		await kubectl(['get', '--raw', '/readyz'], { timeoutMs: 8_000 });
		const ready = await conditionOf('nodes', 'Ready');
		const dns = await conditionOf('deployments', 'Available', '-n', 'kube-system');
		return [
			...planNodes(nodes).flatMap(({ name }) => (ready.get(name) ? [] : [`${name} is not Ready`])),
			...(dns.get('coredns') ? [] : ['the cluster DNS is not available']),
		];
	} catch (error) {
		return [`the API server does not answer: ${error instanceof Error ? error.message : String(error)}`];
	}
}
