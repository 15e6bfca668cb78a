/** Everything of `make conformance`, and that the published page tells what was found. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import { createProgress } from '../cluster/progress.ts';
import { pairs } from './clients.ts';
import { expected } from './expected.ts';
import { lanes } from './judge.ts';
import { markdown } from './markdown.ts';
import { measure, type Report } from './report.ts';
import { revisions } from './suite.ts';

let report: Report;
before(async () => {
	report = await measure(createProgress(() => undefined));
});

describe('the conformance suite', () => {
	for (const lane of lanes) {
		for (const revision of revisions) {
			it(`${lane === 'shipped' ? '[CNF-1]' : '[CNF-2]'}[CNF-3] ${lane}, ${revision}: what fails has a reason, and what has a reason fails`, () => {
				const verdict = report.verdicts.find(each => each.lane === lane && each.revision === revision);
				assert.deepEqual(verdict?.unexpected, []);
				assert.deepEqual(verdict.stale, []);
			});
		}
	}
});

describe('clients', () => {
	for (const [at, { client, revision }] of pairs.entries()) {
		it(`[CNF-4][CNF-5] ${client.name} in revision ${revision}`, () => assert.deepEqual(report.rows[at]?.problems, []));
	}
});

it('[CNF-6] docs/conformance.md tells what was found (make conformance writes it)', async () => {
	assert.equal(await readFile('docs/conformance.md', 'utf8'), markdown(report, expected));
});
