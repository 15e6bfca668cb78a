/**
 * `vault serve`: one pod. Starts what tells that it is alive, then opens the keys, then answers calls, then runs for the lease; and
 * takes all of it back in the opposite order when it is asked to stop, or when a later step fails.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { loadSeal } from '../../fhe/seal.ts';
import { createTransport, type Transport } from '../../kube/transport.ts';
import { type AuditLog, createAuditLog } from '../audit/log.ts';
import { openVolumeLog } from '../audit/volume.ts';
import { watchVerifiers } from '../auth/verifiers.ts';
import { readConfig, type VaultConfig } from '../config.ts';
import { createPublicApp } from '../http/app.ts';
import { createInternalApp } from '../http/internal.ts';
import { openKeys } from '../keys/custody.ts';
import { buildKeyring } from '../keys/keyring.ts';
import { clusterLedgerStore } from '../ledger/cluster-store.ts';
import { createLog } from '../log.ts';
import { createElector } from '../role/elector.ts';
import { startTracing } from '../tracing/settings.ts';
import { createVault, type Vault } from '../vault.ts';
import { findCluster } from './cluster.ts';
import { type Command, parseOptions, requiredEnv, stopSignal } from './command.ts';
import { openListener } from './listener.ts';

const help = `vault serve: run one Vault pod

Usage: vault serve

Reads from the environment:
  VAULT_CONFIG       the configuration file, written by the operator
  POD_NAME           this pod, as it signs the lease
  POD_NAMESPACE      where lease and EndpointSlice are
  POD_IP             where clients reach this pod
  OTEL_EXPORTER_OTLP_ENDPOINT  where spans go when the configuration does not say it (default: nowhere)
  LOG_LEVEL          debug, info, warn or error (default info)

Audit records go to stdout, or to files where the configuration names a directory; logs to stderr; all as JSON lines. SIGTERM ends it
with code 0.
`;

/** How long requests in flight may take after the signal to stop. */
const GRACE_MS = 10_000;
/** How long the API server may take to have the lease given up. */
const RELEASE_MS = 2000;
/** How often the account of released bits is looked at: so long a token that another pod locked, or somebody unlocked, may take. */
const LEDGER_MS = 5000;
/**
 * How long nothing changes for clients after the lease is released: so long a successor may take to write its route, and nodes to learn it.
 * kube-proxy alone may take a second and the time to write its rules. A connection that is ended sooner is made anew to this same pod, once a
 * call; and of each that a server ends its kernel keeps the address for a minute, in which another client's may come to have it and has to wait.
 */
const ROUTE_MS = 2000;
/** How long connections are taken after that, and each is ended with its answer. */
const SETTLE_MS = 3000;

export const serve: Command = {
	help,
	async run(args) {
		parseOptions(args, {});
		const config = await readConfig(requiredEnv('VAULT_CONFIG', 'it names the configuration file'));
		const pod = {
			name: requiredEnv('POD_NAME', 'it names this pod'),
			namespace: requiredEnv('POD_NAMESPACE', 'it names the namespace of this pod'),
			ip: requiredEnv('POD_IP', 'it is where clients reach this pod'),
		};
		const stopped = stopSignal();
		const log = createLog(process.env.LOG_LEVEL, { vault: config.vault, pod: pod.name });
		await using cleanup = new AsyncDisposableStack();
		const audit = await openAudit(config, pod.name, cleanup);
		const transport = createTransport(await findCluster(), { userAgent: 'runevault-vault' });
		cleanup.defer(() => transport.close());
		const ledgerStore = clusterLedgerStore({ transport, namespace: pod.namespace, name: config.protection.releasedBits.ledger });
		const tracing = await startTracing(config, pod.name, log);
		cleanup.defer(() => tracing?.close());
		const vault = createVault({ config, log, audit, ledgerStore, podIp: pod.ip, tracing });
		const { state } = vault;

		const internal = await openListener(vault, 'internal', createInternalApp(vault).callback());
		cleanup.defer(() => internal.close(0));
		const verifiers = watchVerifiers(config.verifiersFile, { onChange: problem => logAdoption(vault, problem) });
		cleanup.defer(() => verifiers.close());
		state.verifiers = verifiers;
		const keyring = cleanup.use(buildKeyring(await loadSeal(), await openKeys(config), config));
		state.keyring = keyring;
		const listener = await openListener(vault, 'public', createPublicApp(vault).callback());
		cleanup.defer(() => listener.close(GRACE_MS));
		cleanup.defer(keepLedger(vault));
		const election = startElection(vault, transport, pod);
		const { fingerprint, version } = keyring.current;
		log.info({ publicPort: listener.port, internalPort: internal.port, fingerprint, version }, 'listening');

		const code = await Promise.race([stopped.then(() => 0), election.failed.then(() => 1)]);
		log.info('stopping');
		state.isDraining = true;
		await election.end();
		await sleep(ROUTE_MS);
		state.isClosing = true;
		await sleep(SETTLE_MS);
		return code;
	},
};

/** On a volume it is closed last of all, when no call is left that could write to it. */
async function openAudit({ audit }: VaultConfig, pod: string, cleanup: AsyncDisposableStack): Promise<AuditLog> {
	if (audit === undefined) return createAuditLog(process.stdout);
	return cleanup.use(await openVolumeLog({ directory: audit.directory, pod, now: Date.now }));
}

/** Keeps the account in step with those of the other pods. @returns what ends it */
function keepLedger({ ledger }: Vault): () => void {
	void ledger.refresh();
	const timer = setInterval(() => void ledger.refresh(), LEDGER_MS);
	return () => clearInterval(timer);
}

type Pod = { name: string; namespace: string; ip: string };

type Election = {
	/** Resolves when this pod can no longer run for the lease: it must be started anew. */
	failed: Promise<void>;
	end(): Promise<void>;
};

/** Runs for the lease until told to end. */
function startElection({ config, state, log }: Vault, transport: Transport, pod: Pod): Election {
	const elector = createElector({
		transport,
		config: { namespace: pod.namespace, lease: config.lease },
		podName: pod.name,
		podIp: pod.ip,
		onChange: change => log.info(change, 'role'),
		onError: error => log.warn({ err: error }, 'election'),
	});
	state.role = elector.role;
	const stop = new AbortController();
	const failed = new Promise<void>(resolve => {
		elector.run(stop.signal).catch(error => {
			log.fatal({ err: error }, 'election failed');
			resolve();
		});
	});
	return {
		failed,
		/** Bounded: an API server that does not answer must not keep the requests in flight from ending well. */
		async end() {
			const released = elector.release().catch(error => log.warn({ err: error }, 'the lease was not released'));
			await Promise.race([released, sleep(RELEASE_MS, undefined, { ref: false })]);
			stop.abort();
		},
	};
}

function logAdoption({ state, log }: Vault, problem: string | undefined): void {
	if (problem === undefined) log.info({ generations: state.verifiers?.generations() }, 'tokens adopted');
	else log.error({ problem }, 'the new verifiers are broken; the last good ones stay in force');
}
