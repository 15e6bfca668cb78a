/** Faults of whole nodes, and where pods have to be for them to hit every lane at once. */
import { MAX_NODES, type NodePlan, planNodes } from '../cluster/plan.ts';
import { run, until } from '../install/run.ts';
import { type Lane, untilWhole } from './lanes.ts';
import type { Stage } from './stage.ts';
import { crowded } from './view.ts';

/** How long an asked-for switchover may take. */
const SWITCH_MS = 60_000;

/** Cuts a node's cable: packets to and from it are lost, and nobody is told. */
export async function cut({ remedies }: Stage, node: string): Promise<void> {
	const { link } = planOf(node);
	remedies.add(async () => {
		await run('ip', ['link', 'set', link, 'up']);
	});
	await run('ip', ['link', 'set', link, 'down']);
}

/** Evicts everything from a node, as for its maintenance, but the pods of Vaults that do not take part and would only be load. */
export async function drain({ target, remedies, bystanders }: Stage, node: string): Promise<void> {
	remedies.add(async () => {
		await target.kubectl(['uncordon', node]);
	});
	const spared = bystanders.map(lane => lane.vault.name).join(',');
	const selector = spared === '' ? [] : [`--pod-selector=runevault.io/vault notin (${spared})`];
	const options = ['--ignore-daemonsets', '--delete-emptydir-data', '--timeout=120s', ...selector];
	await target.kubectl(['drain', node, ...options], { timeoutMs: 150_000 });
}

/** Where a node lies on this machine. @throws Error when it does not */
export function planOf(node: string): NodePlan {
	const plan = planNodes(MAX_NODES).find(each => each.name === node);
	if (plan === undefined) throw new Error(`${node} is no node of the launcher's`);
	return plan;
}

/** A node for this round's fault, each in its turn, but not the one that the leading operator is on. */
export async function nodeWithoutLeader({ cluster, round }: Stage): Promise<string> {
	const [nodes, leader] = await Promise.all([cluster.nodes(), cluster.leaderNode()]);
	const others = nodes.filter(node => node !== leader);
	const node = others[round % others.length];
	if (node === undefined) throw new Error('this fault needs a second node');
	return node;
}

/** Brings the primary of every lane to one node. */
export async function gatherPrimaries(stage: Stage, node: string): Promise<void> {
	const nodes = await stage.cluster.nodes();
	await Promise.all(
		stage.lanes.map(async lane => {
			await spread(stage, lane, nodes);
			await movePrimary(stage, lane, node);
		}),
	);
}

/** Until no two pods of the lane share a node while another node has none. */
async function spread({ cluster }: Stage, { vault }: Lane, nodes: readonly string[]): Promise<void> {
	await until(
		`${vault.namespace} spread over the nodes`,
		async () => {
			await untilWhole(cluster, vault, 0);
			const pod = crowded(await cluster.lane(vault), nodes);
			if (pod !== undefined) await cluster.deletePod(vault.namespace, pod);
			return pod === undefined;
		},
		240_000,
	);
}

async function movePrimary({ cluster }: Stage, { vault }: Lane, node: string): Promise<void> {
	const { pods, status } = await cluster.lane(vault);
	const pod = pods.find(each => each.node === node)?.name;
	if (pod === undefined) throw new Error(`${vault.namespace} has no pod on ${node}`);
	if (status.primary?.pod === pod) return;
	await until(
		`${pod} primary in ${vault.namespace}`,
		async () => {
			const { targetPrimary, primary } = (await cluster.lane(vault)).status;
			if (primary?.pod === pod) return true;
			// The operator takes a request out that it cannot grant yet, such as for a pod that has not proved itself again.
			if (targetPrimary === undefined) await cluster.patch(vault, { status: { targetPrimary: pod } }, 'status');
			return false;
		},
		SWITCH_MS,
		500,
	);
	await untilWhole(cluster, vault, 0);
}
