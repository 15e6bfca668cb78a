/**
 * `make chaos`: what clients see when things fail, measured on the launcher's cluster, written to `build/reports/chaos.json` after every
 * round. Exit code 1 when a promise of `targets.ts` is broken.
 */
import { renderTable } from '../cluster/table.ts';
import type { Driver } from './drive.ts';
import { measure, planRounds } from './measure.ts';
import { type Options, readOptions } from './options.ts';
import { writeRecord } from './record.ts';
import { type Report, readReport } from './report.ts';
import { placeOf, runSession } from './session.ts';
import { headings, rowOf } from './table.ts';
import { broken } from './targets.ts';

const FILE = 'build/reports/chaos.json';
const say = (line: string): void => console.log(line);

async function startReport(driver: Driver, isAppending: boolean): Promise<Report> {
	const before = isAppending ? await readReport(FILE) : undefined;
	if (before !== undefined) return before;
	return {
		cases: [],
		startedAt: new Date().toISOString(),
		lanes: driver.lanes,
		...(await placeOf(driver)),
	};
}

/** @returns one line for each thing that is not as promised */
async function run(driver: Driver, { cases, runs, isAppending }: Options): Promise<string[]> {
	say(`${driver.lanes} Vaults, ${driver.restingMilliseconds.toFixed(0)} ms a call at rest`);
	const plan = planRounds(cases, runs, driver.runsOf);
	const start = await startReport(driver, isAppending);
	const { report, lost } = await measure(driver, plan, start, report => writeRecord(FILE, report), say);
	say(`\n${renderTable(headings, report.cases.map(rowOf))}\n`);
	return [...report.cases.flatMap(broken), ...(lost > 0 ? [`${lost} rounds could not be done`] : [])];
}

await runSession({ program: 'chaos', readOptions, run, praise: 'every promise is kept', say });
