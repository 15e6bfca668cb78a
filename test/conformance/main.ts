/**
 * `make conformance`: the Vault against other people's programs. Prints the tables and the totals, writes `build/reports/conformance.json`,
 * and `docs/conformance.md` when everything is as it should be; else exit code 1. With `install` it only fetches the programs.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { createProgress } from '../cluster/progress.ts';
import { expected } from './expected.ts';
import { markdown, tables } from './markdown.ts';
import { faults, measure } from './report.ts';
import { installTools } from './tools.ts';

const progress = createProgress();
try {
	if (process.argv[2] === 'install') await installTools(progress);
	else process.exitCode = await conformance();
} catch (error) {
	console.error(`conformance: ${error instanceof Error ? error.message : error}`);
	process.exitCode = 1;
}

async function conformance(): Promise<number> {
	const report = await measure(progress);
	await mkdir('build/reports', { recursive: true });
	await writeFile('build/reports/conformance.json', `${JSON.stringify(report, null, 2)}\n`);
	console.log(`\n${tables(report)}\n`);
	const wrong = faults(report);
	for (const line of wrong) console.log(`✗ ${line}`);
	const sum = (field: 'scenarios' | 'passed' | 'explained') => report.verdicts.reduce((total, verdict) => total + verdict[field], 0);
	const good = report.rows.filter(({ problems }) => problems.length === 0).length;
	console.log(
		`suite: ${sum('passed')} of ${sum('scenarios')} scenarios pass, ${sum('explained')} fail with a reason; clients: ${good} of ${report.rows.length} work`,
	);
	if (wrong.length > 0) return 1;
	await writeFile('docs/conformance.md', markdown(report, expected));
	return 0;
}
