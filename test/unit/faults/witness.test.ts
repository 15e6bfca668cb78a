import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lackSince, type Witness } from '../../faults/witness.ts';

const condition = (type: 'Ready' | 'StandbyReady' | 'Progressing' | 'Degraded', status: 'True' | 'False') => ({
	...{ type, status, reason: 'Test', message: '', observedGeneration: 1, lastTransitionTime: '2026-11-25T00:00:00Z' },
});
const healed = 1_000;
const whole: Witness = {
	view: {
		generation: 1,
		replicas: 1,
		status: {
			primary: { pod: 'acme-0', epoch: 3, since: '2026-11-25T00:00:00Z' },
			conditions: [
				condition('Ready', 'True'),
				condition('StandbyReady', 'True'),
				condition('Progressing', 'False'),
				condition('Degraded', 'False'),
			],
		},
		pods: [{ name: 'acme-0', node: 'node1', address: '10.0.0.1', isReady: true }],
	},
	term: { holder: 'acme-0', epoch: 3, renewedAt: healed + 1 },
	operators: { holder: 'operator', epoch: 1, renewedAt: healed + 1 },
	areOperatorsReady: true,
	primaries: ['acme-0'],
	secrets: {},
};

describe('a Vault after a cut', () => {
	it('is whole when everybody agrees', () => assert.equal(lackSince(whole, healed, 3), undefined));

	const cases: readonly (readonly [string, Partial<Witness>, RegExp])[] = [
		['without an operator', { areOperatorsReady: false }, /operator is ready/],
		['with an operator of the time before', { operators: { ...whole.operators, renewedAt: healed - 1 } }, /no operator leads/],
		['with a Lease of the time before', { term: { ...whole.term, renewedAt: healed - 1 } }, /nobody has renewed/],
		['with two primaries', { primaries: ['acme-0', 'acme-1'] }, /acme-0 and acme-1 calls itself primary/],
		['without a primary', { primaries: [] }, /nobody calls itself primary, the Lease names acme-0/],
		['with a Lease that names another', { term: { ...whole.term, holder: 'acme-1' }, primaries: ['acme-1'] }, /the status names acme-0/],
		['with a pod that is not ready', { view: { ...whole.view, pods: [] } }, /0 of 1 pods/],
	];
	for (const [what, change, lacks] of cases) {
		it(`is not ${what}`, () => assert.match(lackSince({ ...whole, ...change }, healed, 3) ?? '', lacks));
	}

	it('is not while its status is behind its clients', () => assert.match(lackSince(whole, healed, 4) ?? '', /epoch 3/));
});
