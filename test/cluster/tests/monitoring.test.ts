/** The real Prometheus Operator and Prometheus: it finds the pods, and alerts fire by the fault they name and clear when it is over. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Vault } from '../../../client/vault.ts';
import { findTarget } from '../../demo/target.ts';
import { containerOf, signal } from '../../install/crash.ts';
import {
	applyManifest,
	connect,
	createNamespace,
	installOperator,
	manifest,
	OPERATOR_NAMESPACE,
	primaryOf,
	reachVault,
	type Target,
	tokenOf,
	waitFor,
} from '../../install/installation.ts';
import type { Reach } from '../../install/reach.ts';
import { until } from '../../install/run.ts';
import { answerPanels, readDashboard } from '../../monitoring/dashboard.ts';
import type { Prometheus } from '../../monitoring/prometheus.ts';
import { alertsOf, renderRules } from '../../monitoring/rules.ts';
import { installStack, type Stack } from '../../monitoring/stack.ts';
import { checkout } from '../paths.ts';

const suffix = randomBytes(3).toString('hex');
const namespace = `watched-${suffix}`;
const acme = { namespace, name: 'acme' };
/** Its token is to be rotated each minute, and the operator is kept from it. It is scraped by the shared ServiceMonitor. */
const late = { namespace, name: 'late' };

/** What makes alerts quick: what they wait for is shortened, and what they say is theirs. */
const quick: Record<string, string> = {
	'monitoring.operator.enabled': 'true',
	'monitoring.shared.enabled': 'true',
	'monitoring.rules.enabled': 'true',
	'monitoring.rules.window': '15s',
	'monitoring.dashboard.enabled': 'true',
	...Object.fromEntries(
		['VaultDown', 'VaultErrorRateHigh', 'VaultErrorRateCritical', 'VaultNoStandby', 'VaultTokenOverdue'].map(alert => [
			`monitoring.rules.overrides.${alert}.for`,
			'1s',
		]),
	),
};

describe('a Prometheus that watches RuneVaults', () => {
	let target: Target;
	let stack: Stack;
	let prometheus: Prometheus;
	let reach: Reach;
	let client: Vault;
	/** Seconds since 1970, when all was there. */
	let started: number;

	const isFiring = async (name: string, vault: string) =>
		(await prometheus.alerts()).some(
			({ state, labels }) => state === 'firing' && labels.alertname === name && labels.vault === vault && labels.namespace === namespace,
		);
	const fires = (name: string, vault = 'acme', timeoutMs = 90_000) => until(`${name} fires`, () => isFiring(name, vault), timeoutMs, 250);
	const clears = (name: string, vault = 'acme') => until(`${name} clears`, async () => !(await isFiring(name, vault)), 90_000, 250);
	const upTargets = async () => (await prometheus.targets()).filter(({ health }) => health === 'up');
	/** What a client gets for a blob, for the counters alone. */
	const send = (blob: Uint8Array) => client.decryptScores(blob, 1).catch(() => undefined);

	before(async () => {
		target = await findTarget(process.env);
		stack = await installStack(target, `prometheus-${suffix}`);
		await installOperator(target, quick);
		await createNamespace(target.kubectl, namespace);
		const tokens = [{ name: 'team', role: 'Member', rotateEvery: '1m' }];
		const monitoring = { serviceMonitor: 'Shared' };
		await applyManifest(target.kubectl, manifest(late, { replicas: 1, access: { tokens }, monitoring }));
		await applyManifest(target.kubectl, manifest(acme, { replicas: 2, keys: { dimension: 1024 }, failover: { probePeriod: '1s' } }));
		await waitFor(target.kubectl, late, 'Ready');
		await target.kubectl(['annotate', 'runevault', late.name, '-n', namespace, 'runevault.io/paused=reconcile']);
		await waitFor(target.kubectl, acme, 'Ready');
		await waitFor(target.kubectl, acme, 'StandbyReady');
		for (const monitor of ['acme', 'runevault-vaults']) {
			await until(`ServiceMonitor ${monitor}`, () =>
				target.kubectl(['get', 'servicemonitor', '-A', '-o', 'name']).then(names => names.includes(`/${monitor}\n`)),
			);
		}
		prometheus = await stack.startPrometheus();
		started = Date.now() / 1000;
		reach = await reachVault(target, acme);
		client = await connect(acme, reach, await tokenOf(target.kubectl, acme), { retries: 5 });
	});

	after(async () => {
		await client?.close();
		await reach?.close();
		if (target === undefined) return;
		await installOperator(target);
		await target.kubectl(['delete', 'namespace', namespace, '--wait=false', '--ignore-not-found']);
		await stack?.remove();
	});

	it('[CLU-50] finds every pod, by TLS with the authority of the vault or by the shared ServiceMonitor, and takes every rule', async () => {
		const expected = ['acme acme-0', 'acme acme-1', 'late late-0'];
		const looked = async () => {
			const found = (await upTargets()).filter(({ labels }) => labels.job === 'runevault-vault' && labels.namespace === namespace);
			return found.length === expected.length && found;
		};
		const pods = await until('all pods up', looked, 60_000, 1_000);
		assert.deepEqual(pods.map(({ labels }) => `${labels.vault} ${labels.pod}`).sort(), expected);
		for (const { scrapeUrl } of pods) assert.match(scrapeUrl, /^https:.*:9443\/metrics$/);
		await until('the operator up', async () => (await upTargets()).filter(({ labels }) => labels.job === 'runevault').length === 2);
		const names = alertsOf(await renderRules({})).map(({ alert }) => alert);
		const rules = await until('rules that were evaluated', async () => {
			const found = await prometheus.rules();
			return names.every(name => found.some(rule => rule.name === name)) && found.every(({ health }) => health !== 'unknown') && found;
		});
		assert.deepEqual(
			rules.filter(({ health }) => health !== 'ok'),
			[],
		);
		const events = await target.kubectl(['get', 'events', '-A', '-o', 'json']);
		assert.doesNotMatch(events, /InvalidConfiguration/);
	});

	it('[CLU-51] tells that a pod is down and that no standby is left, when it hangs', async () => {
		const primary = await primaryOf(target.kubectl, acme);
		const standby = primary === 'acme-0' ? 'acme-1' : 'acme-0';
		const container = await containerOf(target.kubectl, acme, standby);
		await signal(container, 'SIGSTOP');
		try {
			await Promise.all([fires('VaultDown'), fires('VaultNoStandby')]);
			const down = (await prometheus.alerts()).find(({ labels }) => labels.alertname === 'VaultDown');
			assert.equal(down?.labels.pod, standby);
			assert.equal(down?.annotations.summary, `A pod of Vault ${namespace}/acme is down`);
		} finally {
			await signal(container, 'SIGCONT').catch(() => undefined);
		}
		await Promise.all([clears('VaultDown'), clears('VaultNoStandby')]);
	});

	it('[CLU-52] tells that decryptions fail, while blobs come that are none', async () => {
		const isBusy = { now: true };
		const calls = (async () => {
			while (isBusy.now) await send(Buffer.from('no score')).then(() => new Promise(resolve => setTimeout(resolve, 200)));
		})();
		try {
			await Promise.all([fires('VaultErrorRateHigh'), fires('VaultErrorRateCritical')]);
		} finally {
			isBusy.now = false;
			await calls;
		}
		await Promise.all([clears('VaultErrorRateHigh'), clears('VaultErrorRateCritical')]);
	});

	it('[CLU-53] tells of a result that was made up, by its guard rows', async () => {
		await send(await readFile(new URL('../../vectors/envector/score-single.pb', import.meta.url)));
		await fires('VaultGuardRejections');
		await clears('VaultGuardRejections');
	});

	it('[CLU-54] tells that a token was not rotated in time, until it is', async () => {
		await fires('VaultTokenOverdue', 'late', 180_000);
		await target.kubectl(['annotate', 'runevault', late.name, '-n', namespace, 'runevault.io/paused-']);
		await clears('VaultTokenOverdue', 'late');
	});

	it('[MON-6] answers every query of the dashboard', async () => {
		const [name] = (await target.kubectl(['get', 'configmap', '-n', OPERATOR_NAMESPACE, '-l', 'grafana_dashboard=1', '-o', 'name'])).split(
			'\n',
		);
		assert.equal(name, 'configmap/runevault-dashboard');
		const dashboard = await readDashboard();
		const drawn = await answerPanels(dashboard, prometheus, { vault: 'acme', namespace, start: started, end: Date.now() / 1000 });
		const reports = join(checkout, 'build', 'reports');
		await mkdir(reports, { recursive: true });
		await writeFile(join(reports, 'dashboard.json'), `${JSON.stringify(drawn)}\n`);
		assert.deepEqual(
			drawn.panels.filter(({ series }) => series.length === 0).map(({ title }) => title),
			[],
		);
	});
});
