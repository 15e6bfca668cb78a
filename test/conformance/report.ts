/** One run of everything: both lanes of the suite in both revisions, and all clients. */
import { join } from 'node:path';
import type { Progress } from '../cluster/progress.ts';
import { type Row, runClients } from './clients.ts';
import { expected } from './expected.ts';
import { isAsExpected, judge, type Lane, lanes, type Verdict } from './judge.ts';
import { startProxy } from './proxy.ts';
import { revisions, runSuite } from './suite.ts';
import { installTools, pinnedVersions, type Tools } from './tools.ts';
import { startFixtures, startShipped } from './vaults.ts';

export type Report = {
	/** Of each program, by the name of its package. */
	readonly versions: Readonly<Record<string, string>>;
	readonly verdicts: readonly Verdict[];
	readonly rows: readonly Row[];
};

const starters = { shipped: startShipped, fixtures: startFixtures };

export async function measure(progress: Progress): Promise<Report> {
	const tools = await installTools(progress);
	const verdicts: Verdict[] = [];
	for (const lane of lanes) verdicts.push(...(await progress.step(`the suite against ${lane}`, () => runLane(tools, lane))));
	const rows = await progress.step('clients', () => runClients(tools));
	return { versions: await pinnedVersions(), verdicts, rows };
}

async function runLane(tools: Tools, lane: Lane): Promise<Verdict[]> {
	const server = await starters[lane]();
	const proxy = await startProxy(server.url, server.token);
	try {
		const verdicts: Verdict[] = [];
		for (const revision of revisions) {
			const scenarios = await runSuite(tools, proxy.url, revision, join('build', 'conformance', `${lane}-${revision}`));
			verdicts.push(judge(lane, revision, scenarios, expected[lane]));
		}
		return verdicts;
	} finally {
		await proxy.close();
		await server.close();
	}
}

/** One line for each thing that is not as it should be. */
export function faults({ verdicts, rows }: Report): string[] {
	return [
		...verdicts.flatMap(verdict => faultsOf(verdict)),
		...rows.flatMap(({ client, revision, problems }) => problems.map(problem => `${client} ${revision}: ${problem}`)),
	];
}

function faultsOf(verdict: Verdict): string[] {
	if (isAsExpected(verdict)) return [];
	const where = `${verdict.lane} ${verdict.revision}:`;
	return [
		...verdict.unexpected.map(check => `${where} ${check}`),
		...verdict.stale.map(check => `${where} ${check} does not fail: take it out of expected.ts`),
	];
}
