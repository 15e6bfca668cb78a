/**
 * Metrics of the operator. Those of the machinery carry the names controller-runtime and client-go use, so that existing dashboards fit;
 * `runevault_*` are our own. Every label set is bounded by the number of RuneVaults, and gone with them.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Condition } from '../crds/conditions.ts';
import { FAILOVER_REASONS, type FailoverReason } from '../crds/status.ts';
import type { Result } from '../kube/controller.ts';
import type { QueueObserver } from '../kube/queue.ts';

const CONTROLLER = 'runevault';
const RESULTS: readonly Result[] = ['success', 'requeue_after', 'error'];
/** Seconds. */
const FAILOVER = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 15, 20, 30, 60];
const VALUES = { True: 1, False: 0, Unknown: -1 } as const;
const FAST = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export type VaultFacts = {
	conditions: readonly Condition[];
	epoch: number | undefined;
	/** Of its backups, as the status tells them: RFC 3339. */
	backup?: { lastSuccessAt?: string | undefined; lastVerifiedAt?: string | undefined } | undefined;
};

export type Metrics = {
	registry: Registry;
	queue: QueueObserver;
	request: (verb: string, code: string, seconds: number) => void;
	reconciled: (result: Result, seconds: number) => void;
	probed: (isAnswered: boolean, seconds: number) => void;
	leader: (isLeader: boolean) => void;
	vault: (namespace: string, name: string, state: VaultFacts) => void;
	/** Another pod took over, so many seconds after the operator noticed that one had to. */
	failedOver: (cause: FailoverReason, seconds: number) => void;
	forgetVault: (namespace: string, name: string) => void;
	/** What an operator knows that leads no more is out of date. */
	forgetVaults: () => void;
};

export function createMetrics(workers: number): Metrics {
	const registry = new Registry();
	const registers = [registry];
	collectDefaultMetrics({ register: registry });
	const counter = <L extends string>(name: string, help: string, labelNames: L[]) => new Counter({ name, help, labelNames, registers });
	const gauge = <L extends string>(name: string, help: string, labelNames: L[]) => new Gauge({ name, help, labelNames, registers });
	const histogram = <L extends string>(name: string, help: string, labelNames: L[]) =>
		new Histogram({ name, help, labelNames, buckets: FAST, registers });

	const reconciles = counter('controller_runtime_reconcile_total', 'Reconciles by result.', ['controller', 'result']);
	const failures = counter('controller_runtime_reconcile_errors_total', 'Reconciles that failed.', ['controller']);
	const times = histogram('controller_runtime_reconcile_time_seconds', 'Duration of a reconcile.', ['controller']);
	const concurrent = gauge('controller_runtime_max_concurrent_reconciles', 'Workers.', ['controller']);
	const depth = gauge('workqueue_depth', 'Keys that wait.', ['name']);
	const adds = counter('workqueue_adds_total', 'Keys that were added.', ['name']);
	const retries = counter('workqueue_retries_total', 'Keys that were tried again.', ['name']);
	const latency = histogram('workqueue_queue_duration_seconds', 'How long a key waited.', ['name']);
	const work = histogram('workqueue_work_duration_seconds', 'How long a key was worked on.', ['name']);
	const requests = counter('rest_client_requests_total', 'Requests to the API server.', ['method', 'code']);
	const requestTimes = histogram('rest_client_request_duration_seconds', 'Duration of a request to the API server.', ['verb']);
	const leader = gauge('leader_election_master_status', 'Whether this process leads.', ['name']);
	const probes = counter('runevault_probes_total', 'Questions to Vault pods.', ['result']);
	const probeTimes = histogram('runevault_probe_duration_seconds', 'Duration of a question to a Vault pod.', []);
	const ready = gauge('runevault_ready', 'Whether a RuneVault is Ready.', ['namespace', 'vault']);
	const conditions = gauge(
		'runevault_condition',
		'Conditions of a RuneVault with their present reason: 1 for True, 0 for False, -1 for Unknown.',
		['namespace', 'vault', 'condition', 'reason'],
	);
	const epoch = gauge('runevault_primary_epoch', 'How many primaries a RuneVault has had.', ['namespace', 'vault']);
	const backedUp = gauge('runevault_backup_last_success_timestamp_seconds', 'When the last backup was made.', ['namespace', 'vault']);
	const proved = gauge('runevault_backup_last_verified_timestamp_seconds', 'When the last backup was proved.', ['namespace', 'vault']);

	const failovers = new Histogram({
		name: 'runevault_failover_seconds',
		help: 'From the loss of a primary being noticed, or its replacement begun, until clients reach another.',
		labelNames: ['cause'],
		buckets: FAILOVER,
		registers,
	});

	for (const cause of FAILOVER_REASONS) failovers.zero({ cause });
	for (const result of RESULTS) reconciles.inc({ controller: CONTROLLER, result }, 0);
	for (const result of ['answered', 'failed']) probes.inc({ result }, 0);
	failures.inc({ controller: CONTROLLER }, 0);
	adds.inc({ name: CONTROLLER }, 0);
	retries.inc({ name: CONTROLLER }, 0);
	depth.set({ name: CONTROLLER }, 0);
	concurrent.set({ controller: CONTROLLER }, workers);
	leader.set({ name: CONTROLLER }, 0);

	/** The reason that each condition of a vault was last told with: its series goes when another comes. */
	const told = new Map<string, Map<string, string>>();
	const forgetConditions = (namespace: string, vault: string) => {
		const key = `${namespace}/${vault}`;
		for (const [condition, reason] of told.get(key) ?? []) conditions.remove({ namespace, vault, condition, reason });
		told.delete(key);
	};

	return {
		registry,
		queue: {
			depth: waiting => depth.set({ name: CONTROLLER }, waiting),
			added: () => adds.inc({ name: CONTROLLER }),
			retried: () => retries.inc({ name: CONTROLLER }),
			latency: seconds => latency.observe({ name: CONTROLLER }, seconds),
			worked: seconds => work.observe({ name: CONTROLLER }, seconds),
		},
		request(verb, code, seconds) {
			requests.inc({ method: verb, code });
			requestTimes.observe({ verb }, seconds);
		},
		reconciled(result, seconds) {
			reconciles.inc({ controller: CONTROLLER, result });
			if (result === 'error') failures.inc({ controller: CONTROLLER });
			times.observe({ controller: CONTROLLER }, seconds);
		},
		probed(isAnswered, seconds) {
			probes.inc({ result: isAnswered ? 'answered' : 'failed' });
			probeTimes.observe(seconds);
		},
		leader: isLeader => leader.set({ name: CONTROLLER }, isLeader ? 1 : 0),
		vault(namespace, vault, state) {
			ready.set({ namespace, vault }, state.conditions.some(({ type, status }) => type === 'Ready' && status === 'True') ? 1 : 0);
			forgetConditions(namespace, vault);
			for (const { type: condition, reason, status } of state.conditions) {
				conditions.set({ namespace, vault, condition, reason }, VALUES[status]);
			}
			told.set(`${namespace}/${vault}`, new Map(state.conditions.map(({ type, reason }) => [type, reason])));
			if (state.epoch !== undefined) epoch.set({ namespace, vault }, state.epoch);
			const { lastSuccessAt, lastVerifiedAt } = state.backup ?? {};
			for (const [at, last] of [
				[lastSuccessAt, backedUp],
				[lastVerifiedAt, proved],
			] as const) {
				if (at === undefined) last.remove({ namespace, vault });
				else last.set({ namespace, vault }, Date.parse(at) / 1000);
			}
		},
		failedOver: (cause, seconds) => failovers.observe({ cause }, seconds),
		forgetVaults() {
			for (const each of [ready, conditions, epoch, backedUp, proved]) each.reset();
			told.clear();
		},
		forgetVault(namespace, vault) {
			ready.remove({ namespace, vault });
			forgetConditions(namespace, vault);
			for (const each of [epoch, backedUp, proved]) each.remove({ namespace, vault });
		},
	};
}
