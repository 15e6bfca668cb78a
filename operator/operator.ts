/**
 * The operator as one value that runs: caches, leader election, workers and the prober around the reconcile. Everything it needs from
 * outside is a parameter, so that a test runs it in its own process against a real API server.
 */
import { randomBytes } from 'node:crypto';
import type { RuneVaultBackup, RuneVaultRestore } from '../crds/operations.ts';
import type { RuneVault } from '../crds/runevault.ts';
import type { RuneVaultStatus } from '../crds/status.ts';
import { type Clock, random, systemClock } from '../kube/clock.ts';
import { createController } from '../kube/controller.ts';
import { createRecorder } from '../kube/events.ts';
import { campaign } from '../kube/lease.ts';
import { get } from '../kube/objects.ts';
import { priorities, Queue } from '../kube/queue.ts';
import { resources, splitKey } from '../kube/resources.ts';
import type { Transport } from '../kube/transport.ts';
import { LEADER_LEASE, type OperatorConfig } from './config.ts';
import { MANAGER } from './desired/names.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { WatchedWorld } from './observe/caches.ts';
import type { Facts } from './observe/findings.ts';
import type { Ask } from './observe/probe.ts';
import { Prober } from './observe/prober.ts';
import { Applier, type Ref } from './reconcile/apply.ts';
import { type Note, newFailover } from './reconcile/notes.ts';
import { OperationWriter } from './reconcile/operation-writer.ts';
import type { TokenTexts } from './reconcile/tokens.ts';
import { reconcileVault } from './reconcile/vault.ts';
import { StatusWriter } from './reconcile/write-status.ts';
import type { Health } from './server.ts';
import type { Issue } from './tls/certificate.ts';
import { CertificateKeeper } from './tls/keeper.ts';
import { version } from './version.ts';

export type OperatorOptions = {
	config: OperatorConfig;
	transport: Transport;
	ask: Ask;
	issue: Issue;
	log: Logger;
	metrics: Metrics;
	/** Of everything a leader does; leader election and watches live by the system's. */
	clock?: Clock;
};

export type Operator = {
	/** Works until the signal is aborted; resolves when everything has ended and the leadership is given back. */
	run(signal: AbortSignal): Promise<void>;
	health: Health;
};

/** client-go's proportions. */
const LEADER = { durationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
const COMPONENT = 'runevault-operator';
/** The API server sends a bookmark each minute, so a cache this old has lost it. */
const STALE_MS = 5 * 60_000;

export function createOperator({ config, transport, ask, issue, log, metrics, clock = systemClock }: OperatorOptions): Operator {
	const queue = new Queue({ observer: metrics.queue, clock });
	const logError = (error: unknown) => log.warn({ err: error }, 'watch failed; it is tried again');
	let applier = createApplier(transport);
	let prober: Prober | undefined;
	const world = new WatchedWorld({
		transport,
		namespaces: config.watchNamespaces,
		onChange: (key, isUrgent) => queue.add(key, { priority: isUrgent ? priorities.urgent : priorities.normal }),
		onRenewed: key => prober?.renewed(key),
		onGone: ref => applier.forget(ref),
		onError: logError,
	});
	let isSynced = false;

	function createApplier(through: Transport): Applier {
		return new Applier({ transport: through, find: ref => world.find(ref), now: () => clock.now() });
	}

	async function readTexts({ namespace, name }: Ref): Promise<TokenTexts> {
		const { token, next } = Object((await get(transport, resources.secrets, { namespace, name }))?.data);
		const decode = (encoded: unknown) => (typeof encoded === 'string' ? Buffer.from(encoded, 'base64').toString() : undefined);
		return { token: decode(token), next: decode(next) };
	}

	const recorder = createRecorder(transport, { component: COMPONENT, clock });
	function tell(vault: RuneVault, { type, reason, action, message }: Note): void {
		log.info({ vault: `${vault.metadata.namespace}/${vault.metadata.name}`, reason }, message);
		const { apiVersion, kind, metadata } = vault;
		const { name, namespace, uid } = metadata;
		recorder.event({ apiVersion, kind, metadata: { name, namespace, uid } }, { type, reason, action, message });
	}

	function tellOf(object: RuneVaultBackup | RuneVaultRestore, { type, reason, action, message }: Note): void {
		const { apiVersion, kind, metadata } = object;
		const { name, namespace, uid } = metadata;
		log.info({ [kind]: `${namespace}/${name}`, reason }, message);
		recorder.event({ apiVersion, kind, metadata: { name, namespace, uid } }, { type, reason, action, message });
	}

	function onStatus(key: string, { vault, lease }: Facts, before: RuneVaultStatus): void {
		const { namespace = '', name } = splitKey(key);
		metrics.vault(namespace, name, { conditions: vault.status?.conditions ?? [], epoch: lease?.epoch, backup: vault.status?.backup });
		const failover = newFailover(before, vault.status ?? {});
		if (failover !== undefined) metrics.failedOver(failover.reason, failover.milliseconds / 1000);
	}

	/** The work of a leader: nothing of it is remembered from an earlier term. */
	async function lead(signal: AbortSignal): Promise<void> {
		const bound = untilAborted(transport, signal);
		applier = createApplier(bound);
		const asking = new Prober({
			ask,
			onChange: key => queue.add(key, { priority: priorities.urgent }),
			randomBytes,
			random,
			clock,
			observe: metrics.probed,
		});
		prober = asking;
		const statusWriter = new StatusWriter(bound);
		const { image, namespace: operatorNamespace, clusterDomain } = config;
		const effects = {
			caches: world,
			transport: bound,
			applier,
			keeper: new CertificateKeeper({ transport: bound, applier, issue, version, clusterDomain }),
			prober: asking,
			statusWriter,
			settings: { image, version, operatorNamespace, clusterDomain },
			readTexts,
			randomBytes,
			now: () => clock.wall().getTime(),
			tell,
			tellOf,
			operationWriter: new OperationWriter(bound),
			onStatus,
			onGone(key: string) {
				const { namespace = '', name } = splitKey(key);
				metrics.forgetVault(namespace, name);
			},
		};
		const controller = createController({
			name: MANAGER,
			queue,
			workers: config.workers,
			clock,
			reconcile: key => reconcileVault(key, effects),
			observe: metrics.reconciled,
			onError: (error, key) => log.error({ err: error, vault: key }, 'reconcile failed; it is tried again'),
		});
		for (const key of world.allKeys()) queue.add(key);
		metrics.leader(true);
		log.info('leading');
		try {
			await controller.run(signal);
		} finally {
			asking.stop();
			prober = undefined;
			metrics.leader(false);
			metrics.forgetVaults();
			log.info('not leading any more');
		}
	}

	async function elect(signal: AbortSignal): Promise<void> {
		if (!config.hasLeaderElection) return lead(signal);
		const elector = campaign({
			...LEADER,
			transport,
			namespace: config.namespace,
			name: LEADER_LEASE,
			identity: config.identity,
			createIfMissing: true,
			onAcquired: (_epoch, term) => lead(term),
			onLost: () => log.info('the leadership has ended'),
			onError: error => log.warn({ err: error }, 'leader election'),
		});
		await elector.run(signal);
	}

	return {
		async run(signal) {
			await world.start(signal);
			if (signal.aborted) return;
			isSynced = true;
			log.info({ vaults: world.vaultKeys().length }, 'caches filled');
			try {
				await elect(signal);
			} finally {
				queue.close();
			}
		},
		health: {
			notAlive: () => (isSynced && world.stalenessMs() > STALE_MS ? 'the API server has not been heard for five minutes' : undefined),
			notReady: () => (isSynced ? undefined : 'the caches are not filled yet'),
		},
	};
}

/** A transport whose requests end with the signal: who leads no more must not write any more. */
const untilAborted = (transport: Transport, signal: AbortSignal): Transport => ({
	...transport,
	request: request => transport.request({ signal, ...request }),
});
