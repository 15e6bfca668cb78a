/**
 * The parts one running Vault is made of. `serve`, `dev` and the tests each put one together; everything below HTTP takes it as a
 * parameter, so nothing is global and several may live in one process.
 */
import type { AuditLog } from './audit/log.ts';
import type { Buckets } from './auth/bucket.ts';
import { createBuckets } from './auth/bucket.ts';
import type { Lockout } from './auth/lockout.ts';
import { createLockout } from './auth/lockout.ts';
import type { VaultConfig } from './config.ts';
import { createLedger, type RunningLedger } from './ledger/ledger.ts';
import { type LedgerStore, memoryStore } from './ledger/store.ts';
import type { Log } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { newState, type VaultState } from './state.ts';
import { createTools, type Tools } from './tools/index.ts';
import type { Tracing } from './tracing/otlp.ts';

export type Vault = {
	readonly config: VaultConfig;
	readonly state: VaultState;
	readonly metrics: Metrics;
	readonly lockout: Lockout;
	readonly buckets: Buckets;
	readonly audit: AuditLog;
	readonly ledger: RunningLedger;
	readonly tools: Tools;
	readonly log: Log;
	/** Absent when calls are not traced. */
	readonly tracing?: Tracing;
	/** Host names of this pod beside those of the configuration. */
	readonly ownHosts: readonly string[];
	readonly now: () => number;
};

export type VaultOptions = {
	config: VaultConfig;
	log: Log;
	audit: AuditLog;
	/** Where the account of released bits is kept; in memory when left out. */
	ledgerStore?: LedgerStore;
	podIp?: string;
	tracing?: Tracing | undefined;
	now?: () => number;
};

/** A Vault without keys and verifiers: those are put into `state` when they are loaded. */
export function createVault({ config, log, audit, ledgerStore = memoryStore(), podIp, tracing, now = Date.now }: VaultOptions): Vault {
	const state = newState();
	let told: string | undefined;
	audit.watch(problem => {
		state.isAuditBroken = problem !== undefined;
		if (problem === told) return;
		told = problem;
		if (problem !== undefined) log.error({ problem }, 'the audit log takes no records; calls are refused');
		else log.info('the audit log takes records again');
	});
	const ledger = createLedger({
		store: ledgerStore,
		limits: config.protection.releasedBits,
		onReach(error) {
			if (error === undefined) log.info('the account of released bits is reached again');
			else log.warn({ err: error }, 'the account of released bits is not reached');
		},
	});
	return {
		config,
		state,
		metrics: createMetrics({ state, audit, ledger, limits: config.protection.releasedBits }),
		lockout: createLockout({ limit: config.limits.failedAuthPerMinute, now }),
		buckets: createBuckets({ perMinute: config.limits.callsPerMinute, now }),
		audit,
		ledger,
		tools: createTools(config, now),
		log,
		...(tracing === undefined ? {} : { tracing }),
		ownHosts: ['localhost', '127.0.0.1', '[::1]', ...(podIp === undefined ? [] : [podIp.includes(':') ? `[${podIp}]` : podIp])],
		now,
	};
}
