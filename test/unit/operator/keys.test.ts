import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KEYGEN_RETRY_MS, type KeysObserved, keyState, retryAfter } from '../../../operator/reconcile/keys.ts';
import { FINGERPRINT, NOW } from './builders.ts';

const nothing: KeysObserved = {
	key: undefined,
	hasKek: false,
	hasCanaries: false,
	job: undefined,
	fault: undefined,
	recorded: undefined,
	hasWorkload: false,
};
const key = { fingerprint: FINGERPRINT };
const other = { fingerprint: `sha256:${'00'.repeat(32)}` };

const ROWS: [string, Partial<KeysObserved>, string][] = [
	['nothing yet', {}, 'generate'],
	['a KEK of a keygen that was cut off', { hasKek: true }, 'generate'],
	['a key recorded, and gone', { hasKek: true, hasCanaries: true, recorded: FINGERPRINT }, 'missing'],
	['pods, and no key, and nothing recorded', { hasKek: true, hasWorkload: true }, 'missing'],
	['a key without its KEK', { key }, 'missing'],
	['a key without its KEK, recorded', { key, recorded: FINGERPRINT, hasCanaries: true }, 'missing'],
	['another key than recorded', { key: other, hasKek: true, hasCanaries: true, recorded: FINGERPRINT }, 'mismatch'],
	['a key that does not say which', { key: { fingerprint: undefined }, hasKek: true, hasCanaries: true }, 'mismatch'],
	['a key without canaries', { key, hasKek: true }, 'generate'],
	['a recorded key without canaries', { key, hasKek: true, recorded: FINGERPRINT, hasWorkload: true }, 'generate'],
	['all three', { key, hasKek: true, hasCanaries: true }, 'ready'],
	['all three, recorded', { key, hasKek: true, hasCanaries: true, recorded: FINGERPRINT, hasWorkload: true }, 'ready'],
];

describe('the state of the keys', () => {
	for (const [what, observed, stage] of ROWS) {
		it(`[OPR-11] with ${what}: ${stage}`, () => assert.equal(keyState({ ...nothing, ...observed }).stage, stage));
	}

	it('[OPR-11] never asks for a new key once one was recorded or pods have run', () => {
		for (const hasKek of [true, false]) {
			for (const hasCanaries of [true, false]) {
				for (const known of [{ recorded: FINGERPRINT }, { hasWorkload: true }]) {
					const state = keyState({ ...nothing, ...known, hasKek, hasCanaries });
					assert.deepEqual(state, { stage: 'missing', what: 'key' });
				}
			}
		}
	});

	it('[OPR-62] is failed as soon as a pod of the Job has said why', () => {
		const job = { uid: 'job', isFailed: false, failedAt: undefined };
		assert.deepEqual(keyState({ ...nothing, job, fault: 'ImportWrongKek' }), {
			...{ stage: 'generate', fingerprint: undefined, isFailed: true },
			fault: 'ImportWrongKek',
		});
		assert.equal(keyState({ ...nothing, key, hasKek: true, hasCanaries: true, job, fault: 'ImportWrongKek' }).stage, 'ready');
	});

	it('[OPR-10] leaves a failed keygen Job for a while and then has it replaced', () => {
		const failedAt = new Date(NOW).toISOString();
		const job = { uid: 'job', isFailed: true, failedAt };
		assert.equal(retryAfter(job, NOW), KEYGEN_RETRY_MS);
		assert.equal(retryAfter(job, NOW + KEYGEN_RETRY_MS), 0);
		assert.equal(retryAfter({ ...job, failedAt: undefined }, NOW), 0);
		assert.equal(retryAfter({ ...job, isFailed: false }, NOW), undefined);
		assert.equal(retryAfter(undefined, NOW), undefined);
	});
});
