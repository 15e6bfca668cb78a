/**
 * The operator killed after each of its writes, in creation and in a token rotation: a new one must end in the state that one which was
 * never killed ends in, with one key. A kill comes after the API server has done the write and before the operator hears of it.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { list } from '../../../kube/objects.ts';
import { type KubeObject, type Resource, resources } from '../../../kube/resources.ts';
import { until } from '../../install/run.ts';
import { FakeNode } from './fake-node.ts';
import { applyVault, type OperatorRun, patchVault, readVault, runOperator, untilCondition, type VaultName, World } from './fixture.ts';
import { refusals } from './refusals.ts';

/** Operators at work at the same time, each in its own namespace. */
const AT_ONCE = 4;
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

let world: World;
before(async () => {
	world = await World.start();
});
after(() => world?.stop());

type Scene = { vault: VaultName; node: FakeNode; generation: number; oldTokens: string[] };
/** What the user and the cluster do while operators come and go; resolves when the end is reached. */
type Play = (scene: Scene) => Promise<void>;

const create: Play = async ({ vault, node, generation }) => {
	await node.keygen();
	await node.runPods();
	await settled(vault, generation);
};

const rotate: Play = async scene => {
	scene.oldTokens.push(await scene.node.token());
	scene.generation += 1;
	await patchVault(world, scene.vault, { spec: { access: { tokens: [{ name: 'team', generation: scene.generation }] } } });
	await settled(scene.vault, scene.generation);
};

/** With an overlap; and at each moment in between, the token in the Secret is one that pods are to accept. */
const rotateGently: Play = async scene => {
	const { vault, node } = scene;
	const old = await node.token();
	scene.oldTokens.push(old);
	scene.generation += 1;
	const end = new AbortController();
	const refused = refusals(node, end.signal);
	await patchVault(world, vault, { spec: { access: { tokens: [{ name: 'team', generation: scene.generation, overlap: '1h' }] } } });
	await settled(vault, scene.generation).finally(() => end.abort());
	assert.equal(await refused, 0);
	const [, former] = (await node.verifiers()).tokens;
	assert.equal(former?.sha256, createHash('sha256').update(old).digest('hex'), 'the token before is accepted');
	assert.ok(former.expiresAt);
};

async function settled(vault: VaultName, generation: number): Promise<void> {
	await untilCondition(world, vault, 'Ready', 'True');
	await untilCondition(world, vault, 'Progressing', 'False', 'Complete');
	await until(
		'the generation in the status',
		async () => (await readVault(world, vault)).status?.tokens?.[0]?.generation === generation,
		15_000,
		60,
	);
	await untilCondition(world, vault, 'TokensCurrent', 'True');
}

let scenes = 0;
async function newScene(): Promise<Scene> {
	const vault = { namespace: `crash-${scenes++}`, name: 'acme' };
	await world.namespace(vault.namespace);
	await applyVault(world, vault);
	return { vault, node: new FakeNode(world, vault), generation: 1, oldTokens: [] };
}

const start = ({ vault, node }: Scene, dieAfterWrites?: number): OperatorRun =>
	runOperator(world, {
		ask: node.ask,
		env: { WATCH_NAMESPACES: vault.namespace },
		...(dieAfterWrites === undefined ? {} : { dieAfterWrites }),
	});

/** Runs `play` with an operator that dies after `writes` writes, and a second one from then on. Tells whether the first one died. */
async function interrupted(scene: Scene, play: Play, writes: number): Promise<boolean> {
	const first = start(scene, writes);
	const played = play(scene);
	const hasDied = await Promise.race([first.ended.then(() => true), played.then(() => false)]);
	await first.stop();
	if (!hasDied) return false;
	const second = start(scene);
	await played.finally(() => second.stop());
	return true;
}

/** All that is there, without what differs from run to run: uids, versions, times, random text, how often the token was rotated. */
async function endState({ vault, node, generation: wanted, oldTokens }: Scene): Promise<unknown> {
	const objects = (await Promise.all(KINDS.map(resource => list(world.admin, resource, { namespace: vault.namespace })))).flatMap(
		({ items }) => items,
	);
	const { status } = await readVault(world, vault);
	const [verifier] = (await node.verifiers()).tokens;
	const token = await node.token();
	return {
		objects: objects.map(plain).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
		conditions: status?.conditions?.map(({ type, status: is, reason }) => [type, is, reason]),
		keys: status?.keys,
		tokens: status?.tokens?.map(({ name, generation, state, adoptedBy }) => ({ name, isNewest: generation === wanted, state, adoptedBy })),
		isNew: !oldTokens.includes(token),
		isVerified: verifier?.sha256 === createHash('sha256').update(token).digest('hex'),
		keysMade: node.keysMade,
	};
}

function plain({ kind, metadata, spec }: KubeObject): unknown {
	const { name, labels, ownerReferences = [] } = metadata;
	const secretless =
		kind === 'Lease' || kind === 'Secret'
			? undefined
			: JSON.parse(
					JSON.stringify(spec ?? null)
						.replaceAll(/crash-\d+/g, 'ns')
						.replaceAll(/10\.\d+\.\d+\.\d+/g, 'ip'),
				);
	return {
		kind,
		name,
		labels,
		owners: ownerReferences.map(owner => owner.kind),
		spec: kind === 'StatefulSet' ? withoutConfigDigest(secretless) : secretless,
	};
}

/** The digest of the configuration covers the namespace, which differs from run to run. */
const withoutConfigDigest = (spec: unknown): unknown =>
	JSON.parse(JSON.stringify(spec).replaceAll(/"runevault\.io\/config":"[0-9a-f]+"/g, '"config":""'));

/** Makes a scene on which the play can begin. */
type Prepare = () => Promise<Scene>;

/**
 * Kills after 1, 2, 3, … writes until a run ends without having been killed; compares each end with that of an undisturbed run.
 * @param isRepeatable whether one scene takes the play again and again.
 */
async function everyCrashPoint(play: Play, prepare: Prepare, isRepeatable: boolean): Promise<number> {
	const undisturbed = await prepare();
	const run = start(undisturbed);
	await play(undisturbed).finally(() => run.stop());
	const expected = await endState(undisturbed);
	let next = 1;
	let points = 0;
	const work = async () => {
		let scene: Scene | undefined;
		for (;;) {
			const writes = next++;
			scene = scene !== undefined && isRepeatable ? scene : await prepare();
			if (!(await interrupted(scene, play, writes))) return;
			points += 1;
			assert.deepEqual(await endState(scene), expected, `killed after write ${writes}`);
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, work));
	return points;
}

async function serving(): Promise<Scene> {
	const scene = await newScene();
	const run = start(scene);
	await create(scene).finally(() => run.stop());
	return scene;
}

describe('an operator killed after any of its writes', () => {
	it('[OPR-19] creates the same, with one key', async t => {
		const points = await everyCrashPoint(create, newScene, false);
		t.diagnostic(`${points} crash points`);
		assert.ok(points >= 20, `only ${points} crash points`);
	});

	it('[OPR-12] [OPR-19] rotates a token the same', async t => {
		const points = await everyCrashPoint(rotate, serving, true);
		t.diagnostic(`${points} crash points`);
		assert.ok(points >= 5, `only ${points} crash points`);
	});

	it('[OPR-19] [OPR-40] [OPR-41] rotates a token with an overlap the same, and refuses no current token meanwhile', async t => {
		const points = await everyCrashPoint(rotateGently, serving, true);
		t.diagnostic(`${points} crash points`);
		assert.ok(points >= 8, `only ${points} crash points`);
	});
});
