/** A row of the matrix as a case of the driver: cuts all parties off at once, waits, lets them back and watches the Vault become whole. */

import { systemClock } from '../../kube/clock.ts';
import { list } from '../../kube/objects.ts';
import { resources } from '../../kube/resources.ts';
import type { ChaosCase } from '../chaos/cases.ts';
import { onePerLane } from '../chaos/clients.ts';
import type { Cluster } from '../chaos/cluster.ts';
import { stopApiServer } from '../chaos/faults.ts';
import type { Lane } from '../chaos/lanes.ts';
import { describe } from '../chaos/measure.ts';
import type { Stage } from '../chaos/stage.ts';
import { type PodView, podView } from '../chaos/view.ts';
import { OPERATOR_NAMESPACE } from '../install/installation.ts';
import { until } from '../install/run.ts';
import { isolate } from './isolate.ts';
import { CUT_SECONDS, type Row } from './rows.ts';
import { lackSince, type Witness, witness } from './witness.ts';

/** So long nothing may change before a Vault counts as whole. */
const SETTLED_MS = 3_000;
const PATIENCE_MS = 120_000;

/** What was seen of one Vault besides its calls. */
export type Seen = {
	readonly before: Witness;
	/** Absent when it did not become whole. */
	after?: Witness;
	/** From the end of the cut. */
	wholeSeconds?: number;
	/** What it lacked to be whole when nobody waited any longer. */
	lacks?: string;
	/** Whether calls were answered when the cut ended. */
	isServed: boolean;
};

/** @param seen is filled while the case runs, by lane */
export function caseOf(row: Row, seen: Seen[]): ChaosCase {
	return {
		typicalSeconds: 60,
		mostLanes: processors => processors,
		prepare: async () => undefined,
		clients: onePerLane,
		async inject(stage) {
			const befores = await Promise.all(stage.lanes.map(lane => witness(stage.cluster, lane)));
			seen.push(...befores.map(before => ({ before, isServed: false })));
			await cutOff(stage, row, befores);
		},
		async closed(stage) {
			await systemClock.sleep(CUT_SECONDS * 1000);
			const states = await stage.client.state(stage.lanes.map(lane => lane.stream.id));
			for (const [at, each] of seen.entries()) each.isServed = (states[at]?.streak ?? 0) > 0;
			await stage.remedies.apply();
			const since = Date.now();
			return Promise.all(stage.lanes.map((lane, at) => watchHeal(stage, lane, since, seen[at])));
		},
	};
}

/** All that has to be asked is asked first: afterwards there may be nobody to ask. */
async function cutOff(stage: Stage, { cut }: Row, befores: readonly Witness[]): Promise<void> {
	const operators = cut.includes('operator') ? await operatorPods(stage.cluster) : [];
	const primaries = cut.includes('primary') ? befores.map(primaryOf) : [];
	const standbys = cut.includes('standby') ? befores.map(firstStandby) : [];
	await Promise.all([...operators, ...primaries, ...standbys].map(pod => isolate(stage, pod)));
	if (cut.includes('API server')) await stopApiServer(stage);
}

async function operatorPods({ transport }: Cluster): Promise<PodView[]> {
	const labelSelector = 'app.kubernetes.io/name=runevault,app.kubernetes.io/component=operator';
	return (await list(transport, resources.pods, { namespace: OPERATOR_NAMESPACE, labelSelector, timeoutMs: 5_000 })).items.map(podView);
}

/** @throws Error when the Lease names no pod that is there */
export function primaryOf({ view, term }: Pick<Witness, 'view' | 'term'>): PodView {
	const pod = view.pods.find(each => each.name === term.holder);
	if (pod === undefined) throw new Error(`the Lease names ${term.holder || 'nobody'}, which is no pod`);
	return pod;
}

/** The standby whom the operator would appoint if it answered: the first by ordinal. @throws Error when there is none */
export function firstStandby({ view, term }: Pick<Witness, 'view' | 'term'>): PodView {
	const byOrdinal = (a: PodView, b: PodView) => a.name.localeCompare(b.name, 'en', { numeric: true });
	const [first] = view.pods.filter(each => each.name !== term.holder).sort(byOrdinal);
	if (first === undefined) throw new Error('there is no standby');
	return first;
}

/** Waits until the Vault is whole and stays so for a while. @returns whether it became so in time */
async function watchHeal({ cluster, client }: Stage, lane: Lane, since: number, seen: Seen | undefined): Promise<boolean> {
	let whole: { at: number; epoch: number } | undefined;
	const look = async (): Promise<boolean> => {
		const [now, [state]] = await Promise.all([witness(cluster, lane), client.state([lane.stream.id])]);
		const lacks = lackSince(now, since, state?.epoch ?? 0);
		if (lacks !== undefined) throw new Error(lacks);
		if (whole?.epoch !== now.term.epoch) whole = { at: Date.now(), epoch: now.term.epoch };
		if (seen === undefined || Date.now() - whole.at < SETTLED_MS) return false;
		seen.after = now;
		seen.wholeSeconds = (whole.at - since) / 1000;
		return true;
	};
	const lookAnew = () =>
		look().catch(error => {
			whole = undefined;
			throw error;
		});
	return until(`${lane.vault.namespace} whole after the cut`, lookAnew, PATIENCE_MS, 400).catch(error => {
		if (seen !== undefined) seen.lacks = describe(error);
		return false;
	});
}
