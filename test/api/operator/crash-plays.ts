/** The plays that operators are killed in. Each looks only at ends: how an operator gets there is its own affair. */
import assert from 'node:assert/strict';
import { resources } from '../../../kube/resources.ts';
import { podView } from '../../../operator/observe/views.ts';
import { until } from '../../install/run.ts';
import { type Play, type Scene, start } from './crash-points.ts';
import { endState, sha256 } from './end-state.ts';
import { FakeCluster, revisionOf } from './fake-cluster.ts';
import { FakeNode, type Verifiers } from './fake-node.ts';
import { applyVault, patchVault, readVault, untilCondition, type World } from './fixture.ts';
import { refusals } from './refusals.ts';

const PATIENCE_MS = 40_000;
const EVERY_MS = 60;

const wait = (what: string, probe: () => Promise<boolean>) => until(what, probe, PATIENCE_MS, EVERY_MS);

async function settled({ world, vault, generation }: Scene): Promise<void> {
	const is = (type: string, status: string, reason?: string) => untilCondition(world, vault, type, status, reason, PATIENCE_MS);
	await is('Ready', 'True');
	await is('Progressing', 'False', 'Complete');
	await wait('the generation in the status', async () => (await readVault(world, vault)).status?.tokens?.[0]?.generation === generation);
	await is('TokensCurrent', 'True');
	await is('Degraded', 'False');
}

/** Who is primary, under which epoch, and how many changes were recorded. */
async function standing({ world, vault, node }: Scene) {
	const { holderIdentity = '', leaseTransitions = 0 } = Object((await node.read(resources.leases, node.name('-primary')))?.spec);
	const { failover, primary } = (await readVault(world, vault)).status ?? {};
	return { holder: String(holderIdentity), epoch: Number(leaseTransitions), count: failover?.count ?? 0, last: failover?.last, primary };
}

const clusterOf = ({ cluster }: Scene): FakeCluster => {
	if (cluster === undefined) throw new Error('the scene has no pods');
	return cluster;
};

/** What a change of primary comes to, wherever the operator was killed; its reason and duration are left to chance. */
async function assertChanged(scene: Scene, before: Awaited<ReturnType<typeof standing>>): Promise<void> {
	const { holder, epoch, count, last, primary } = await standing(scene);
	assert.notEqual(holder, before.holder);
	assert.deepEqual([epoch, count], [before.epoch + 1, before.count + 1], 'one epoch further, one change recorded');
	assert.deepEqual([last?.from, last?.to], [before.holder, holder]);
	assert.deepEqual([primary?.pod, primary?.epoch], [holder, epoch]);
}

const memoryOf = (rounds: number) => `${2048 + rounds}Mi`;

/** @param signal ends what plays the cluster around the vaults that serve. */
export function playsOn(world: World, signal: AbortSignal) {
	const scenes: Scene[] = [];
	async function newScene(): Promise<Scene> {
		const vault = { namespace: `crash-${scenes.length}`, name: 'acme' };
		const scene = { world, vault, node: new FakeNode(world, vault), cluster: undefined, run: undefined, rounds: 0, generation: 1 };
		scenes.push(scene);
		await world.namespace(vault.namespace);
		await applyVault(world, vault, { failover: { probePeriod: '1s', leaseDuration: '5s' } });
		return scene;
	}

	/** Scenes that serve, with an operator at rest, and are not in use. */
	const idle: Scene[] = [];
	async function serving(): Promise<Scene> {
		const known = idle.pop();
		if (known !== undefined) return known;
		const scene = await newScene();
		scene.run = start(scene);
		await create.act(scene);
		scene.cluster = new FakeCluster(world, scene.vault, scene.node);
		scene.cluster.run(signal).catch(() => undefined);
		await wait('three pods seen', async () => clusterOf(scene).ready().length === 3);
		return scene;
	}
	const repeated = { prepare: serving, isRepeatable: true, release: async (scene: Scene) => void idle.push(scene) };

	const create: Play = {
		prepare: newScene,
		isRepeatable: false,
		stride: 6,
		release: async scene => scene.run?.stop(),
		async act(scene) {
			await scene.node.keygen();
			await scene.node.runPods();
			await settled(scene);
			return endState(scene);
		},
	};

	const setToken = (scene: Scene, overlap: string) => {
		scene.generation += 1;
		const tokens = [{ name: 'team', generation: scene.generation, overlap }];
		return patchVault(world, scene.vault, { spec: { access: { tokens } } });
	};
	const rotated = async (scene: Scene, old: string): Promise<Verifiers['tokens']> => {
		const { node } = scene;
		await wait('the new token verified first', async () => {
			const token = await node.token();
			return token !== old && (await node.verifiers()).tokens[0]?.sha256 === sha256(token);
		});
		await settled(scene);
		return (await node.verifiers()).tokens;
	};

	const rotate: Play = {
		...repeated,
		stride: 2,
		async act(scene) {
			const old = await scene.node.token();
			await setToken(scene, '0s');
			assert.equal((await rotated(scene, old)).length, 1, 'the token before is refused');
			return endState(scene);
		},
	};

	/** With an overlap; and at each moment in between, the token in the Secret is one that pods are to accept. */
	const rotateGently: Play = {
		...repeated,
		stride: 3,
		async act(scene) {
			const old = await scene.node.token();
			const end = new AbortController();
			const refused = refusals(scene.node, end.signal);
			await setToken(scene, '1h');
			const [, former] = await rotated(scene, old).finally(() => end.abort());
			assert.equal(await refused, 0);
			assert.equal(former?.sha256, sha256(old), 'the token before is accepted');
			assert.ok(former.expiresAt);
			return endState(scene);
		},
	};

	/** The primary is lost, and comes back when another has taken over. */
	const failover = (lose: (scene: Scene, ordinal: number) => Promise<void>, revive: (scene: Scene, ordinal: number) => void): Play => ({
		...repeated,
		stride: 3,
		async act(scene) {
			const before = await standing(scene);
			const ordinal = Number(before.holder.slice(scene.node.name('-').length));
			await lose(scene, ordinal);
			await wait('another primary, recorded', async () => {
				const { failover: record, primary } = (await readVault(world, scene.vault)).status ?? {};
				return record?.ongoing === undefined && record?.last?.from === before.holder && primary?.epoch !== before.epoch;
			});
			revive(scene, ordinal);
			await wait('three pods', async () => clusterOf(scene).ready().length === 3);
			await settled(scene);
			await assertChanged(scene, before);
			return endState(scene);
		},
	});

	const deleted = failover(
		async (scene, ordinal) => {
			clusterOf(scene).held.add(ordinal);
			await scene.node.deletePod(ordinal);
		},
		(scene, ordinal) => clusterOf(scene).release(ordinal),
	);
	const silent = failover(
		async ({ node }, ordinal) => void node.silent.add(node.name(`-${ordinal}`)),
		({ node }) => node.silent.clear(),
	);

	const rollout: Play = {
		...repeated,
		stride: 4,
		async act(scene) {
			const cluster = clusterOf(scene);
			const before = await standing(scene);
			cluster.reset();
			const memory = memoryOf(scene.rounds);
			await patchVault(world, scene.vault, { spec: { resources: { limits: { memory } } } });
			await wait('three pods of the new template', async () => {
				const set = await scene.node.read(resources.statefulSets, scene.vault.name);
				const revision = set && revisionOf(set);
				const isNew = JSON.stringify(set?.spec).includes(`"${memory}"`) && Object(set?.status).updateRevision === revision;
				const ready = cluster.ready();
				return isNew && ready.length === 3 && ready.every(pod => podView(pod).revision === revision);
			});
			await settled(scene);
			await assertChanged(scene, before);
			assert.equal(cluster.made, 3, 'each pod was made anew once');
			assert.ok(cluster.fewestReady >= 2, 'one pod away at a time');
			return endState(scene);
		},
	};
	const end = async (): Promise<void> => void (await Promise.all(scenes.map(({ run }) => run?.stop())));
	return { create, rotate, rotateGently, takeover: { ...deleted, startsAnew: true, stride: 4 }, deleted, silent, rollout, end };
}
