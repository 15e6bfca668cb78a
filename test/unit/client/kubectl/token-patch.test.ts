import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rotation } from '../../../../client/kubectl/token-patch.ts';
import { aVault } from './builders.ts';

const of = (spec: unknown, token = 'team') => rotation(aVault({ spec }), token);
const RAISED = [{ name: 'team', role: 'Member', generation: 2, overlap: '0s' }];

describe('kubectl runevault: the patch that rotates a token', () => {
	it('tests the token where it was read and raises its generation only', () => {
		const tokens = [{ name: 'team' }, { name: 'admin', role: 'Admin', generation: 4 }];
		assert.deepEqual(of({ access: { tokens } }, 'admin'), {
			generation: 5,
			patch: [
				{ op: 'test', path: '/spec/access/tokens/1', value: tokens[1] },
				{ op: 'add', path: '/spec/access/tokens/1/generation', value: 5 },
			],
		});
	});

	it('a generation that is not written is the first', () => {
		const { patch, generation } = of({ access: { tokens: [{ name: 'team' }] } });
		assert.equal(generation, 2);
		assert.deepEqual(patch[0], { op: 'test', path: '/spec/access/tokens/0', value: { name: 'team' } });
	});

	it('without a list the one in force is written beside the limits', () => {
		const access = { limits: { topK: 5 } };
		assert.deepEqual(of({ team: 'acme', access }).patch, [
			{ op: 'test', path: '/spec/access', value: access },
			{ op: 'add', path: '/spec/access/tokens', value: RAISED },
		]);
	});

	it('without access the one in force is written into a spec that is as it was read', () => {
		assert.deepEqual(of({ team: 'acme' }).patch, [
			{ op: 'test', path: '/spec', value: { team: 'acme' } },
			{ op: 'add', path: '/spec/access', value: { tokens: RAISED } },
		]);
	});

	it('a token that is not there, or a list that is not valid, is refused by name', () => {
		assert.throws(() => of({ team: 'acme' }, 'admin'), /acme has no token admin; it has team/);
		assert.throws(() => of({ access: { tokens: [{ name: 'Team' }] } }), /the tokens of acme are not valid: access\.tokens\.0\.name/);
	});
});
