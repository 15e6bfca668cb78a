/** What the values of the chart make of monitoring. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alertsOf, renderRules, renderTemplate } from '../../monitoring/rules.ts';

const named = async (rules: object, name: string) => alertsOf(await renderRules(rules)).find(({ alert }) => alert === name);
const monitors = (values: object) => renderTemplate('service-monitor.yaml', values) as Promise<{ spec: Record<string, unknown> }[]>;

describe('monitoring.* of the chart', () => {
	it('[MON-7] makes nothing unless asked for', async () => {
		for (const template of ['prometheus-rule.yaml', 'service-monitor.yaml', 'dashboard.yaml'])
			await assert.rejects(renderTemplate(template, {}), /could not find template/, template);
	});

	it('[MON-7] changes an alert by its name, or leaves it out', async () => {
		const overrides = { VaultDown: { for: '10m', severity: 'page', expr: 'up == 2' }, VaultCpuHigh: { enabled: false } };
		const changed = await named({ overrides }, 'VaultDown');
		assert.deepEqual([changed?.for, changed?.labels.severity, changed?.expr], ['10m', 'page', 'up == 2']);
		assert.equal(await named({ overrides }, 'VaultCpuHigh'), undefined);
		assert.ok(await named({}, 'VaultCpuHigh'));
	});

	it('[MON-7] refuses a name that is none, and a span that is none', async () => {
		await assert.rejects(
			renderRules({ overrides: { VaultUp: { for: '1m' } } }),
			/monitoring\.rules\.overrides\.VaultUp: there is no such alert/,
		);
		await assert.rejects(renderRules({ window: 'long' }), /monitoring\/rules\/window|monitoring\.rules\.window/);
	});

	it('[MON-7] takes rates over the span that is asked for', async () => {
		assert.match((await named({ window: '2m' }, 'VaultGuardRejections'))?.expr ?? '', /\[2m\]/);
	});

	it('[MON-4] links each alert to its runbook, where the pages are published', async () => {
		for (const { alert, annotations } of alertsOf(await renderRules({})))
			assert.equal(annotations.runbook_url, `docs/runbooks/${alert}.md`);
		assert.equal(
			(await named({ runbooks: 'https://docs.example.com/r' }, 'VaultDown'))?.annotations.runbook_url,
			'https://docs.example.com/r/VaultDown.md',
		);
	});

	it('[MON-7] has one ServiceMonitor for all Vaults of the namespaces that are watched', async () => {
		const shared = { monitoring: { shared: { enabled: true } } };
		const [everywhere] = await monitors(shared);
		assert.deepEqual(everywhere?.spec.namespaceSelector, { any: true });
		const [here] = await monitors({ ...shared, watchNamespaces: ['rune'] });
		assert.deepEqual(here?.spec.namespaceSelector, { matchNames: ['rune'] });
	});

	it('[MON-7] puts the dashboard into a ConfigMap under the label of the sidecar', async () => {
		const [map] = (await renderTemplate('dashboard.yaml', { monitoring: { dashboard: { enabled: true, label: 'dash' } } })) as {
			metadata: { labels: Record<string, string> };
			data: Record<string, string>;
		}[];
		assert.equal(map?.metadata.labels.dash, '1');
		assert.equal(JSON.parse(map?.data['runevault.json'] ?? '').title, 'RuneVault');
	});
});
