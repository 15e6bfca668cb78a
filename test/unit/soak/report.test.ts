/** What a soak says of what it measured. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Measured, memoryOf, reportOf } from '../../soak/report.ts';

const MiB = 1024 * 1024;
const samples = (first: number, last: number) =>
	Array.from({ length: 61 }, (_, minute) => ({ seconds: minute * 60, bytes: (minute <= 30 ? first : last) * MiB }));
const well: Measured = {
	minutes: 60,
	maximalRate: 100,
	rate: 50,
	logErrors: 0,
	exitCode: 0,
	audit: { records: 180_000, expected: 179_000, fault: undefined },
	samples: samples(100, 104),
	tally: { calls: 180_000, hostile: 1800, statuses: { '2xx': 179_000, '4xx': 900, broken: 100 }, wrong: 0, faults: [], skipped: 0 },
};

describe('the report of a soak', () => {
	it('[VLT-122] is content with flat memory, whole answers and a whole chain', () => {
		const report = reportOf(well);
		assert.deepEqual(report.verdict, []);
		assert.deepEqual(report.memory, { windowMinutes: 10, firstMiB: 100, lastMiB: 104, growthPercent: 4, highestMiB: 104 });
	});

	const { tally, audit } = well;
	const cases: [string, Partial<Measured>, string][] = [
		['memory that grows', { samples: samples(100, 106) }, 'memory grew by 6 %, more than 5 %'],
		['a server error', { tally: { ...tally, faults: ['honest: 500'] } }, '1 calls failed, such as honest: 500'],
		['a wrong answer', { tally: { ...tally, wrong: 1 } }, '1 wrong answers'],
		['a broken chain', { audit: { ...audit, fault: 'line 7' } }, 'the audit chain: line 7'],
		['a missing record', { audit: { ...audit, records: 178_999 } }, '178999 audit records of at least 179000'],
		['an error in the log', { logErrors: 1 }, '1 errors in the log'],
		['a Vault that crashed', { exitCode: null }, 'the Vault ended with null'],
		['a rate it did not keep', { tally: { ...tally, skipped: 9001 } }, '9001 calls were not sent in time'],
	];
	for (const [what, change, said] of cases) {
		it(`[VLT-122] names ${what}`, () => assert.deepEqual(reportOf({ ...well, ...change }).verdict, [said]));
	}

	it('[VLT-122] compares quarters of a run that is shorter than forty minutes', () => {
		const short = [0, 30, 60, 90, 120].map(seconds => ({ seconds, bytes: (seconds === 120 ? 20 : 10) * MiB }));
		assert.deepEqual(memoryOf(short, 2), { windowMinutes: 0.5, firstMiB: 10, lastMiB: 15, growthPercent: 50, highestMiB: 20 });
		assert.throws(() => memoryOf([], 2), RangeError);
	});
});
