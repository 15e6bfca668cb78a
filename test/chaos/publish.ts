/**
 * `make chaos-report`: the last measurement as `docs/failover.svg`, as a table between the markers of `docs/failover.md`, and run by run as
 * `docs/failover.json`, so that others can check it, or add to it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { renderFigure } from './figure.ts';
import { betweenMarkers, MARKERS, markdownTable } from './markdown.ts';
import { readReport } from './report.ts';

const [REPORT, PAGE, FIGURE, DATA] = ['build/reports/chaos.json', 'docs/failover.md', 'docs/failover.svg', 'docs/failover.json'];

const report = await readReport(REPORT);
if (report === undefined) {
	console.error(`${REPORT} is not there: make chaos writes it`);
	process.exit(1);
}
await writeFile(FIGURE, renderFigure(report));
await writeFile(DATA, `${JSON.stringify(report)}\n`);
await writeFile(PAGE, betweenMarkers(await readFile(PAGE, 'utf8'), markdownTable(report), MARKERS));
console.log(`${FIGURE}, ${DATA}, ${PAGE}: ${report.cases.reduce((sum, each) => sum + each.runs, 0)} runs of ${report.cases.length} cases`);
