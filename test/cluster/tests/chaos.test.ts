/** The promises of failover in short: five faults a case, seen from a client's network. `make chaos RUNS=…` measures them at length. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Driver, openDriver } from '../../chaos/drive.ts';
import { addRuns, type Report } from '../../chaos/report.ts';
import { broken, type CaseName } from '../../chaos/targets.ts';
import { findTarget } from '../../demo/target.ts';

const RUNS = 5;
/** Nodes of somebody else's are not ours to cut off. */
const skip = process.env.CLUSTER === 'current' && 'needs nodes on this machine';

const promises: readonly (readonly [CaseName, string])[] = [
	['graceful', '[CLU-10] a deleted primary is replaced in less than 2 s'],
	['kill', '[CLU-11] a killed primary is replaced in less than 5 s'],
	['hang', '[CLU-12] a primary that hangs is replaced in less than 21 s'],
	['partition', '[CLU-13] a primary whose node is cut off is replaced in less than 21 s'],
	['both-lost', "[CLU-14] a primary that is lost with the operator's leader is replaced in less than 25 s"],
	['drain', '[CLU-15] a drained node costs no call that is tried twice'],
	['rollout', '[CLU-16] a new template costs no call that is tried twice'],
	['rotation', '[CLU-17] a rotation refuses no valid token, and the old one after 2 s'],
	['api-away', '[CLU-18] a minute without an API server costs no call'],
];

describe('failover as a client sees it', { skip }, () => {
	let driver: Driver;

	before(async () => {
		driver = await openDriver(await findTarget(process.env), RUNS, console.log);
	});
	after(async () => {
		await driver?.heal();
		await driver?.close();
	});

	for (const [name, title] of promises) {
		it(title, async () => {
			const rounds = name === 'api-away' ? 1 : Math.ceil(RUNS / driver.runsOf(name));
			let report: Pick<Report, 'cases'> = { cases: [] };
			for (let round = 0; round < rounds; round++) report = addRuns(report, name, await driver.round(name, round));
			const [measured] = report.cases;
			assert.ok(measured);
			assert.deepEqual(broken(measured), [], JSON.stringify(measured));
		});
	}
});
