/**
 * For each alert, series that make it fire and clear again, in promtool's notation: a sample a minute, `1x4` is five ones, `0+60x20` rises
 * by 60 a minute from 0, `stale` ends a series.
 */
export type Scenario = {
	readonly alert: string;
	readonly case?: string;
	readonly series: Readonly<Record<string, string>>;
	/** Minutes after the start at which it fires, and at which it does no more. */
	readonly fires: number;
	readonly clears: number;
	/** Others that fire with it. */
	readonly also?: readonly string[];
};

const ofVault = 'namespace="rune",vault="acme"';
const ofPod = `${ofVault},pod="acme-0",job="runevault-vault"`;
const ofOperator = 'namespace="runevault-system",pod="operator-0"';
const LEADER = `leader_election_master_status{name="runevault",${ofOperator}}`;
const RECONCILES = `controller_runtime_reconcile_total{controller="runevault",result="success",${ofOperator}}`;
const pod = (name: string, labels = '') => `${name}{${labels}${ofPod}}`;
const condition = (type: string, reason: string) => `runevault_condition{condition="${type}",reason="${reason}",${ofVault}}`;
const CALLS = pod('vault_decryption_requests_total', 'tool="decrypt_scores",status="success",');
const ERRORS = pod('vault_decryption_errors_total', 'tool="decrypt_scores",');
const took = (seconds: string) => pod('vault_decryption_duration_seconds_bucket', `tool="decrypt_scores",le="${seconds}",`);
const EPOCH = `runevault_primary_epoch{${ofVault}}`;
const BITS = pod('vault_key_released_bits');
const LIMIT = pod('vault_key_released_bits_limit');
const CERTIFICATE = pod('vault_certificate_expiry_seconds', 'listener="public",');
const FREE = pod('vault_audit_volume_free_bytes');

/** There in each scenario that does not say otherwise: an operator leads. */
export const always: Scenario['series'] = { [LEADER]: '1x500' };

export const scenarios: readonly Scenario[] = [
	{ alert: 'VaultDown', series: { [pod('up')]: '1x4 0x5 1x20' }, fires: 8, clears: 15 },
	{ alert: 'VaultNotReady', series: { [`runevault_ready{${ofVault}}`]: '1x4 0x9 1x20' }, fires: 10, clears: 20 },
	{ alert: 'VaultErrorRateHigh', series: { [CALLS]: '0+60x60', [ERRORS]: '0x4 0+2x20 40x40' }, fires: 20, clears: 40 },
	{
		alert: 'VaultErrorRateCritical',
		series: { [CALLS]: '0+60x60', [ERRORS]: '0x4 0+6x20 120x40' },
		fires: 20,
		clears: 40,
		also: ['VaultErrorRateHigh'],
	},
	{
		alert: 'VaultLatencyHigh',
		series: { [took('0.2')]: '0x25 0+60x40', [took('0.5')]: '0+60x66', [took('+Inf')]: '0+60x66' },
		fires: 15,
		clears: 45,
	},
	{
		alert: 'VaultLatencyCritical',
		series: { [took('0.2')]: '0x25 0+60x40', [took('0.5')]: '0x25 0+60x40', [took('1')]: '0+60x66', [took('+Inf')]: '0+60x66' },
		fires: 15,
		clears: 45,
		also: ['VaultLatencyHigh'],
	},
	{ alert: 'VaultQuerySpike', series: { [CALLS]: '0+6x180 1080+600x30 19080+6x60' }, fires: 200, clears: 240 },
	{ alert: 'VaultCpuHigh', series: { [pod('process_cpu_seconds_total')]: '0+54x30 1620+6x40' }, fires: 20, clears: 45 },
	{
		alert: 'VaultMemoryHigh',
		series: { [pod('vault_memory_usage_bytes')]: '100x4 900x20 100x20', [pod('vault_memory_limit_bytes')]: '1000x50' },
		fires: 20,
		clears: 30,
	},
	{
		alert: 'VaultNoStandby',
		series: {
			[condition('StandbyReady', 'Standing')]: '1x4 stale _x14 1x30',
			[condition('StandbyReady', 'NoStandby')]: '_x5 0x14 stale',
		},
		fires: 14,
		clears: 30,
	},
	{ alert: 'VaultFailedOver', series: { [EPOCH]: '1x4 2x40' }, fires: 8, clears: 20 },
	{ alert: 'VaultPrimaryUnstable', series: { [EPOCH]: '1 2 3 4 5 6 6x60' }, fires: 8, clears: 45, also: ['VaultFailedOver'] },
	{ alert: 'VaultDegraded', series: { [condition('Degraded', 'PodsNotReady')]: '1x20 stale' }, fires: 12, clears: 25 },
	{ alert: 'VaultKeysNotLoaded', series: { [condition('KeysLoaded', 'KeysMissing')]: '0x10 stale' }, fires: 5, clears: 15 },
	{ alert: 'VaultGuardRejections', series: { [pod('vault_guard_rejections_total')]: '0x4 1x30' }, fires: 7, clears: 15 },
	{ alert: 'VaultTokenLocked', series: { [condition('Protected', 'TokenLocked')]: '0x10 stale' }, fires: 5, clears: 15 },
	{ alert: 'VaultReleasedBitsHigh', series: { [BITS]: '2500x20 100x20', [LIMIT]: '3000x60' }, fires: 10, clears: 30 },
	{
		alert: 'VaultReleasedBitsSpent',
		series: { [BITS]: '3000x20 0x20', [LIMIT]: '3000x60' },
		fires: 10,
		clears: 30,
		also: ['VaultReleasedBitsHigh'],
	},
	{ alert: 'VaultLedgerFailing', series: { [pod('vault_ledger_failures_total')]: '0+1x30 30x30' }, fires: 15, clears: 45 },
	{
		alert: 'VaultAuthFailures',
		series: { [pod('vault_auth_failures_total', 'reason="unknown",')]: '0+60x20 1200x30' },
		fires: 10,
		clears: 40,
	},
	{ alert: 'VaultTokenOverdue', series: { [condition('TokensCurrent', 'RotationOverdue')]: '0x10 stale' }, fires: 8, clears: 15 },
	{ alert: 'VaultBackupStale', series: { [condition('BackupCurrent', 'Stale')]: '0x30 stale' }, fires: 20, clears: 40 },
	{ alert: 'VaultCertificateExpiry', series: { [CERTIFICATE]: '500000x80 7000000x20' }, fires: 70, clears: 90 },
	{ alert: 'VaultCertificateExpiryCritical', series: { [CERTIFICATE]: '80000x10 7000000x10' }, fires: 5, clears: 15 },
	{ alert: 'VaultAuditFailing', series: { [pod('vault_audit_failures_total')]: '0x4 3x30' }, fires: 7, clears: 15 },
	{ alert: 'VaultAuditVolumeFilling', case: 'little left', series: { [FREE]: '100000000x30 10000000000x30' }, fires: 20, clears: 40 },
	{
		alert: 'VaultAuditVolumeFilling',
		case: 'full within a day',
		series: { [FREE]: '10000000000-50000000x40 10000000000x400' },
		fires: 30,
		clears: 420,
	},
	{ alert: 'RuneVaultOperatorDown', series: { [LEADER]: '1x4 0x10 1x20' }, fires: 9, clears: 20 },
	{
		alert: 'RuneVaultOperatorErrors',
		series: {
			[RECONCILES]: '0+60x60',
			[`controller_runtime_reconcile_errors_total{controller="runevault",${ofOperator}}`]: '0+30x20 600x40',
		},
		fires: 14,
		clears: 40,
	},
	{
		alert: 'RuneVaultOperatorStuck',
		series: { [RECONCILES]: '50x20 50+10x20', [`workqueue_depth{name="runevault",${ofOperator}}`]: '3x20 0x20' },
		fires: 10,
		clears: 30,
	},
];
