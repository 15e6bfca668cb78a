import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Expectation } from '../../conformance/judge.ts';
import { markdown } from '../../conformance/markdown.ts';
import { faults, type Report } from '../../conformance/report.ts';

const verdict = { lane: 'shipped', revision: '2026-07-28', scenarios: 5, passed: 3, explained: 1, succeeded: 9, expected: 1 } as const;
const report: Report = {
	versions: { '@modelcontextprotocol/conformance': '1.2.3', mcp: '4.5.6' },
	verdicts: [{ ...verdict, unexpected: ['tools:list: no answer'], stale: ['ping:ping'] }],
	rows: [
		{ client: 'mcp', revision: '2026-07-28', problems: ['top_k: {"value":{}}'] },
		{ client: 'mcp', revision: '2025-11-25', problems: ['spoke 2026-07-28'] },
	],
};
const shared: Expectation = { reason: 'Holds everywhere.', checks: { '2026-07-28': ['ping:ping'] } };
const own: Expectation = { reason: 'Holds here.', checks: { '2025-11-25': ['tools:other'] } };
const page = markdown(report, { shipped: [shared, own], fixtures: [shared] });

describe('docs/conformance.md', () => {
	it('tells the figures of a lane, also of what fails without a reason', () => {
		assert.match(page, /\| the Vault as it ships \| 2026-07-28 \| 5 \| 3 \| 1 \| 1 \| 9 \|/);
	});
	it('tells the version of the suite and of each client, and which step failed', () => {
		assert.match(page, /conformance` 1\.2\.3/);
		assert.match(page, /\| mcp \| 4\.5\.6 \| 2026-07-28 \| yes \| yes \| yes \| yes \| no \| yes \|/);
	});
	it('says no to every step of a client that spoke another revision', () => {
		assert.match(page, /\| mcp \| 4\.5\.6 \| 2025-11-25 \| no \| no \| no \| no \| no \| no \|/);
	});
	it('lists each reason once, with its checks', () => {
		assert.equal(page.match(/Holds everywhere\./g)?.length, 1);
		assert.match(page, /- Holds everywhere\.\n {2}- 2026-07-28: `ping`\n/);
		assert.match(page, /- Holds here\.\n {2}- 2025-11-25: `tools:other`\n/);
	});
});

it('[CNF-3] what is not as it should be is told line by line', () => {
	assert.deepEqual(faults(report), [
		'shipped 2026-07-28: tools:list: no answer',
		'shipped 2026-07-28: ping:ping does not fail: take it out of expected.ts',
		'mcp 2026-07-28: top_k: {"value":{}}',
		'mcp 2025-11-25: spoke 2026-07-28',
	]);
});
