import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderEvents } from '../../../../client/kubectl/events.ts';
import { renderVault } from '../../../../client/kubectl/render-status.ts';
import { age, oneLine, table } from '../../../../client/kubectl/text.ts';
import type { RuneVault } from '../../../../crds/runevault.ts';
import { ago, anEvent, aPod, aStatus, aToken, aVault, condition, conditions, NOW } from './builders.ts';

const LAST = {
	...{ from: 'acme-0', to: 'acme-1', reason: 'PodDeleted' as const, milliseconds: 412 },
	...{ startedAt: ago(7201), completedAt: ago(7200) },
};
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

	it('[CLI-10] one that is paused says which pause it is, and nothing else of it', () => {
		const shown = (pause: string) => text(aVault({}, { annotations: { 'runevault.io/paused': pause } }));
		assert.match(shown('reconcile'), /paused {4}reconcile: the operator changes nothing$/m);
		assert.doesNotMatch(shown('else'), /paused/);
		const paused = condition('Progressing', 'False', 'FailoverPaused', 'The annotation runevault.io/paused keeps the operator from it.');
		const status = aStatus({ conditions: conditions(paused) });
		const failover = text(aVault({ status }, { annotations: { 'runevault.io/paused': 'failover' } }));
		assert.match(failover, /paused {4}failover: the operator moves the primary only when promote asks for it$/m);
		assert.doesNotMatch(failover, /in the way|FailoverPaused|annotation/);
	});

	it('[CLI-11] tells the change of primary that is under way, with or without a successor', () => {
		const ongoing = { from: 'acme-0', epoch: 7, reason: 'NoAnswer' as const, startedAt: ago(3) };
		const shown = (to?: string) =>
			text(aVault({ status: aStatus({ failover: { count: 2, last: LAST, ongoing: { ...ongoing, ...(to && { to }) } } }) }));
		assert.match(shown('acme-1'), /^ {2}failover {2}acme-0 is being replaced by acme-1: NoAnswer, 3s ago$/m);
		assert.match(shown(), /^ {2}failover {2}acme-0 is to be replaced, nobody is appointed yet: NoAnswer, 3s ago$/m);
		assert.doesNotMatch(shown(), /last failover/);
	});

	it('[CLI-11] tells the last change of primary and how many there were', () => {
		const shown = text(aVault({ status: aStatus({ failover: { count: 3, last: LAST } }) }));
		assert.match(shown, /^ {2}last failover {2}acme-0 → acme-1, PodDeleted, 0\.4 s, 2h ago; 3 so far$/m);
		assert.match(shown, /^ {2}endpoint {7}http/m, 'aligned with the others');
		assert.doesNotMatch(text(aVault({ status: aStatus({ failover: { count: 0 } }) })), /failover/);
	});

	it('[CLI-11] tells which pod is asked for, and where clients are sent with AllReady', () => {
		const status = aStatus({ targetPrimary: 'acme-2' });
		assert.match(text(aVault({ status })), /^ {2}asked for {2}acme-2 as primary; not answered yet$/m);
		assert.match(
			text(aVault({ spec: { team: 'acme', routing: 'AllReady' } })),
			/^ {2}routing {3}AllReady: clients reach every ready pod$/m,
		);
		assert.doesNotMatch(text(aVault()), /routing/);
	});

	it('stays within 100 columns', () => {
		const message = `${'acme-1, acme-2 and others: not ready, or no answer. '.repeat(6)}The end.`;
		const bad = condition('Degraded', 'True', 'FingerprintMismatch', message);
		const shown = lines(aVault({ status: aStatus({ conditions: conditions(bad), failover: { count: 3, last: LAST } }) }));
		assert.deepEqual(
			shown.filter(line => line.length > 100),
			[],
		);
		assert.ok(shown.some(line => line.trimStart() === line.trim() && line.endsWith('The end.')));
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

	it('[CLI-6] tokens come with the next rotation and the end of the token before, when one of them has that', () => {
		const times = { nextRotationAt: '2026-01-09T03:04:05Z', previousUntil: '2026-01-02T04:04:05Z' };
		const table = (...tokens: ReturnType<typeof aToken>[]) =>
			lines(aVault({ status: aStatus({ tokens }) }))
				.slice(-1 - tokens.length)
				.map(line => line.trim().split(/ {2,}/));
		assert.deepEqual(table(aToken(times), aToken({ name: 'admin' })), [
			['NAME', 'GENERATION', 'STATE', 'AGE', 'NEXT ROTATION', 'PREVIOUS UNTIL', 'ADOPTED BY'],
			['team', '1', 'Active', '3h', times.nextRotationAt, times.previousUntil, 'acme-0, acme-1'],
			['admin', '1', 'Active', '3h', '-', '-', 'acme-0, acme-1'],
		]);
		assert.deepEqual(table(aToken({ previousUntil: times.previousUntil }))[0]?.slice(3), ['AGE', 'PREVIOUS UNTIL', 'ADOPTED BY']);
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

	it('a long last cell goes on below itself, by words; a word that is too long stays whole', () => {
		const rows = [['x', `${'a'.repeat(20)} ${'b'.repeat(9)} c ${'d'.repeat(31)} e`]];
		assert.deepEqual(table(['A', 'B'], rows, 33), [
			'A  B',
			`x  ${'a'.repeat(20)} ${'b'.repeat(9)}`,
			'   c',
			`   ${'d'.repeat(31)}`,
			'   e',
		]);
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
