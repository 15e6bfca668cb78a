/**
 * Cuts a pod off from everybody else: its node forwards no packet from or to it, and nobody is told. The pod runs on, and so does its
 * kubelet's view of it: what the node itself sends is not forwarded, so probes pass and no container is started again.
 */
import { planOf } from '../chaos/nodes.ts';
import type { Stage } from '../chaos/stage.ts';
import type { PodView } from '../chaos/view.ts';
import { inNetwork } from '../cluster/network.ts';
import { run } from '../install/run.ts';

/** The rules of one pod, as arguments of iptables after `-I` or `-D`. In a table that kube-proxy leaves alone. */
export function rulesOf(address: string): string[][] {
	return ['--source', '--destination'].map(end => ['FORWARD', end, address, '-m', 'comment', '--comment', 'runevault-cut', '-j', 'DROP']);
}

/** @throws Error for a pod without an address, or on a node that is not on this machine */
export async function isolate({ remedies }: Pick<Stage, 'remedies'>, { name, node, address }: PodView): Promise<void> {
	if (address === '') throw new Error(`${name} has no address`);
	const [program = '', ...args] = [...inNetwork(planOf(node).namespace), 'iptables', '--wait', '-t', 'mangle'];
	for (const rule of rulesOf(address)) {
		remedies.add(async () => {
			await run(program, [...args, '-D', ...rule]).catch(ignoreMissing);
		});
		await run(program, [...args, '-I', ...rule]);
	}
}

/** An interrupt may come between a remedy and its rule. */
function ignoreMissing(error: unknown): void {
	if (!(error instanceof Error && /does a matching rule exist|No chain\/target\/match/.test(error.message))) throw error;
}
