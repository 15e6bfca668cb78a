/**
 * `make faults`: the partition matrix measured on the launcher's cluster, written to `build/reports/faults.json` after every round, and
 * at the end to `docs/faults.json` and the table of `docs/faults.md`. Exit code 1 when an outcome is not as expected.
 */
import { readFile, writeFile } from 'node:fs/promises';
import type { Driver } from '../chaos/drive.ts';
import { betweenMarkers } from '../chaos/markdown.ts';
import { readRecord, writeRecord } from '../chaos/record.ts';
import { placeOf, runSession } from '../chaos/session.ts';
import { measureRow } from './measure.ts';
import { type FaultsOptions, readOptions } from './options.ts';
import { broken, type Outcome } from './outcome.ts';
import { faultsTable, MARKERS } from './page.ts';
import { addOutcomes, type FaultsReport, reportSchema } from './report.ts';
import { CUT_SECONDS, nameOf, type Row, rows } from './rows.ts';

const [FILE, PAGE, DATA] = ['build/reports/faults.json', 'docs/faults.md', 'docs/faults.json'];
const say = (line: string): void => console.log(line);

async function startReport(driver: Driver, isAppending: boolean): Promise<FaultsReport> {
	const before = isAppending ? await readRecord(FILE, reportSchema) : undefined;
	return before ?? { startedAt: new Date().toISOString(), ...(await placeOf(driver)), cutSeconds: CUT_SECONDS, rows: [] };
}

/** @returns one line for each thing that is not as expected */
async function run(driver: Driver, { rows: planned, runs, isAppending }: FaultsOptions): Promise<string[]> {
	let report = await startReport(driver, isAppending);
	const lines: string[] = [];
	for (const row of planned) {
		for (let done = 0, round = 0; done < runs; round++) {
			const outcomes = await measureRow(driver, row, round);
			report = addOutcomes(report, row.number, outcomes);
			await writeRecord(FILE, report);
			for (const outcome of outcomes) lines.push(...tell(row, outcome));
			done += outcomes.length;
		}
	}
	await publish(report);
	return lines;
}

function tell(row: Row, outcome: Outcome): string[] {
	const { gapSeconds, failedCalls, calls, before, after, wholeSeconds, reason = 'no failover' } = outcome;
	const name = `${row.number} ${nameOf(row)}`;
	const primaries = `${before.pod} (${before.epoch}) → ${after?.pod} (${after?.epoch}), ${reason}`;
	say(
		`${name}: gap ${gapSeconds.toFixed(2)} s, ${failedCalls} of ${calls} failed, ${primaries}, whole after ${wholeSeconds?.toFixed(1)} s`,
	);
	return broken(row, outcome).map(line => `${name}: ${line}`);
}

async function publish(report: FaultsReport): Promise<void> {
	await writeFile(DATA, `${JSON.stringify(report)}\n`);
	await writeFile(PAGE, betweenMarkers(await readFile(PAGE, 'utf8'), faultsTable(report), MARKERS));
	say(`${DATA}, ${PAGE}: ${report.rows.length} of ${rows.length} rows measured`);
}

await runSession({ program: 'faults', readOptions, run, praise: 'every outcome is as expected', say });
