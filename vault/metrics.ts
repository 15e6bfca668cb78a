/**
 * What `/metrics` says. Names of the seed are kept exactly; every label has a closed set of values, and each series starts at zero, so
 * that a rate over a Vault that was never called is 0 and not "no data".
 */
import { totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry, Summary } from 'prom-client';
import type { AuditLog } from './audit/log.ts';
import type { VaultConfig } from './config.ts';
import type { Ledger } from './ledger/define.ts';
import type { VaultState } from './state.ts';
import { isReady, roleOf } from './state.ts';

const decryptTools = ['decrypt_scores', 'decrypt_metadata'] as const;
const toolStatuses = ['success', 'denied', 'error'] as const;
const authFailures = ['missing', 'malformed', 'unknown', 'expired'] as const;
const answers = ['2xx', '3xx', '4xx', '5xx'] as const;

export type AuthFailure = (typeof authFailures)[number];
export type DecryptTool = (typeof decryptTools)[number];

export type Metrics = {
	registry: Registry;
	authAttempt(failure: AuthFailure | undefined): void;
	lockedOut(): void;
	rateLimited(): void;
	decryption(tool: DecryptTool, status: (typeof toolStatuses)[number], seconds: number): void;
	answered(status: number): void;
	inflight(change: 1 | -1): void;
	auditFailure(): void;
};

/** Where metrics are read from when they are scraped. */
export type MetricSources = {
	state: VaultState;
	audit: AuditLog;
	ledger: Ledger;
	limits: Pick<VaultConfig['protection']['releasedBits'], 'limitPerKey'>;
};

/** A registry of its own, so that two Vaults may live in one process. @param memoryLimitBytes of the pod, if it has one */
export function createMetrics({ state, audit, ledger, limits }: MetricSources, memoryLimitBytes = memoryLimit()): Metrics {
	const registry = new Registry();
	const registers = [registry];
	collectDefaultMetrics({ register: registry });

	const requests = new Counter({
		name: 'vault_decryption_requests_total',
		help: 'Decryption calls, by tool and outcome',
		labelNames: ['tool', 'status'],
		registers,
	});
	const errors = new Counter({
		name: 'vault_decryption_errors_total',
		help: 'Decryption calls that failed (refused ones are not errors)',
		labelNames: ['tool'],
		registers,
	});
	const latency = new Summary({
		name: 'vault_decryption_latency_seconds',
		help: 'Time to serve a decryption call',
		labelNames: ['tool'],
		percentiles: [0.5, 0.95, 0.99],
		maxAgeSeconds: 600,
		ageBuckets: 5,
		registers,
	});
	const duration = new Histogram({
		name: 'vault_decryption_duration_seconds',
		help: 'Time to serve a decryption call, to be aggregated over pods',
		labelNames: ['tool'],
		buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5],
		registers,
	});
	const attempts = new Counter({ name: 'vault_auth_attempts_total', help: 'Requests that had to show a token', registers });
	const failures = new Counter({
		name: 'vault_auth_failures_total',
		help: 'Requests without a valid token',
		labelNames: ['reason'],
		registers,
	});
	const lockouts = new Counter({ name: 'vault_auth_lockouts_total', help: 'Failed attempts from a locked address', registers });
	const limited = new Counter({ name: 'vault_rate_limited_total', help: 'Calls over the limit of their token', registers });
	const responses = new Counter({
		name: 'vault_http_responses_total',
		help: 'Answers of the public listener',
		labelNames: ['code'],
		registers,
	});
	const auditFailures = new Counter({ name: 'vault_audit_failures_total', help: 'Records that could not be written', registers });
	const inflight = new Gauge({ name: 'vault_inflight', help: 'Requests being served', registers });

	for (const tool of decryptTools) {
		for (const status of toolStatuses) requests.inc({ tool, status }, 0);
		errors.inc({ tool }, 0);
		duration.zero({ tool });
	}
	for (const reason of authFailures) failures.inc({ reason }, 0);
	for (const code of answers) responses.inc({ code }, 0);
	registerStateGauges(state, memoryLimitBytes, registers);
	registerAuditMetrics(audit, registers);
	registerLedgerMetrics({ state, ledger, limits }, registers);

	return {
		registry,
		authAttempt(failure) {
			attempts.inc();
			if (failure !== undefined) failures.inc({ reason: failure });
		},
		lockedOut: () => lockouts.inc(),
		rateLimited: () => limited.inc(),
		decryption(tool, status, seconds) {
			requests.inc({ tool, status });
			if (status === 'error') errors.inc({ tool });
			latency.observe({ tool }, seconds);
			duration.observe({ tool }, seconds);
		},
		answered(status) {
			responses.inc({ code: answers[Math.min(Math.max(Math.floor(status / 100), 2), 5) - 2] ?? '5xx' });
		},
		inflight: change => inflight.inc(change),
		auditFailure: () => auditFailures.inc(),
	};
}

/** Gauges whose value is read when they are scraped. */
function registerStateGauges(state: VaultState, memoryLimitBytes: number | undefined, registers: Registry[]): void {
	const gauge = <L extends string>(name: string, help: string, labelNames: L[], collect: (gauge: Gauge<L>) => void) =>
		new Gauge<L>({
			name,
			help,
			labelNames,
			registers,
			collect() {
				collect(this);
			},
		});

	gauge('vault_uptime_seconds', 'Time since the process started', [], g => g.set(process.uptime()));
	gauge('vault_memory_usage_bytes', 'Resident memory', [], g => g.set(process.memoryUsage.rss()));
	if (memoryLimitBytes !== undefined) gauge('vault_memory_limit_bytes', 'Memory the pod may take', [], g => g.set(memoryLimitBytes));
	const readCpu = cpuMeter();
	gauge('vault_cpu_usage_percent', 'CPU time since the last scrape, of one core', [], g => g.set(readCpu()));
	gauge('vault_role', '1 for the role this pod has now', ['role'], g => {
		const current = roleOf(state).role;
		for (const role of ['primary', 'standby']) g.set({ role }, role === current ? 1 : 0);
	});
	gauge('vault_epoch', 'Fencing epoch: how often the lease changed hands', [], g => g.set(roleOf(state).epoch));
	gauge('vault_key_info', 'The key in force, in its labels', ['version', 'fingerprint'], g => {
		g.reset();
		const key = state.keyring?.current;
		if (key !== undefined) g.set({ version: String(key.version), fingerprint: key.fingerprint }, 1);
	});
	gauge('vault_token_generation', 'Newest generation adopted, by token name', ['name'], g => {
		g.reset();
		for (const [name, generation] of Object.entries(state.verifiers?.generations() ?? {})) g.set({ name }, generation);
	});
	gauge('vault_certificate_expiry_seconds', 'Time until the certificate of a listener expires', ['listener'], g => {
		g.reset();
		for (const [listener, certificate] of Object.entries(state.certificates)) {
			g.set({ listener }, (certificate.facts().expiresAt.getTime() - Date.now()) / 1000);
		}
	});
	gauge('vault_ready', '1 when this pod answers calls', [], g => g.set(isReady(state) ? 1 : 0));
}

/** A counter that somebody else counts. */
function countedElsewhere(registers: Registry[], name: string, help: string, read: () => number): void {
	new Counter({
		name,
		help,
		registers,
		collect() {
			this.reset();
			this.inc(read());
		},
	});
}

function registerLedgerMetrics({ state, ledger, limits }: Pick<MetricSources, 'state' | 'ledger' | 'limits'>, registers: Registry[]): void {
	const { totals } = ledger;
	countedElsewhere(
		registers,
		'vault_released_bits_total',
		'Bits of keys that answers of this pod may have given away',
		() => totals.released,
	);
	countedElsewhere(registers, 'vault_guard_rejections_total', 'Results refused for their guard rows', () => totals.guardRejections);
	countedElsewhere(
		registers,
		'vault_ledger_failures_total',
		'Attempts to reach the account of released bits that failed',
		() => totals.failures,
	);
	new Gauge({
		name: 'vault_key_released_bits',
		help: 'Bits of the key in force that are on account, by all pods',
		registers,
		collect() {
			const key = state.keyring?.current;
			this.set(key === undefined ? 0 : totals.account(key));
		},
	});
	new Gauge({ name: 'vault_key_released_bits_limit', help: 'Bits of a key that may be given away', registers }).set(limits.limitPerKey);
}

/** The log counts by itself; free space is that of the volume, and there is no such series without one. */
function registerAuditMetrics(audit: AuditLog, registers: Registry[]): void {
	countedElsewhere(registers, 'vault_audit_lines_total', 'Audit records written', () => audit.written.lines);
	countedElsewhere(registers, 'vault_audit_bytes_total', 'Bytes of audit records written', () => audit.written.bytes);
	if (audit.freeBytes === undefined) return;
	new Gauge({
		name: 'vault_audit_volume_free_bytes',
		help: 'Free space of the audit volume; when it is used up, calls are refused',
		registers,
		async collect() {
			// A volume that fails or hangs must not cost the other metrics: the series has no value then.
			const unknown = sleep(1000, Number.NaN, { ref: false });
			this.set((await Promise.race([audit.freeBytes?.().catch(() => Number.NaN), unknown])) ?? Number.NaN);
		},
	});
}

/** What the container's control group allows; undefined when it allows all there is. */
function memoryLimit(total = totalmem(), allowed = process.constrainedMemory()): number | undefined {
	return allowed > 0 && allowed < total ? allowed : undefined;
}

function cpuMeter(): () => number {
	let usage = process.cpuUsage();
	let at = performance.now();
	return () => {
		const spent = process.cpuUsage(usage);
		const elapsed = performance.now() - at;
		usage = process.cpuUsage();
		at = performance.now();
		return elapsed > 0 ? (100 * (spent.user + spent.system)) / 1000 / elapsed : 0;
	};
}
