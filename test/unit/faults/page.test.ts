import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultsTable } from '../../faults/page.ts';
import { addOutcomes, reportSchema } from '../../faults/report.ts';
import { emptyReport, outcome } from './builders.ts';

const moved = outcome({
	gapSeconds: 10.123,
	failedCalls: 80,
	failedAfterRetry: 70,
	after: { pod: 'acme-1', epoch: 4 },
	wholeSeconds: 3.21,
});

describe('the page of the partition matrix', () => {
	const report = addOutcomes(addOutcomes(addOutcomes(emptyReport, 2, [moved]), 0, [outcome()]), 2, [{ ...moved, gapSeconds: 22 }]);

	it('has its rows in their order, with all their outcomes', () => {
		assert.deepEqual(
			report.rows.map(row => [row.number, row.outcomes.length]),
			[
				[0, 1],
				[2, 2],
			],
		);
		assert.deepEqual(reportSchema.parse(JSON.parse(JSON.stringify(report))), report);
	});

	it('tells of the worst of a row', () => {
		const table = faultsTable(report);
		assert.match(
			table,
			/\| 0 \| nobody \| nobody notices, no call fails twice: the control \| 1 \| 0\.20 s \| 1500 \| 0 \| 0 \| acme-0 \(3\) stays \| 2\.0 s \| yes \|/,
		);
		assert.match(
			table,
			/\| 2 \| primary \| .* \| 2 \| 22\.00 s \| 3000 \| 160 \| 140 \| acme-0 \(3\), acme-1 \(4\) \| 3\.2 s \| \*\*no\*\* \|/,
		);
		assert.match(table, /Measured 2026-11-25, 30 s cut off .* refused tokens: 0\.$/);
	});

	it('has all rows, those too that nobody has measured yet', () => {
		assert.equal(faultsTable(report).match(/^\| \d+ \|/gm)?.length, 16);
		assert.match(faultsTable(report), /\| 5 \| operator \+ primary \| .* \| 0 \| +\| .*not measured yet \|/);
	});

	it('says what did not become whole', () => {
		const { after: _, wholeSeconds: __, ...lost } = outcome();
		assert.match(faultsTable(addOutcomes(emptyReport, 0, [lost])), /acme-0 \(3\), then not whole \| not in time \| \*\*no\*\*/);
	});
});
