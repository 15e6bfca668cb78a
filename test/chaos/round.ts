/** One round: all lanes whole, a window of calls, one fault in all of them, its end, all lanes whole again, what the clients saw. */

import { until } from '../install/run.ts';
import type { ChaosCase } from './cases.ts';
import type { Window } from './client/protocol.ts';
import { type Clients, CONTROL_EVERY_MS, everyId, untilCalm, untilServed } from './clients.ts';
import { holds } from './each.ts';
import { untilRouted } from './gateway.ts';
import { untilWhole } from './lanes.ts';
import { pressureSince, readPressure } from './pressure.ts';
import { addCounts, type Run } from './report.ts';
import type { Stage } from './stage.ts';
import { assertUndisturbed } from './undisturbed.ts';
import type { LaneView } from './view.ts';

/**
 * @returns one run a lane
 * @throws Error when the lanes are not whole before the fault, or it could not be done or undone; DisturbedError when the control failed
 */
export async function runRound(chaos: ChaosCase, stage: Stage): Promise<Run[]> {
	await untilAllWhole(stage, () => 0);
	await chaos.prepare(stage);
	await untilRouted(stage);
	const clients = await chaos.clients(stage);
	const ids = everyId(clients);
	const controls = clients.control === undefined ? [] : [clients.control];
	await stage.client.begin(ids, clients.everyMs);
	await stage.client.begin(controls, CONTROL_EVERY_MS);
	let windows: Window[] | undefined;
	try {
		await demand(untilServed(stage, clients), 'a healthy Vault does not answer');
		await untilCalm(stage, clients);
		const before = await viewsOf(stage);
		await stage.client.mark(ids);
		const pressed = await readPressure();
		await chaos.inject(stage);
		const closed = await chaos.closed(stage, clients);
		await stage.remedies.apply();
		const epochs = await stage.client.state(clients.measured.map(([id = '']) => id));
		const whole = await untilAllWhole(stage, lane => epochs[lane]?.epoch ?? 0);
		const served = await untilServed(stage, clients);
		const after = await viewsOf(stage);
		const pressure = await pressureSince(pressed);
		windows = await stage.client.end(ids);
		for (const { summary } of await stage.client.end(controls)) assertUndisturbed(summary);
		const byId = new Map(ids.map((id, at) => [id, windows?.[at]]));
		return stage.lanes.map((_, lane) => ({
			...runOf(clients, lane, byId),
			pressure,
			isClosed: [closed, whole, served].every(each => each[lane] === true),
			...reasonOf(before[lane], after[lane]),
		}));
	} finally {
		await stage.remedies.apply();
		if (windows === undefined) await stage.client.end(ids);
		await stage.client.closeStreams(clients.guests);
	}
}

const viewsOf = ({ cluster, lanes }: Stage): Promise<LaneView[]> => Promise.all(lanes.map(({ vault }) => cluster.lane(vault)));

/** Waits for the operators too, since the next fault counts on them. @returns by lane */
async function untilAllWhole({ cluster, lanes }: Stage, epochOf: (lane: number) => number): Promise<boolean[]> {
	const whole = await Promise.all(lanes.map(({ vault }, lane) => holds(untilWhole(cluster, vault, epochOf(lane)))));
	await until('both operators ready', () => cluster.isOperatorReady(), 180_000, 500);
	return whole;
}

async function demand(each: Promise<boolean[]>, otherwise: string): Promise<void> {
	if ((await each).includes(false)) throw new Error(otherwise);
}

/** Why the primary changed, where the operator says that it did. */
function reasonOf(before: LaneView | undefined, after: LaneView | undefined): { reason?: string } {
	const [was, is] = [before?.status.failover, after?.status.failover];
	return is?.last === undefined || is.count === (was?.count ?? 0) ? {} : { reason: is.last.reason };
}

function runOf(
	{ measured, holdouts }: Clients,
	lane: number,
	windows: ReadonlyMap<string, Window | undefined>,
): Omit<Run, 'isClosed' | 'pressure'> {
	const all = (measured[lane] ?? []).flatMap(id => windows.get(id)?.summary ?? []);
	const sum = (field: 'calls' | 'failedCalls' | 'failedAfterRetry' | 'wrongAnswers' | 'unauthorized' | 'staleRefusals') =>
		all.reduce((total, each) => total + each[field], 0);
	const old = windows.get(holdouts[lane] ?? '')?.refusal;
	return {
		gapSeconds: Math.max(...all.map(each => each.gapMilliseconds)) / 1000,
		calls: sum('calls'),
		failedCalls: sum('failedCalls'),
		failedAfterRetry: sum('failedAfterRetry'),
		wrongAnswers: sum('wrongAnswers'),
		unauthorized: sum('unauthorized'),
		failures: addCounts(...all.map(each => each.failures)),
		epochChanges: Math.max(...all.map(each => each.epochChanges)),
		...(old === undefined
			? {}
			: {
					rotation: {
						refusedEarly: sum('staleRefusals'),
						lateAnswers: old.lateAnswers,
						oldTokenSeconds: old.lastAnswerMilliseconds / 1000,
					},
				}),
	};
}
