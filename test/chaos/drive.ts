/** The driver: sets the stage, runs rounds of cases on it, and takes it down. What `make chaos` and the cluster tests have in common. */

import { availableParallelism } from 'node:os';
import { installOperator, type Target } from '../install/installation.ts';
import { type ChaosCase, cases } from './cases.ts';
import { ClientProcess } from './client-process.ts';
import { everyId, onePerLane, untilServed } from './clients.ts';
import { Cluster } from './cluster.ts';
import { createLanes, removeLanes } from './lanes.ts';
import type { Run } from './report.ts';
import { runRound } from './round.ts';
import { Remedies, type Stage } from './stage.ts';
import type { CaseName } from './targets.ts';
import { undisturbed } from './undisturbed.ts';

/** A call slower than this at rest says that the machine is saturated, and that a gap would tell of the machine. */
const RESTING_LIMIT_MS = 200;
/** Where new pods have just started, a machine needs a while to come to rest. */
const CALM_MS = 50;
const CALM_TRIES = 20;

export type Driver = {
	/** How many Vaults take part. */
	readonly lanes: number;
	/** p50 of a call when nothing is wrong. */
	readonly restingMilliseconds: number;
	/** How many runs a round of a case gives: one a Vault, but no more than the machine carries. */
	runsOf(name: CaseName): number;
	/** One fault of a case. @param round counts from 0 */
	round(name: CaseName, round: number): Promise<Run[]>;
	/** A fault that is no case of its own. @param round counts from 0 */
	inject(chaos: ChaosCase, round: number): Promise<Run[]>;
	/** Undoes what is not undone yet: links up, processes resumed, nodes uncordoned. */
	heal(): Promise<void>;
	/** Removes the Vaults unless they are kept, and ends the client. */
	close(options?: { keep: boolean }): Promise<void>;
};

/**
 * Installs the operator and makes the Vaults; where so many are more than the machine carries, fewer take part.
 *
 * @throws Error when even one is too many
 */
export async function openDriver(target: Target, lanes: number, say: (line: string) => void): Promise<Driver> {
	await installOperator(target);
	await using opened = new AsyncDisposableStack();
	const cluster = await Cluster.connect(target.kubectl.kubeconfig);
	opened.defer(() => cluster.close());
	const client = new ClientProcess();
	opened.defer(() => client.stop());
	const all = await createLanes(target, cluster, lanes);
	await client.open(all.map(lane => lane.stream));
	const remedies = new Remedies();
	const { stage, resting } = await reduce({ target, cluster, client, remedies, lanes: all, bystanders: [], round: 0 }, say);
	const owned = opened.move();
	const lanesOf = (chaos: ChaosCase) => Math.min(stage.lanes.length, chaos.mostLanes(availableParallelism()));
	const runsOf = (name: CaseName) => lanesOf(cases[name]);
	const inject = (chaos: ChaosCase, round: number) => {
		const lanes = stage.lanes.slice(0, lanesOf(chaos));
		const bystanders = all.filter(lane => !lanes.includes(lane));
		return undisturbed(() => runRound(chaos, { ...stage, lanes, bystanders, round }), say);
	};
	return {
		inject,
		runsOf,
		lanes: stage.lanes.length,
		restingMilliseconds: resting,
		round: (name, round) => inject(cases[name], round),
		heal: () => remedies.apply(),
		async close({ keep } = { keep: false }) {
			await owned.disposeAsync();
			if (!keep) await removeLanes(target, all);
		},
	};
}

/** Takes lanes out until calls at rest are fast enough. */
async function reduce(stage: Stage, say: (line: string) => void): Promise<{ stage: Stage; resting: number }> {
	let resting = Number.POSITIVE_INFINITY;
	for (let tries = 0; tries < CALM_TRIES && resting >= CALM_MS; tries++) resting = await restingMilliseconds(stage);
	if (resting < RESTING_LIMIT_MS) return { stage, resting };
	const slow = `a call at rest takes ${resting.toFixed(0)} ms`;
	if (stage.lanes.length === 1) throw new Error(`${slow}: this machine is too busy to measure on`);
	say(`${slow}: one lane less than ${stage.lanes.length}`);
	return reduce({ ...stage, lanes: stage.lanes.slice(1) }, say);
}

/** The slowest lane's p50 while all call and nothing is wrong. */
async function restingMilliseconds(stage: Stage): Promise<number> {
	const clients = onePerLane(stage);
	const ids = everyId(clients);
	await stage.client.begin(ids, clients.everyMs);
	await untilServed(stage, clients, 10_000);
	const windows = await stage.client.end(ids);
	return Math.max(...windows.map(window => window.summary.medianMilliseconds));
}
