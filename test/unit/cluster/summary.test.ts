import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { closingLine, exitCode, rows, type TierResult, toResult, withoutTests } from '../../../scripts/summary.ts';
import { tiers } from '../../../scripts/tiers.ts';

const result = (changes: Partial<TierResult> = {}): TierResult => ({
	tier: 'unit',
	passed: 3,
	failed: 0,
	skipped: 1,
	seconds: 1.23,
	failures: [],
	...changes,
});

describe('the summary of a test run', () => {
	it('[CLU-34] ends with the sum of all tiers', () => {
		assert.equal(closingLine([result(), result({ passed: 4, failed: 2, skipped: 0 })]), '7 passed, 2 failed, 1 skipped');
	});

	it('[CLU-34] fails when a tier ran no test', () => {
		const empty = withoutTests(result({ passed: 0, skipped: 0 }));
		assert.equal(empty.failed, 1);
		assert.equal(exitCode([result(), empty]), 1);
	});

	it('[CLU-34] fails when no tier ran', () => assert.equal(exitCode([]), 1));

	it('[CLU-34] counts a cancelled test as failed and one to do as skipped', () => {
		assert.deepEqual(toResult({ tests: 10, passed: 5, cancelled: 2, skipped: 1, todo: 1 }), { passed: 5, failed: 3, skipped: 2 });
	});

	it('has a row a tier', () => assert.deepEqual(rows([result()]), [['unit', '3', '0', '1', '1.2']]));
});

describe('the tiers', () => {
	it('run in order, each with something to do', () => {
		const all = tiers({});
		assert.deepEqual(
			all.map(tier => tier.name),
			['verify', 'unit', 'conformance', 'chart', 'api', 'cluster'],
		);
		for (const tier of all) assert.ok(tier.gates.length + tier.globs.length > 0, tier.name);
	});

	it('start no cluster when told to use the current one', () => {
		const cluster = tiers({ CLUSTER: 'current', CI: 'true' }).at(-1);
		assert.deepEqual([cluster?.prepare, cluster?.finish], [[], []]);
	});

	it('take the cluster down in CI', () => assert.equal(tiers({ CI: 'true' }).at(-1)?.finish.length, 1));
});
