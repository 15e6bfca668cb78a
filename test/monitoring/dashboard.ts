/** The dashboard of the chart: its panels, and what a Prometheus answers to their queries. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Prometheus, Series } from './prometheus.ts';
import { chart } from './rules.ts';

const querySchema = z.object({ expr: z.string(), legendFormat: z.string().optional() });
const panelSchema = z.object({
	type: z.enum(['timeseries', 'stat', 'row']),
	title: z.string(),
	description: z.string().optional(),
	targets: z.array(querySchema).default([]),
	fieldConfig: z.object({ defaults: z.object({ unit: z.string().optional() }) }).optional(),
});
const dashboardSchema = z.object({ title: z.string(), uid: z.string(), panels: z.array(panelSchema) });

export type Dashboard = z.infer<typeof dashboardSchema>;
export type AnsweredPanel = { title: string; unit: string; series: { name: string; points: [number, number][] }[] };
export type Answered = { title: string; start: number; end: number; panels: AnsweredPanel[] };

export async function readDashboard(): Promise<Dashboard> {
	return dashboardSchema.parse(JSON.parse(await readFile(join(chart, 'monitoring', 'dashboard.json'), 'utf8')));
}

/** A query as Grafana sends it: with its variables filled in. */
const fillIn = (expression: string, { namespace, vault, window }: { namespace: string; vault: string; window: string }): string =>
	expression.replaceAll('$namespace', namespace).replaceAll('$vault', vault).replaceAll('$__rate_interval', window);

const nameOf = (labels: Series['labels'], format: string | undefined): string =>
	(format ?? '').replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? '');

/** Asks the query of every panel over a span of seconds since 1970. */
export async function answerPanels(
	dashboard: Dashboard,
	prometheus: Prometheus,
	{ namespace, vault, start, end }: { namespace: string; vault: string; start: number; end: number },
): Promise<Answered> {
	const step = Math.max(1, Math.round((end - start) / 200));
	const panels: AnsweredPanel[] = [];
	for (const { type, title, targets, fieldConfig } of dashboard.panels) {
		if (type === 'row') continue;
		const series: AnsweredPanel['series'] = [];
		for (const { expr, legendFormat } of targets) {
			const answer = await prometheus.queryRange(fillIn(expr, { namespace, vault, window: '15s' }), start, end, step);
			series.push(...answer.map(({ labels, points }) => ({ name: nameOf(labels, legendFormat), points })));
		}
		panels.push({ title, unit: fieldConfig?.defaults.unit ?? 'short', series });
	}
	return { title: dashboard.title, start, end, panels };
}
