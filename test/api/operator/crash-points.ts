/**
 * Kills an operator at every point of a play and has another one finish it: each end must be that of a run which was never disturbed.
 *
 * Points are counted from where the play begins: after the 1st, 2nd, 3rd … call, and before the 1st, 2nd, 3rd … write is sent, until a run
 * ends without having been killed. The operator that ends one run is, at rest, the one that is killed in the next.
 */
import assert from 'node:assert/strict';
import type { FakeCluster } from './fake-cluster.ts';
import type { FakeNode } from './fake-node.ts';
import { type OperatorRun, runOperator, type VaultName, type World } from './fixture.ts';
import type { Call, Kill } from './mortal.ts';

export type Scene = {
	world: World;
	vault: VaultName;
	node: FakeNode;
	/** Undefined while there are no pods. */
	cluster: FakeCluster | undefined;
	/** The operator at rest; undefined before the first. */
	run: OperatorRun | undefined;
	/** How many plays it has seen. */
	rounds: number;
	/** Generation of the token. */
	generation: number;
};

export type Play = {
	prepare: () => Promise<Scene>;
	/** Whether the scene can take another play afterwards. */
	isRepeatable: boolean;
	/** Whether the operator that is killed starts with the play, and so may be killed while it takes over. */
	startsAnew?: boolean;
	/** Without CRASH_POINTS=all, every so many points are tried. */
	stride: number;
	/** What the user and the cluster do while operators come and go; resolves, when the end is reached, to what has to be the same each time. */
	act: (scene: Scene) => Promise<unknown>;
	/** The scene is not needed any more. */
	release: (scene: Scene) => Promise<void>;
};

export type Report = { points: number; writes: number; seconds: number };

/** Operators at work at the same time, each in its own namespace. */
const AT_ONCE = 6;
/** No play is as long. */
const LAST = 1_000;

/** Whether every point is tried. */
export const isComplete = process.env.CRASH_POINTS === 'all';

/** Starts an operator for the scene alone. */
export const start = ({ world, vault, node }: Scene, kill?: Kill): OperatorRun =>
	runOperator(world, { ask: node.ask, env: { WATCH_NAMESPACES: vault.namespace }, ...(kill && { kill }) });

/** Plays with an operator that is killed, and a second one from then on. Tells the end, or undefined when the first was not killed. */
async function interrupted(scene: Scene, play: Play, kill: Kill): Promise<{ end: unknown; at: Call | undefined } | undefined> {
	if (play.startsAnew) await scene.run?.stop();
	const first = (!play.startsAnew && scene.run) || start(scene, kill);
	first.arm(kill);
	scene.rounds += 1;
	const played = play.act(scene);
	scene.run = first;
	const hasDied = await Promise.race([first.ended.then(() => true), played.then(() => false)]);
	if (!hasDied) {
		first.disarm();
		return undefined;
	}
	scene.run = start(scene);
	return { end: await played, at: first.diedAt() };
}

/** All points of one kind, handed out to several scenes at once. */
class Points {
	readonly when: Kill['when'];
	readonly #stride: number;
	#next = 1;
	#last = LAST;
	passed = 0;

	constructor(when: Kill['when'], stride: number) {
		this.when = when;
		this.#stride = isComplete ? 1 : stride;
	}

	take(): Kill | undefined {
		const n = this.#next;
		if (n > this.#last) return undefined;
		this.#next += this.#stride;
		return { when: this.when, n };
	}

	/** There was no n-th call or write. */
	end(n: number): void {
		this.#last = Math.min(this.#last, n - 1);
	}
}

export async function everyCrashPoint(play: Play): Promise<Report> {
	const started = performance.now();
	const undisturbed = await play.prepare();
	undisturbed.run ??= start(undisturbed);
	undisturbed.rounds += 1;
	const expected = await play.act(undisturbed);
	const kinds = [new Points('after-call', play.stride), new Points('before-write', play.stride)];
	const work = async (first?: Scene) => {
		let scene = first;
		for (const points of kinds) {
			for (let kill = points.take(); kill !== undefined; kill = points.take()) {
				scene = scene !== undefined && play.isRepeatable ? scene : await play.prepare();
				const point = `killed ${kill.when} ${kill.n}`;
				const found = await interrupted(scene, play, kill).catch(cause => {
					throw new Error(`${point}: another end, or none`, { cause });
				});
				if (!play.isRepeatable) await play.release(scene);
				if (found === undefined) points.end(kill.n);
				else points.passed += 1;
				if (found !== undefined) assert.deepEqual(found.end, expected, `${point}, ${JSON.stringify(found.at)}`);
			}
		}
		if (scene !== undefined && play.isRepeatable) await play.release(scene);
	};
	if (!play.isRepeatable) await play.release(undisturbed);
	const workers = Array.from({ length: AT_ONCE }, (_, index) =>
		work(index === 0 ? undisturbed : undefined).catch(error => {
			for (const points of kinds) points.end(0);
			throw error;
		}),
	);
	const failures = (await Promise.allSettled(workers)).flatMap(each => (each.status === 'rejected' ? [each.reason] : []));
	if (failures.length > 0) throw failures[0];
	const [calls, writes] = kinds.map(({ passed }) => passed);
	return { points: (calls ?? 0) + (writes ?? 0), writes: writes ?? 0, seconds: (performance.now() - started) / 1000 };
}
