/** The few questions we have for Prometheus's HTTP API. */
import { z } from 'zod';

const labels = z.record(z.string(), z.string());
/** Seconds since 1970, and the value as text. */
const sample = z.tuple([z.number(), z.string()]);
const resultSchema = z.discriminatedUnion('resultType', [
	z.object({ resultType: z.literal('vector'), result: z.array(z.object({ metric: labels, value: sample })) }),
	z.object({ resultType: z.literal('matrix'), result: z.array(z.object({ metric: labels, values: z.array(sample) })) }),
	z.object({ resultType: z.literal('scalar'), result: sample }),
]);
const targetSchema = z.object({
	health: z.string(),
	lastError: z.string(),
	scrapeUrl: z.string(),
	labels,
});
const alertSchema = z.object({ labels, annotations: labels, state: z.string() });

export type TargetState = z.infer<typeof targetSchema>;
export type FiringAlert = z.infer<typeof alertSchema>;
export type Series = { labels: Record<string, string>; points: [seconds: number, value: number][] };

export type Prometheus = {
	targets(): Promise<TargetState[]>;
	/** Alerts that fire or wait for their `for`. */
	alerts(): Promise<FiringAlert[]>;
	rules(): Promise<{ name: string; health: string; lastError?: string | undefined }[]>;
	/** The value of each series now. */
	query(expression: string): Promise<Series[]>;
	/** @param step seconds */
	queryRange(expression: string, start: number, end: number, step: number): Promise<Series[]>;
};

const toSeries = (result: z.infer<typeof resultSchema>): Series[] => {
	switch (result.resultType) {
		case 'scalar':
			return [{ labels: {}, points: [[result.result[0], Number(result.result[1])]] }];
		case 'vector':
			return result.result.map(({ metric, value }) => ({ labels: metric, points: [[value[0], Number(value[1])]] }));
		case 'matrix':
			return result.result.map(({ metric, values }) => ({ labels: metric, points: values.map(([at, value]) => [at, Number(value)]) }));
	}
};

export function createPrometheus(url: string): Prometheus {
	/** @throws Error with what Prometheus says, such as where an expression cannot be parsed */
	async function ask<T>(path: string, data: z.ZodType<T>, parameters: Record<string, string> = {}): Promise<T> {
		const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`, { signal: AbortSignal.timeout(10_000) });
		const body = z.object({ status: z.string(), error: z.string().optional(), data: data.optional() }).parse(await response.json());
		if (body.data === undefined) throw new Error(`Prometheus, ${path}: ${body.error}`);
		return body.data;
	}
	const groups = z.object({
		groups: z.array(z.object({ rules: z.array(z.object({ name: z.string(), health: z.string(), lastError: z.string().optional() })) })),
	});
	return {
		targets: async () => (await ask('targets', z.object({ activeTargets: z.array(targetSchema) }))).activeTargets,
		alerts: async () => (await ask('alerts', z.object({ alerts: z.array(alertSchema) }))).alerts,
		rules: async () => (await ask('rules', groups)).groups.flatMap(({ rules }) => rules),
		query: async expression => toSeries(await ask('query', resultSchema, { query: expression })),
		async queryRange(expression, start, end, step) {
			const span = { start: String(start), end: String(end), step: String(step) };
			return toSeries(await ask('query_range', resultSchema, { query: expression, ...span }));
		},
	};
}
