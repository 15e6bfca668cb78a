/** Waiting for a condition of each lane, where some may never get there and the others count all the same. */
import { until } from '../install/run.ts';
import type { Lane } from './lanes.ts';

export type LaneCondition = (lane: Lane) => Promise<boolean>;

/** Waits until the condition holds for each lane or the time is over. @returns for which it did, in the order of the lanes */
export function untilEach(lanes: readonly Lane[], condition: LaneCondition, timeoutMs: number): Promise<boolean[]> {
	return Promise.all(lanes.map(lane => holds(until(lane.vault.namespace, () => condition(lane), timeoutMs, 50))));
}

/** Whether a promise is kept. */
export function holds(promise: Promise<unknown>): Promise<boolean> {
	return promise.then(
		() => true,
		() => false,
	);
}
