import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { betweenMarkers, MARKERS, markdownTable } from '../../chaos/markdown.ts';
import { writeRecord } from '../../chaos/record.ts';
import { addRuns, readReport } from '../../chaos/report.ts';
import { broken } from '../../chaos/targets.ts';
import { caseOf, emptyReport, run } from './builders.ts';

describe('chaos report', () => {
	const first = addRuns(emptyReport, 'kill', [run(1, { failures: { a: 1 }, reason: 'PodNotReady' }), run(3)]);
	const second = addRuns(first, 'kill', [run(2, { failures: { a: 1, b: 2 }, reason: 'NoAnswer', epochChanges: 0, failedCalls: 7 })]);

	it('adds runs to those that are there', () => {
		const [kill] = second.cases;
		assert.deepEqual(kill?.samples, [1, 3, 2]);
		assert.deepEqual(kill?.gapSeconds, { p50: 2, p99: 3, max: 3 });
		assert.deepEqual([kill?.runs, kill?.calls, kill?.failedCalls], [3, 300, 7]);
		assert.deepEqual(kill?.epochs, { min: 0, max: 1 });
		assert.deepEqual(kill?.reasons, { PodNotReady: 1, NoAnswer: 1 });
		assert.deepEqual(kill?.failures, { a: 2, b: 2 });
	});

	it('leaves the report it adds to as it was, and keeps cases in their order', () => {
		const third = addRuns(second, 'graceful', [run(0.5)]);
		assert.deepEqual(
			third.cases.map(each => each.case),
			['graceful', 'kill'],
		);
		assert.equal(second.cases.length, 1);
		assert.equal(first.cases[0]?.runs, 2);
	});

	it('adds up what became of old tokens', () => {
		const rotation = { refusedEarly: 1, lateAnswers: 2, oldTokenSeconds: 0.5 };
		const report = caseOf('rotation', run(1, { rotation }), run(1, { rotation: { ...rotation, oldTokenSeconds: 1.5 } }));
		assert.deepEqual(report.rotation, { refusedEarly: 2, lateAnswers: 4, oldTokenSeconds: 1.5 });
	});

	it('is read back as it was written, and absent when there is none', async () => {
		const directory = await mkdtemp(join(tmpdir(), 'chaos-'));
		try {
			const file = join(directory, 'deep', 'chaos.json');
			assert.equal(await readReport(file), undefined);
			await writeRecord(file, second);
			assert.deepEqual(await readReport(file), second);
		} finally {
			await rm(directory, { recursive: true });
		}
	});

	it('becomes a table between the markers of a page', () => {
		const page = '# Title\n\n<!-- chaos: written by make chaos-report -->\nold\n<!-- chaos: end -->\n\nprose\n';
		const written = betweenMarkers(page, markdownTable(second), MARKERS);
		assert.match(written, /\| `kill` \| 3 \| 2\.00 s \| 3\.00 s \| 3\.00 s \| 300 \| 7 \| 0 \| p99 < 5 s \| yes \|/);
		assert.match(written, /prose\n$/);
		assert.doesNotMatch(written, /old/);
		assert.equal(betweenMarkers(written, markdownTable(second), MARKERS), written);
		assert.throws(() => betweenMarkers('# Title', '', MARKERS), /lacks/);
	});
});

describe('chaos targets', () => {
	for (const [what, report, line] of [
		['a slow case', caseOf('graceful', run(2)), /graceful: p99 of the gap is 2\.00 s/],
		['a wrong answer', caseOf('hang', run(2, { wrongAnswers: 1 })), /hang: 1 wrong answers/],
		['a gap that did not close', caseOf('hang', run(2, { isClosed: false })), /hang: 1 runs whose gap/],
		['a failed call where none is allowed', caseOf('api-away', run(0.1, { failedCalls: 1 })), /api-away: 1 failed calls/],
		['a failed retry', caseOf('rollout', run(0.1, { failedAfterRetry: 2 })), /rollout: 2 calls that failed/],
		['a 401', caseOf('rotation', run(0.1, { unauthorized: 3 })), /rotation: 3 401/],
		[
			'an old token that still answers',
			caseOf('rotation', run(0.1, { rotation: { refusedEarly: 0, lateAnswers: 1, oldTokenSeconds: 3 } })),
			/rotation: 1 answers to an old token/,
		],
	] as const) {
		it(`are broken by ${what}`, () => {
			const lines = broken(report);
			assert.equal(lines.length, 1);
			assert.match(lines[0] ?? '', line);
		});
	}

	it('are kept otherwise', () => {
		assert.deepEqual(broken(caseOf('graceful', run(1.99, { failedCalls: 5, failedAfterRetry: 5 }))), []);
		assert.deepEqual(broken(caseOf('drain', run(1, { failedCalls: 5 }))), []);
	});
});
