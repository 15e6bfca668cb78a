/** What is done to the lanes, by name. A case is the places of the pods before, the harm, and what ends it. */
import { systemClock } from '../../kube/clock.ts';
import { type Clients, onePerLane, onePerLaneAndControl, threePerLane, untilClosed } from './clients.ts';
import { holds } from './each.ts';
import { changeTemplates, deletePrimaries, hangPrimaries, killPrimaries, stopApiServer } from './faults.ts';
import { untilWhole } from './lanes.ts';
import { cut, drain, gatherPrimaries, nodeWithoutLeader } from './nodes.ts';
import { rotate, untilWatched } from './rotation.ts';
import { primariesOf, type Stage } from './stage.ts';
import type { CaseName } from './targets.ts';

export type ChaosCase = {
	/** Of a round, for the time left. */
	readonly typicalSeconds: number;
	/** How many lanes so many processors carry: beyond that, a gap would tell of the machine, not of the Vault. */
	readonly mostLanes: (processors: number) => number;
	/** Before the window opens. */
	readonly prepare: (stage: Stage) => Promise<void>;
	readonly clients: (stage: Stage) => Clients | Promise<Clients>;
	readonly inject: (stage: Stage) => Promise<void>;
	/** Resolves when the harm may be undone. @returns by lane, whether its gap has closed */
	readonly closed: (stage: Stage, clients: Clients) => Promise<boolean[]>;
};

const API_AWAY_MS = 60_000;

const any = () => Number.POSITIVE_INFINITY;
/** For cases that tell of tenths of a second or of single calls. */
const oneEach = (processors: number) => processors;
/** For a case that starts the pods of a whole node at once, in which no call may fail twice. */
const half = (processors: number) => Math.max(1, Math.floor(processors / 2));

const simple = { mostLanes: any, prepare: async () => undefined, clients: onePerLane, closed: untilClosed } satisfies Partial<ChaosCase>;

const onOneNode = { ...simple, prepare: async (stage: Stage) => gatherPrimaries(stage, await nodeWithoutLeader(stage)) };

/** The node that the primaries were gathered on. */
async function primaryNode(stage: Stage): Promise<string> {
	const [[primary], [lane]] = [await primariesOf(stage), stage.lanes];
	if (lane === undefined) throw new Error('no lanes');
	const { pods } = await stage.cluster.lane(lane.vault);
	return pods.find(pod => pod.name === primary)?.node ?? '';
}

const untilAllWhole = ({ cluster, lanes }: Stage): Promise<boolean[]> =>
	Promise.all(lanes.map(({ vault }) => holds(untilWhole(cluster, vault, 0))));

export const cases: Readonly<Record<CaseName, ChaosCase>> = {
	graceful: { ...simple, mostLanes: oneEach, typicalSeconds: 8, inject: deletePrimaries },
	kill: { ...simple, mostLanes: oneEach, typicalSeconds: 10, inject: killPrimaries },
	hang: { ...simple, typicalSeconds: 15, inject: hangPrimaries },
	partition: { ...onOneNode, typicalSeconds: 20, inject: async stage => cut(stage, await primaryNode(stage)) },
	'both-lost': {
		...onOneNode,
		typicalSeconds: 25,
		async inject(stage) {
			const nodes = await Promise.all([primaryNode(stage), stage.cluster.leaderNode()]);
			await Promise.all(nodes.map(node => cut(stage, node)));
		},
	},
	'api-away': {
		...simple,
		mostLanes: oneEach,
		typicalSeconds: 65,
		inject: stopApiServer,
		// No condition to wait for: the time away is the fault.
		closed: ({ lanes }) => systemClock.sleep(API_AWAY_MS).then(() => lanes.map(() => true)),
	},
	drain: {
		...onOneNode,
		mostLanes: half,
		typicalSeconds: 25,
		clients: onePerLaneAndControl,
		inject: async stage => drain(stage, await primaryNode(stage)),
	},
	rollout: {
		...simple,
		mostLanes: oneEach,
		typicalSeconds: 25,
		clients: onePerLaneAndControl,
		inject: stage => changeTemplates(stage, crypto.randomUUID()),
		closed: untilAllWhole,
	},
	rotation: { ...simple, mostLanes: oneEach, typicalSeconds: 8, clients: threePerLane, inject: rotate, closed: untilWatched },
};
