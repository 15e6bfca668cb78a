/** The alerts as the chart renders them, held against Prometheus's own promtool: each fires by the series of its fault, alone, and clears. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { stringify } from 'yaml';
import { program } from '../../cluster/paths.ts';
import { run } from '../../install/run.ts';
import { alertsOf, type RuleGroup, renderRules } from '../../monitoring/rules.ts';
import { always, type Scenario, scenarios } from './scenarios.ts';

const promtool = (...args: string[]) => run(program('prometheus', 'promtool'), args);

/** Which alerts fire, at a minute. */
const firing = (minute: number, alerts: readonly string[]) => ({
	expr: 'group by (alertname) (ALERTS{alertstate="firing"})',
	eval_time: `${minute}m`,
	exp_samples: alerts.map(alertname => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
});

const testOf = ({ alert, series, fires, clears, also = [] }: Scenario) => ({
	interval: '1m',
	input_series: Object.entries({ ...always, ...series }).map(([name, values]) => ({ series: name, values })),
	promql_expr_test: [firing(fires, [alert, ...also]), firing(clears, [])],
});

describe('alerts', () => {
	let directory: string;
	let groups: RuleGroup[];

	before(async () => {
		groups = await renderRules({});
		directory = await mkdtemp(join(tmpdir(), 'alerts-'));
		await writeFile(join(directory, 'rules.yaml'), stringify({ groups }));
	});
	after(() => rm(directory, { recursive: true, force: true }));

	it('[MON-1] are rules without a complaint of promtool', async () => {
		assert.match(await promtool('check', 'rules', '--lint=all', '--lint-fatal', join(directory, 'rules.yaml')), /SUCCESS/);
	});

	it('[MON-2] have a scenario each', () => {
		const names = alertsOf(groups).map(({ alert }) => alert);
		assert.deepEqual(names.toSorted(), [...new Set(scenarios.map(({ alert }) => alert))].toSorted());
	});

	for (const scenario of scenarios) {
		it(`[MON-2] ${scenario.alert}${scenario.case ? `, ${scenario.case}` : ''}: fires and clears`, async () => {
			const file = join(directory, `${scenario.alert}-${scenario.fires}.yaml`);
			await writeFile(file, stringify({ rule_files: ['rules.yaml'], evaluation_interval: '1m', tests: [testOf(scenario)] }));
			await promtool('test', 'rules', file).catch(async error => {
				throw new Error(String(error).slice(0, 2000), { cause: error });
			});
		});
	}
});
