import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toConditions } from '../../../crds/conditions.ts';
import { duration, durationMs, storageBytes, storageSize } from '../../../crds/fields.ts';
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

describe('sizes of storage', () => {
	it('are kept as typed and read in bytes', () => {
		assert.deepEqual(['64Mi', '10Gi', '1Ti', '5M', '2G', '1T'].map(storageBytes), [2 ** 26, 10 * 2 ** 30, 2 ** 40, 5e6, 2e9, 1e12]);
		for (const text of ['', '0Gi', '10', 'Gi', '-1Gi', '1.5Gi', '1Ki', '1e9', ' 1Gi'])
			assert.throws(() => storageBytes(text), RangeError, text);
	});

	it('have bounds, both inclusive', () => {
		const schema = storageSize('64Mi', '16Ti');
		for (const text of ['64Mi', '68M', '16Ti', '17T', '16384Gi']) assert.equal(schema.safeParse(text).success, true, text);
		for (const text of ['63Mi', '67M', '17Ti', '18T', '10', 'much']) assert.equal(schema.safeParse(text).success, false, text);
	});
});

describe('the audit sink', () => {
	const issues = (audit: unknown) =>
		runeVaultSpecSchema.safeParse({ team: 'acme', audit }).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
	it('[OPR-63] is Stdout unless told, and a volume is there exactly with Volume', () => {
		assert.deepEqual(runeVaultSpecSchema.parse({ team: 'acme' }).audit, { sink: 'Stdout' });
		assert.equal(issues({ sink: 'Volume', volume: { size: '1Gi' } }), undefined);
		for (const audit of [{ sink: 'Volume' }, { sink: 'Stdout', volume: { size: '1Gi' } }, { volume: { size: '1Gi' } }])
			assert.deepEqual(issues(audit), ['audit.volume: must be there with the sink Volume, and only then']);
		assert.deepEqual(issues({ sink: 'Volume', volume: { size: '1Mi' } }), ['audit.volume.size: must be between 64Mi and 16Ti']);
		assert.match(String(issues({ sink: 'Volume', volume: {} })), /^audit\.volume\.size: /);
		assert.match(String(issues({ sink: 'Syslog' })), /^audit\.sink: /);
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
				keys: { dimension: 1024, deletionPolicy: 'Retain', kek: { type: 'Secret' } },
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
