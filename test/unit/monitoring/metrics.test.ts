/** Rules, dashboard and documents of monitoring, held against the metrics that there are. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { checkout } from '../../cluster/paths.ts';
import { readDashboard } from '../../monitoring/dashboard.ts';
import { alertsOf, chart, type RuleGroup } from '../../monitoring/rules.ts';
import { operatorMetrics, seriesOf, vaultMetrics } from './registries.ts';

const docs = join(checkout, 'docs');
const { groups } = parse(await readFile(join(chart, 'monitoring', 'rules.yaml'), 'utf8')) as { groups: RuleGroup[] };
const alerts = alertsOf(groups);
const recorded = groups.flatMap(({ rules }) => rules.flatMap(rule => ('record' in rule ? [rule.record] : [])));
const metrics = [...(await vaultMetrics()), ...(await operatorMetrics())];
const known = new Set([...metrics.flatMap(seriesOf), ...recorded, 'up']);

/** Names that look like series of ours or of Prometheus's clients, without what stands between braces, brackets and quotes. */
const seriesIn = (expression: string): string[] =>
	expression
		.replaceAll(/\{[^}]*\}|\[[^\]]*\]|\b(by|on|without|ignoring)\s*\([^)]*\)/g, ' ')
		.match(/[a-z_][a-z0-9_]*(:[a-z0-9_]+)*/g)
		?.filter(word => word === 'up' || (/_|:/.test(word) && !FUNCTIONS.has(word))) ?? [];
const FUNCTIONS = new Set(['histogram_quantile', 'avg_over_time', 'predict_linear']);

describe('monitoring', () => {
	it('[MON-3] rules ask for series that a Vault or the operator has', () => {
		for (const { rules } of groups) {
			for (const { expr } of rules) {
				const asked = seriesIn(expr);
				assert.ok(asked.length > 0, expr);
				for (const name of asked) assert.ok(known.has(name), `${name} in ${expr}`);
			}
		}
	});

	it('[MON-3] panels ask for series that a Vault or the operator has', async () => {
		for (const { type, title, targets } of (await readDashboard()).panels) {
			assert.equal(targets.length > 0, type !== 'row', title);
			for (const { expr } of targets) {
				const asked = seriesIn(expr);
				assert.ok(asked.length > 0, title);
				for (const name of asked) assert.ok(known.has(name), `${name} in "${title}"`);
			}
		}
	});

	it('[MON-4] each alert has a runbook of its name, with what to look at and what to do, and there is no other', async () => {
		const files = (await readdir(join(docs, 'runbooks'))).sort();
		assert.deepEqual(files, alerts.map(({ alert }) => `${alert}.md`).sort());
		for (const file of files) {
			const text = await readFile(join(docs, 'runbooks', file), 'utf8');
			assert.ok(text.startsWith(`# ${file.slice(0, -3)}\n`), file);
			for (const heading of ['## Look', '## Mend']) assert.ok(text.includes(heading), `${heading} in ${file}`);
			assert.match(text, /```sh\n/, file);
		}
	});

	it('[MON-4] summary and description are sentences about a series by its labels', () => {
		for (const { alert, annotations, labels } of alerts) {
			assert.match(labels.severity, /^(critical|warning|info)$/, alert);
			if (alert.startsWith('Vault')) assert.match(annotations.summary, /\{\{ \$labels\.namespace \}\}\/\{\{ \$labels\.vault \}\}/, alert);
			assert.match(annotations.description, /\.$/, alert);
		}
	});

	it('[MON-5] docs/monitoring.md has each metric of ours with its help, each alert, and no other', async () => {
		const text = await readFile(join(docs, 'monitoring.md'), 'utf8');
		const told = [...text.matchAll(/^\| `((?:vault|runevault)_\w+)` \| (\w+) \| (.*) \|$/gm)].map(([, name, type, help]) => ({
			name,
			help,
			type,
		}));
		const own = metrics.filter(({ name }) => /^(vault|runevault)_/.test(name));
		assert.deepEqual(
			told,
			own.map(({ name, help, type }) => ({ name, help, type })),
		);
		const rows = [...text.matchAll(/^\| \[(\w+)\]\(runbooks\/(\w+)\.md\) \| (\w+) \|/gm)].map(([, name, file, severity]) => [
			name,
			file,
			severity,
		]);
		assert.deepEqual(
			rows,
			alerts.map(({ alert, labels }) => [alert, alert, labels.severity]),
		);
	});
});
