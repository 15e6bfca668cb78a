/** The rules as the chart renders them. */
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { checkout, program } from '../cluster/paths.ts';
import { run } from '../install/run.ts';

const alertSchema = z.object({
	alert: z.string(),
	expr: z.string(),
	for: z.string().optional(),
	labels: z.object({ severity: z.string() }),
	annotations: z.object({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
});
const recordSchema = z.object({ record: z.string(), expr: z.string() });
const groupSchema = z.object({ name: z.string(), rules: z.array(z.union([alertSchema, recordSchema])) });

export type Alert = z.infer<typeof alertSchema>;
export type RuleGroup = z.infer<typeof groupSchema>;

export const chart = join(checkout, 'charts', 'runevault');

/** Objects of one template of the chart, with values. @throws Error with what Helm says */
export async function renderTemplate(template: string, values: object): Promise<unknown[]> {
	const args = ['template', 'runevault', chart, '--namespace', 'runevault-system', '--show-only', `templates/${template}`, '--values', '-'];
	const text = await run(program('helm'), args, { input: JSON.stringify(values) });
	return parseAllDocuments(text).map(document => parse(String(document)));
}

/** Groups of the PrometheusRule. @param rules values of `monitoring.rules` */
export async function renderRules(rules: object): Promise<RuleGroup[]> {
	const [object] = await renderTemplate('prometheus-rule.yaml', { monitoring: { rules: { enabled: true, ...rules } } });
	return z.object({ spec: z.object({ groups: z.array(groupSchema) }) }).parse(object).spec.groups;
}

export const alertsOf = (groups: readonly RuleGroup[]): Alert[] =>
	groups.flatMap(({ rules }) => rules.filter((rule): rule is Alert => 'alert' in rule));
