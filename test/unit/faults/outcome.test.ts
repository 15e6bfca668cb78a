import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { broken, differences, type Outcome } from '../../faults/outcome.ts';
import { outcome } from './builders.ts';

const moved = outcome({ gapSeconds: 10, failedAfterRetry: 70, after: { pod: 'acme-1', epoch: 4 } });
const stranded = outcome({ gapSeconds: 31, isServed: false, failedAfterRetry: 200 });

describe('[CLU-64] an outcome of the partition matrix', () => {
	it('is as expected', () => {
		assert.deepEqual(broken({ outcome: 'unnoticed' }, outcome()), []);
		assert.deepEqual(broken({ outcome: 'appointed' }, moved), []);
		assert.deepEqual(broken({ outcome: 'expired' }, { ...moved, gapSeconds: 16 }), []);
		assert.deepEqual(broken({ outcome: 'stranded' }, stranded), []);
		assert.deepEqual(broken({ outcome: 'stranded' }, { ...stranded, after: { pod: 'acme-2', epoch: 4 } }), []);
	});

	const cases: readonly (readonly [string, Parameters<typeof broken>[0]['outcome'], Outcome, RegExp])[] = [
		['a gap that is too long', 'appointed', { ...moved, gapSeconds: 21.5 }, /the gap is 21\.50 s, expected are 1 to 21 s/],
		['a cut that nobody felt', 'appointed', { ...moved, gapSeconds: 0.1 }, /the gap is 0\.10 s/],
		['an answer out of nowhere', 'stranded', { ...stranded, isServed: true }, /clients are served at the end of the cut/],
		['silence at the end', 'appointed', { ...moved, isServed: false }, /clients are not served/],
		['calls that failed twice', 'unnoticed', outcome({ failedAfterRetry: 2 }), /2 calls failed that were tried twice/],
		['wrong answers', 'stranded', { ...stranded, wrongAnswers: 1 }, /1 answers are wrong/],
		['refused tokens', 'stranded', { ...stranded, unauthorized: 3 }, /3 calls with a valid token/],
		['a Secret that was written', 'unnoticed', outcome({ changedSecrets: ['acme-token-team'] }), /touched: acme-token-team/],
		['a slow recovery', 'unnoticed', outcome({ wholeSeconds: 61 }), /not whole again 60 s after/],
		[
			'a primary that moved',
			'unnoticed',
			outcome({ after: { pod: 'acme-1', epoch: 4 } }),
			/the primary is acme-1 after acme-0, expected is the same/,
		],
		['a primary that stayed', 'appointed', { ...moved, after: moved.before }, /expected is another/],
		['an epoch that stayed', 'appointed', { ...moved, after: { pod: 'acme-1', epoch: 3 } }, /the epoch is 3 after 3/],
		['an epoch that fell', 'unnoticed', outcome({ after: { pod: 'acme-0', epoch: 2 } }), /the epoch is 2 after 3/],
	];
	for (const [what, name, found, line] of cases) {
		it(`is not with ${what}`, () => {
			const lines = broken({ outcome: name }, found);
			assert.equal(lines.length, 1, lines.join('\n'));
			assert.match(lines[0] ?? '', line);
		});
	}

	it('is not without recovery', () => {
		const { after: _, wholeSeconds: __, changedSecrets: ___, ...lost } = outcome();
		assert.deepEqual(broken({ outcome: 'unnoticed' }, { ...lost, lacks: 'no primary' }), [
			'it is not whole again 60 s after the cut: no primary',
		]);
	});

	it('names what differs', () => {
		assert.deepEqual(differences({ a: '1', b: '2', c: '3' }, { a: '1', b: '4', d: '5' }), ['b', 'c', 'd']);
	});
});
