/** The two rows of the partition matrix that fear most: `make faults` measures all sixteen. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Driver, openDriver } from '../../chaos/drive.ts';
import { findTarget } from '../../demo/target.ts';
import { measureRow } from '../../faults/measure.ts';
import { broken } from '../../faults/outcome.ts';
import { nameOf, type Party, rows } from '../../faults/rows.ts';

/** Pods on nodes of somebody else's are not ours to cut off. */
const skip = process.env.CLUSTER === 'current' && 'needs nodes on this machine';

const promises: readonly (readonly [cut: readonly Party[], title: string])[] = [
	[['primary', 'standby'], '[CLU-62] nobody is appointed who was lost with the primary'],
	[['operator', 'primary', 'standby'], '[CLU-63] the pod that is left leads clients to itself'],
];

describe('the partition matrix', { skip }, () => {
	let driver: Driver;

	before(async () => {
		driver = await openDriver(await findTarget(process.env), 1, console.log);
	});
	after(async () => {
		await driver?.heal();
		await driver?.close();
	});

	for (const [cut, title] of promises) {
		it(title, async () => {
			const row = rows.find(each => nameOf(each) === nameOf({ cut }));
			assert.ok(row);
			const outcomes = await measureRow(driver, row, 0);
			assert.equal(outcomes.length, 1);
			assert.deepEqual(
				outcomes.flatMap(outcome => broken(row, outcome)),
				[],
				JSON.stringify(outcomes),
			);
		});
	}
});
