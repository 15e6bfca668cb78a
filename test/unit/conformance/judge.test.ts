import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expected } from '../../conformance/expected.ts';
import { type Expectation, isAsExpected, judge, lanes } from '../../conformance/judge.ts';
import { type Check, revisions, type Scenario } from '../../conformance/suite.ts';

const REVISION = '2026-07-28';
const check = (id: string, status: Check['status'] = 'SUCCESS'): Check => ({ id, status });
const scenario = (name: string, ...checks: Check[]): Scenario => ({ name, checks });
const because = (...checks: string[]): Expectation => ({ reason: 'it is so', checks: { [REVISION]: checks } });
const verdictOf = (scenarios: Scenario[], ...expectations: Expectation[]) => judge('shipped', REVISION, scenarios, expectations);

describe('judge', () => {
	it('counts scenarios that pass and those that fail with a reason', () => {
		const verdict = verdictOf(
			[
				scenario('good', check('a'), check('b', 'INFO'), check('c', 'SKIPPED')),
				scenario('bad', check('a'), check('b', 'FAILURE')),
				scenario('warned', check('a', 'WARNING')),
			],
			because('bad:b', 'warned:a'),
		);
		assert.deepEqual(verdict, {
			lane: 'shipped',
			revision: REVISION,
			scenarios: 3,
			passed: 1,
			explained: 2,
			succeeded: 2,
			expected: 2,
			unexpected: [],
			stale: [],
		});
		assert.equal(isAsExpected(verdict), true);
	});

	const faulty: [string, Scenario[], Expectation[]][] = [
		['a failure without a reason', [scenario('s', check('a', 'FAILURE'))], []],
		['a warning without a reason', [scenario('s', check('a', 'WARNING'))], []],
		['a reason of another scenario', [scenario('s', check('a', 'FAILURE')), scenario('t', check('a', 'FAILURE'))], [because('t:a')]],
		['one failure with and one without a reason', [scenario('s', check('a', 'FAILURE'), check('b', 'FAILURE'))], [because('s:a')]],
		['a reason for a check that passes', [scenario('s', check('a'))], [because('s:a')]],
		['a reason for a check that was not there', [scenario('s', check('a'))], [because('s:b')]],
		['a scenario in which nothing was tried', [scenario('s', check('a', 'SKIPPED'))], []],
		['a scenario without checks', [scenario('s')], []],
	];
	for (const [name, scenarios, expectations] of faulty) {
		it(`[CNF-3] ${name} is not as expected`, () => assert.equal(isAsExpected(verdictOf(scenarios, ...expectations)), false));
	}

	it('[CNF-3] a reason counts in its revision alone', () => {
		const verdict = judge('shipped', '2025-11-25', [scenario('s', check('a', 'FAILURE'))], [because('s:a')]);
		assert.equal(verdict.unexpected.length, 1);
		assert.deepEqual(verdict.stale, []);
	});
});

describe('the expected failures', () => {
	for (const lane of lanes) {
		it(`of ${lane} are each listed once, with a sentence`, () => {
			for (const revision of revisions) {
				const listed = expected[lane].flatMap(({ checks }) => checks[revision] ?? []);
				assert.equal(new Set(listed).size, listed.length);
				for (const each of listed) assert.match(each, /^[a-z0-9-]+:[a-z0-9-]+$/);
			}
			for (const { reason } of expected[lane]) assert.match(reason, /^[A-Z].{40,}\.$/s);
		});
	}
});
