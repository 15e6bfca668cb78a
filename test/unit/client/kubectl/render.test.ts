import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderEvents } from '../../../../client/kubectl/events.ts';
import { renderVault } from '../../../../client/kubectl/render-status.ts';
import { age, oneLine, table } from '../../../../client/kubectl/text.ts';
import type { RuneVault } from '../../../../crds/runevault.ts';
import { ago, anEvent, aPod, aStatus, aToken, aVault, condition, conditions, NOW } from './builders.ts';

const PODS = [aPod('acme-1'), aPod('acme-0')];
const lines = (vault: RuneVault, pods: Parameters<typeof renderVault>[1] = PODS) => renderVault(vault, pods, NOW);
const text = (vault: RuneVault, pods: Parameters<typeof renderVault>[1] = PODS) => lines(vault, pods).join('\n');

describe('kubectl runevault: a vault as a person reads it', () => {
	it('one that is well says so and names nothing in its way', () => {
		const shown = lines(aVault());
		assert.equal(shown[0], 'rune/acme  Ready');
		assert.ok(!shown.some(line => line.includes('in the way')));
	});

	it('shows where it is: endpoint, primary with epoch, short fingerprint, proof', () => {
		const shown = text(aVault());
		assert.match(shown, /endpoint {2}http:\/\/acme\.rune\.svc:8443\/mcp$/m);
		assert.match(shown, /primary {3}acme-0, epoch 7, since 2m$/m);
		assert.match(shown, /key {7}sha256:0123456789ab, version 1$/m);
		assert.match(shown, /proof {5}All is well\.$/m);
	});

	it('says why it is not ready in the first line', () => {
		const status = aStatus({ conditions: conditions(condition('Ready', 'False', 'KeysNotLoaded', 'Secret acme-keys-1 is missing.')) });
		assert.equal(lines(aVault({ status }))[0], 'rune/acme  Not ready  KeysNotLoaded: Secret acme-keys-1 is missing.');
	});

	it('[CLI-6] names each condition that is not as it should be, also those that are good when False', () => {
		const bad = [
			condition('Degraded', 'True', 'PodsNotReady', 'acme-1: not ready, or no answer.'),
			condition('StandbyReady', 'False', 'NoStandby', 'No other pod could take over now.'),
			condition('KeysLoaded', 'Unknown', 'NotProved', 'No ready pod has decrypted a canary yet.'),
		];
		const shown = lines(aVault({ status: aStatus({ conditions: conditions(...bad) }) }));
		const at = shown.findIndex(line => line.includes('in the way'));
		assert.deepEqual(
			shown.slice(at + 2, at + 5).map(line => line.trim().split(/ {2,}/)),
			[
				['KeysLoaded=Unknown', 'NotProved', 'No ready pod has decrypted a canary yet.'],
				['StandbyReady=False', 'NoStandby', 'No other pod could take over now.'],
				['Degraded=True', 'PodsNotReady', 'acme-1: not ready, or no answer.'],
			],
		);
		assert.ok(!shown.some(line => line.includes('proof')), 'nothing is proved');
	});

	it('a status of an older spec is told as such', () => {
		assert.match(text(aVault({}, { generation: 5 })), /this is of generation 4 of the spec, which is at 5/);
	});

	it('one that the operator has not seen yet has neither endpoint nor key', () => {
		const { status: _, ...fresh } = aVault();
		const shown = text(fresh, []);
		assert.match(shown, /^rune\/acme {2}Not ready {2}the operator has not reported yet$/m);
		assert.match(shown, /endpoint {2}none yet/);
		assert.match(shown, /pods\n {4}none\n/);
	});

	it('one that is paused says so', () => {
		assert.match(text(aVault({}, { annotations: { 'runevault.io/paused': 'reconcile' } })), /paused {4}yes/);
	});

	it('pods come in order, with role, readiness, key and age', () => {
		const leaving = aPod('acme-3');
		leaving.metadata.deletionTimestamp = ago(1);
		const shown = lines(aVault(), [leaving, aPod('acme-10', false, 'Pending'), ...PODS]);
		const at = shown.indexOf('  pods');
		assert.deepEqual(
			shown.slice(at + 2, at + 6).map(line => line.trim().split(/ {2,}/)),
			[
				['acme-0', 'primary', 'yes', 'loaded', '10m'],
				['acme-1', 'standby', 'yes', 'loaded', '10m'],
				['acme-3', 'standby', 'leaving', 'loaded', '10m'],
				['acme-10', 'standby', 'no (Pending)', '-', '10m'],
			],
		);
	});

	it('without the right to list pods the rest is shown', () => {
		const shown = renderVault(aVault(), undefined, NOW).join('\n');
		assert.match(shown, /not shown: you may not list pods/);
		assert.match(shown, /ADOPTED BY/);
	});

	it('tokens come with generation, state, age and who adopted them', () => {
		const tokens = [aToken(), aToken({ name: 'admin', generation: 3, state: 'Rotating', rotatedAt: ago(5), adoptedBy: [] })];
		const shown = lines(aVault({ status: aStatus({ tokens }) }));
		assert.deepEqual(
			shown.slice(-2).map(line => line.trim().split(/ {2,}/)),
			[
				['team', '1', 'Active', '3h', 'acme-0, acme-1'],
				['admin', '3', 'Rotating', '5s', 'none'],
			],
		);
	});
});

describe('kubectl runevault: events', () => {
	it('the newest is last, by when a series was last seen', () => {
		const events = [
			anEvent('series', { series: { count: 8, lastObservedTime: ago(10) } }),
			anEvent('single', { eventTime: ago(50) }),
			anEvent('old style', { eventTime: null, deprecatedLastTimestamp: ago(7200), deprecatedCount: 2, type: 'Warning' }),
		];
		assert.deepEqual(
			renderEvents(events, NOW).map(line => line.split(/ {2,}/)),
			[
				['AGE', 'COUNT', 'TYPE', 'REASON', 'NOTE'],
				['2h', '2', 'Warning', 'Rotated', 'old style'],
				['50s', '1', 'Normal', 'Rotated', 'single'],
				['10s', '8', 'Normal', 'Rotated', 'series'],
			],
		);
	});
});

describe('kubectl runevault: text', () => {
	it('what comes from the cluster stays on its line and cannot move the cursor', () => {
		assert.equal(oneLine('a\r\nb\u001b[2Jc\u2028d\t\t e'), 'a b [2Jc d e');
		assert.deepEqual(table(['A', 'B'], [['x\ny', 'z']]), ['A    B', 'x y  z']);
	});

	for (const [seconds, shown] of [
		[0, '0s'],
		[59, '59s'],
		[60, '1m'],
		[3600, '1h'],
		[86_400 * 3, '3d'],
		[-30, '0s'],
	] as const) {
		it(`${seconds} s ago is ${shown}`, () => assert.equal(age(ago(seconds), NOW), shown));
	}

	it('no time is a question mark', () => assert.equal(age(undefined, NOW), '?'));
});
