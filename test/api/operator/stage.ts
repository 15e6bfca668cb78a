/** One API server and one operator for the tests of a file, with a vault in a namespace of its own for each. */
import { type Resource, resources } from '../../../kube/resources.ts';
import { until } from '../../install/run.ts';
import { askOf, FakeNode } from './fake-node.ts';
import { applyVault, type OperatorRun, runOperator, untilCondition, type VaultName, World } from './fixture.ts';

/** Within this an owned object that is deleted or edited is to be back. */
export const HEAL_MS = 2_000;

/** What the operator makes for a vault `acme` with an Ingress, and puts back when it is gone. */
export const OWNED: readonly [Resource, string][] = [
	[resources.configMaps, 'acme-config'],
	[resources.configMaps, 'acme-ledger'],
	[resources.secrets, 'acme-verifiers'],
	[resources.secrets, 'acme-tls'],
	[resources.secrets, 'acme-ca'],
	[resources.serviceAccounts, 'acme'],
	[resources.roles, 'acme'],
	[resources.roleBindings, 'acme'],
	[resources.leases, 'acme-primary'],
	[resources.services, 'acme'],
	[resources.services, 'acme-pods'],
	[resources.endpointSlices, 'acme-primary'],
	[resources.networkPolicies, 'acme'],
	[resources.podDisruptionBudgets, 'acme'],
	[resources.ingresses, 'acme'],
	[resources.statefulSets, 'acme'],
];

export type Placed = { vault: VaultName; node: FakeNode };

export class Stage {
	readonly world: World;
	readonly run: OperatorRun;
	readonly #nodes: FakeNode[];

	private constructor(world: World, run: OperatorRun, nodes: FakeNode[]) {
		this.world = world;
		this.run = run;
		this.#nodes = nodes;
	}

	static async start(controllers: string[] = []): Promise<Stage> {
		const world = await World.start(controllers);
		const nodes: FakeNode[] = [];
		return new Stage(world, runOperator(world, { ask: askOf(() => nodes) }), nodes);
	}

	async stop(): Promise<void> {
		await this.run.stop();
		await this.world.stop();
	}

	/** A namespace for a vault that is still to be applied. */
	async place(namespace: string): Promise<Placed> {
		const vault = { namespace, name: 'acme' };
		const node = new FakeNode(this.world, vault);
		this.#nodes.push(node);
		await this.world.namespace(namespace);
		return { vault, node };
	}

	/** A vault that has just been applied. */
	async newVault(namespace: string, spec: Record<string, unknown> = {}): Promise<Placed> {
		const placed = await this.place(namespace);
		await applyVault(this.world, placed.vault, spec);
		return placed;
	}

	/** A vault with keys and pods, at rest. */
	async servingVault(namespace: string, spec: Record<string, unknown> = {}): Promise<Placed> {
		const { vault, node } = await this.newVault(namespace, spec);
		await node.keygen();
		await node.runPods();
		await untilCondition(this.world, vault, 'Ready', 'True');
		await untilCondition(this.world, vault, 'TokensCurrent', 'True');
		await untilCondition(this.world, vault, 'Progressing', 'False');
		return { vault, node };
	}

	/** Writes in a namespace, without events. */
	writesIn(namespace: string) {
		return this.run.writes.filter(({ path }) => path.includes(`/namespaces/${namespace}/`) && !path.includes('/events'));
	}

	/** Resolves when nothing was written in the namespace for so long. */
	async quiet(namespace: string, forMs: number): Promise<void> {
		let count = -1;
		let since = 0;
		const isQuiet = async () => {
			const now = this.writesIn(namespace).length;
			if (now !== count) since = performance.now();
			count = now;
			return performance.now() - since > forMs;
		};
		await until(`no writes in ${namespace}`, isQuiet, 20_000, 20);
	}
}
