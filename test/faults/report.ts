/** What was measured, by row, in the form of `build/reports/faults.json` and `docs/faults.json`. */
import { z } from 'zod';
import { type Outcome, outcomeSchema } from './outcome.ts';
import { CUT_SECONDS } from './rows.ts';

export const reportSchema = z.object({
	startedAt: z.iso.datetime(),
	nodes: z.int(),
	cpu: z.string(),
	cutSeconds: z.literal(CUT_SECONDS),
	rows: z.array(z.object({ number: z.int(), outcomes: z.array(outcomeSchema) })),
});
export type FaultsReport = Readonly<z.infer<typeof reportSchema>>;

/** The report with more outcomes of a row, its rows in their order. */
export function addOutcomes(report: FaultsReport, number: number, outcomes: readonly Outcome[]): FaultsReport {
	const before = report.rows.find(row => row.number === number);
	const others = report.rows.filter(row => row !== before);
	const row = { number, outcomes: [...(before?.outcomes ?? []), ...outcomes] };
	return { ...report, rows: [...others, row].sort((a, b) => a.number - b.number) };
}
