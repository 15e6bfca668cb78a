/** The streams of calls that a round measures: usually one a lane, three where tokens are the matter. */
import { type LaneCondition, untilEach } from './each.ts';
import { type Lane, ROTATED } from './lanes.ts';
import type { Stage } from './stage.ts';

export type Clients = {
	/** By lane: who must not notice anything. */
	readonly measured: readonly (readonly string[])[];
	/** By lane: who keeps a token that is replaced, and must notice; none where no token is. */
	readonly holdouts: readonly string[];
	/** Calls a Vault that nothing is done to: what fails there is the machine's doing. */
	readonly control?: string;
	/** Opened for one round only. */
	readonly guests: readonly string[];
	readonly everyMs: number;
};

/** Calls answered in a row before a client counts as served. */
const STREAK = 25;
const CALM_MS = 40;
const EVERY_MS = 20;
/** Three clients a lane together call as often as the one does otherwise. */
const EVERY_MS_OF_THREE = 60;
export const CONTROL_EVERY_MS = 100;

export function onePerLane({ lanes }: Stage): Clients {
	return { measured: lanes.map(lane => [lane.stream.id]), holdouts: [], guests: [], everyMs: EVERY_MS };
}

/**
 * Beside them a control, where a Vault does not take part. It connects for each call, as those must who lose their connection, so that it
 * feels a machine without a free processor as much as they do.
 */
export async function onePerLaneAndControl(stage: Stage): Promise<Clients> {
	const [bystander] = stage.bystanders;
	if (bystander === undefined) return onePerLane(stage);
	const id = `${bystander.stream.id}/control`;
	await stage.client.open([{ ...bystander.stream, id, isFresh: true }]);
	return { ...onePerLane(stage), control: id, guests: [id] };
}

/** Beside the client with another token, one that takes each new token from its Secret and one that keeps the old one. */
export async function threePerLane({ lanes, cluster, client }: Stage): Promise<Clients> {
	const guests = await Promise.all(
		lanes.map(async ({ vault, stream }) => {
			const token = await cluster.token(vault, ROTATED);
			return [follower(stream.id), holdout(stream.id)].map(id => ({ ...stream, id, token }));
		}),
	);
	await client.open(guests.flat());
	return {
		measured: lanes.map(({ stream }) => [stream.id, follower(stream.id)]),
		holdouts: lanes.map(({ stream }) => holdout(stream.id)),
		guests: guests.flat().map(each => each.id),
		everyMs: EVERY_MS_OF_THREE,
	};
}

export const follower = (id: string): string => `${id}/follower`;
export const holdout = (id: string): string => `${id}/holdout`;

export const everyId = ({ measured, holdouts }: Clients): string[] => [...measured.flat(), ...holdouts];

/** Waits until calls are as fast as on a machine at rest: others' work or pods that have just started would be measured along. */
export function untilCalm({ client, lanes }: Stage, { measured }: Clients): Promise<boolean[]> {
	const isCalm: LaneCondition = async lane =>
		(await client.state(idsOf(measured, lanes, lane))).every(state => state.streak >= STREAK && state.milliseconds < CALM_MS);
	return untilEach(lanes, isCalm, 60_000);
}

/** Waits until every client of each lane is served without a failure in between. */
export function untilServed({ client, lanes }: Stage, { measured }: Clients, timeoutMs = 30_000): Promise<boolean[]> {
	return untilEach(
		lanes,
		async lane => (await client.state(idsOf(measured, lanes, lane))).every(state => state.streak >= STREAK),
		timeoutMs,
	);
}

/**
 * Waits until the gap of each lane has closed: another primary answers, or, when it may be the same one again, answers came back after
 * failures.
 */
export function untilClosed({ client, lanes }: Stage, { measured }: Clients, timeoutMs = 120_000): Promise<boolean[]> {
	const isClosed: LaneCondition = async lane => {
		const states = await client.state(idsOf(measured, lanes, lane));
		return states.every(({ epoch, epochBefore, failed, streak }) => (epoch > epochBefore || failed > 0) && streak >= STREAK);
	};
	return untilEach(lanes, isClosed, timeoutMs);
}

const idsOf = (ids: Clients['measured'], lanes: readonly Lane[], lane: Lane): readonly string[] => ids[lanes.indexOf(lane)] ?? [];
