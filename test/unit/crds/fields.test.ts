import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toConditions } from '../../../crds/conditions.ts';
import { duration, durationMs } from '../../../crds/fields.ts';
import { runeVaultSpecSchema } from '../../../crds/runevault.ts';
import { findAll } from '../../../operator/observe/findings.ts';
import { facts, withoutLease } from '../operator/builders.ts';

describe('durations', () => {
	it('are kept as typed and read in milliseconds', () => {
		assert.deepEqual(['10s', '1m30s', '250ms', '2h'].map(durationMs), [10_000, 90_000, 250, 7_200_000]);
		for (const text of ['', '10', 's', '-1s', '1d', '1.5s', ' 1s']) assert.throws(() => durationMs(text), RangeError, text);
	});

	it('have bounds, both inclusive', () => {
		const schema = duration('1s', '60s');
		for (const [text, isGood] of [
			['999ms', false],
			['1s', true],
			['60s', true],
			['1m', true],
			['61s', false],
			['soon', false],
		] as const) {
			assert.equal(schema.safeParse(text).success, isGood, text);
		}
	});
});

describe('the spec', () => {
	it('fills in every default from the team alone', () => {
		const { team, replicas, keys, access, failover, resources } = runeVaultSpecSchema.parse({ team: 'acme' });
		assert.deepEqual(
			{ team, replicas, keys, access, failover, resources },
			{
				team: 'acme',
				replicas: 3,
				keys: { dimension: 1024, kek: { type: 'Secret' } },
				access: {
					tokens: [{ name: 'team', role: 'Member', generation: 1, overlap: '0s' }],
					limits: { topK: 10, callsPerMinute: 600, failedAuthPerMinute: 20 },
				},
				failover: { probePeriod: '10s', leaseDuration: '15s' },
				resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '1Gi' } },
			},
		);
	});
});

describe('conditions to write', () => {
	it('[OPR-15] keep the time of the last change of status', () => {
		const first = toConditions(findAll(facts()), [], 1, '2026-01-01T00:00:00Z');
		const second = toConditions(findAll(facts(withoutLease())), first, 2, '2026-02-02T00:00:00Z');
		const times = Object.fromEntries(second.map(({ type, lastTransitionTime }) => [type, lastTransitionTime.slice(0, 7)]));
		assert.equal(times.Ready, '2026-02');
		assert.equal(times.Accepted, '2026-01');
		assert.ok(second.every(({ observedGeneration }) => observedGeneration === 2));
	});
});
