/** Metrics, alerts and the dashboard. */
export const monitoring = {
	'MON-1': 'The rules of the chart are taken by promtool without a complaint',
	'MON-2': 'Each alert fires by the series of its fault, alone or with those it goes with, and clears when the fault is over',
	'MON-3': 'Rules and panels ask for series that a Vault or the operator has',
	'MON-4': 'Each alert has a runbook of its name that says what to look at and what to do, and links to it',
	'MON-5': 'docs/monitoring.md has every metric of ours and every alert, and no other',
	'MON-6': 'A real Prometheus has an answer with values for every query of the dashboard',
	'MON-7':
		'Values change or leave out an alert by its name, a name that is none is refused, and nothing for the Prometheus Operator is made unless asked for',
	'MON-8': 'The dashboard is drawn from what Prometheus answered',
	'OPR-160': 'The operator tells each condition of each RuneVault as one series, and none of what it no longer knows',
	'OPR-161': 'spec.monitoring gives a Vault a ServiceMonitor of its own, leaves it to the shared one, or keeps Prometheus out',
	'OPR-162': 'Series of pods carry the name of their vault and the job that the rules ask for',
	'CLU-50': 'A real Prometheus finds every pod and the operator by their ServiceMonitors, over TLS, and takes every rule',
	'CLU-51': 'VaultDown and VaultNoStandby fire when a standby hangs, and clear when it goes on',
	'CLU-52': 'VaultErrorRateHigh and VaultErrorRateCritical fire while decryptions fail, and clear after',
	'CLU-53': 'VaultGuardRejections fires when a made-up result comes, and clears after',
	'CLU-54': 'VaultTokenOverdue fires when a token is not rotated in time, and clears when it is',
} as const;
