import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { contentOf, type Outcome, type Step } from '../../conformance/clients/program.ts';
import { problemsOf } from '../../conformance/outcomes.ts';
import { vectorPath } from '../vault/builders.ts';

const results: { score: number }[] = JSON.parse(readFileSync(vectorPath('score-single.top10.json'), 'utf8'));
const good: Record<Step, Outcome> = {
	list: { value: ['get_public_key', 'decrypt_scores', 'decrypt_metadata', 'vault_status'] },
	'public key': { value: { key_id: 'acme-1', 'EncKey.json': 'x'.repeat(100_000) } },
	decrypt: { value: { results } },
	'bad token': { error: 'HTTP 401' },
	top_k: { error: 'Rate Limit Exceeded: Max top_k is 10' },
	rate: { error: 'HTTP 429: Rate limit exceeded: too many; try again in 56 s' },
};
const seen = ['2025-11-25'];
const problems = (change: Partial<Record<Step, Outcome>>, wire = seen) => problemsOf({ ...good, ...change }, '2025-11-25', wire);

describe('problemsOf', () => {
	it('has nothing to say of what is right', () => assert.deepEqual(problems({}), []));

	const wrong: [string, Step, Outcome][] = [
		['tools in another order', 'list', { value: ['vault_status', 'get_public_key', 'decrypt_scores', 'decrypt_metadata'] }],
		['a key cut short', 'public key', { value: { key_id: 'acme-1', 'EncKey.json': '{' } }],
		['a row too few', 'decrypt', { value: { results: results.slice(1) } }],
		['rows in another order', 'decrypt', { value: { results: results.toReversed() } }],
		['a score that is off', 'decrypt', { value: { results: results.map(row => ({ ...row, score: row.score + 0.001 })) } }],
		['an error in place of rows', 'decrypt', { error: 'timed out' }],
		['a bad token that is taken', 'bad token', { value: [] }],
		['a bad token of which nothing is said', 'bad token', { error: 'fetch failed' }],
		['a top_k of 11 that is taken', 'top_k', { value: { results } }],
		['a rate of which only the status is told', 'rate', { error: 'HTTP 429' }],
		['a rate that is not limited', 'rate', { value: { results } }],
	];
	for (const [name, step, outcome] of wrong) {
		it(`[CNF-4][CNF-5] ${name}`, () => {
			const [line, ...others] = problems({ [step]: outcome });
			assert.ok(line?.startsWith(`${step}: `));
			assert.deepEqual(others, []);
		});
	}

	it('[CNF-4] another revision on the wire than the one that is claimed, or two, or none', () => {
		assert.deepEqual(problems({}, ['2026-07-28']), ['spoke 2026-07-28']);
		assert.deepEqual(problems({}, ['2025-11-25', '2026-07-28']), ['spoke 2025-11-25 and 2026-07-28']);
		assert.deepEqual(problems({}, []), ['spoke no revision']);
	});
});

describe('contentOf', () => {
	it('gives the structured content', () => assert.deepEqual(contentOf({ content: [], structuredContent: { a: 1 } }), { a: 1 }));
	it('throws the text of a tool error', () => {
		assert.throws(() => contentOf({ isError: true, content: [{ type: 'text', text: 'too many' }] }), /^Error: too many$/);
	});
});
