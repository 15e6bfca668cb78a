/**
 * `make chaos`: what clients see when things fail, measured on the launcher's cluster, written to `build/reports/chaos.json` after every
 * round. Exit code 1 when a promise of `targets.ts` is broken.
 */
import { cpus, loadavg } from 'node:os';
import { readRecord } from '../cluster/record.ts';
import { renderTable } from '../cluster/table.ts';
import { findTarget } from '../demo/target.ts';
import { cases } from './cases.ts';
import { type Driver, openDriver } from './drive.ts';
import { readOptions } from './options.ts';
import { addRuns, type Report, readReport, writeReport } from './report.ts';
import { headings, rowOf } from './table.ts';
import { broken, type CaseName } from './targets.ts';

const FILE = 'build/reports/chaos.json';
const say = (line: string): void => console.log(line);

async function startReport(driver: Driver, isAppending: boolean): Promise<Report> {
	const before = isAppending ? await readReport(FILE) : undefined;
	if (before !== undefined) return before;
	const [cpu] = cpus();
	const load = loadavg()[0]?.toFixed(1);
	return {
		cases: [],
		startedAt: new Date().toISOString(),
		lanes: driver.lanes,
		nodes: (await readRecord())?.nodes ?? 0,
		cpu: `${cpus().length} × ${cpu?.model.trim()}, load ${load} before, ${driver.restingMilliseconds.toFixed(0)} ms a call at rest`,
	};
}

/** Runs the rounds, case by case, and keeps the report after each. */
async function measure(driver: Driver, names: readonly CaseName[], runs: number, report: Report): Promise<Report> {
	const plan = names.flatMap(name => {
		const rounds = Math.ceil(runs / driver.runsOf(name));
		return Array.from({ length: rounds }, (_, round) => ({ name, round, rounds }));
	});
	for (const [at, { name, round, rounds }] of plan.entries()) {
		const started = performance.now();
		const left = plan.slice(at + 1).reduce((sum, each) => sum + cases[each.name].typicalSeconds, 0);
		const done = await driver.round(name, round);
		report = addRuns(report, name, done);
		await writeReport(FILE, report);
		const gaps = done.map(run => `${run.gapSeconds.toFixed(2)}${run.isClosed ? '' : ' (not whole again)'}`).join(' ');
		const seconds = (performance.now() - started) / 1000;
		say(`${name} ${round + 1}/${rounds}: gaps ${gaps} s; round ${seconds.toFixed(0)} s, about ${Math.ceil(left / 60)} min left`);
	}
	return report;
}

const options = readOptions(process.env);
const driver = await openDriver(await findTarget(process.env), options.lanes, say);
for (const name of ['SIGINT', 'SIGTERM'] as const) {
	process.once(name, () => {
		say('interrupted: undoing the fault');
		driver.heal().finally(() => process.exit(130));
	});
}
say(`${driver.lanes} Vaults, ${driver.restingMilliseconds.toFixed(0)} ms a call at rest`);
try {
	const report = await measure(driver, options.cases, options.runs, await startReport(driver, options.isAppending));
	say(`\n${renderTable(headings, report.cases.map(rowOf))}\n`);
	const lines = report.cases.flatMap(broken);
	for (const line of lines) say(`✗ ${line}`);
	if (lines.length === 0) say('every promise is kept');
	process.exitCode = lines.length === 0 ? 0 : 1;
} finally {
	await driver.heal();
	await driver.close({ keep: options.isKeeping });
}
