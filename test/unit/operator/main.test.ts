import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KubeError } from '../../../kube/errors.ts';
import { readConfig } from '../../../operator/config.ts';
import { errorFields } from '../../../operator/log.ts';
import { createMetrics } from '../../../operator/metrics.ts';
import { computeStatus } from '../../../operator/observe/status.ts';
import { notesOf } from '../../../operator/reconcile/notes.ts';
import { answer } from '../../../operator/server.ts';
import * as build from './builders.ts';

const env = { OPERATOR_IMAGE: 'localhost/runevault:test', POD_NAME: 'operator-0', POD_NAMESPACE: 'runevault-system' };

describe('the options', () => {
	it('[OPR-21] have defaults and are frozen', () => {
		const config = readConfig(env);
		assert.deepEqual(config, {
			image: 'localhost/runevault:test',
			identity: 'operator-0',
			namespace: 'runevault-system',
			watchNamespaces: [],
			clusterDomain: 'cluster.local',
			hasLeaderElection: true,
			logLevel: 'info',
			metricsPort: 8080,
			workers: 4,
		});
		assert.ok(Object.isFrozen(config) && Object.isFrozen(config.watchNamespaces));
		assert.deepEqual(readConfig({ ...env, WATCH_NAMESPACES: ' one, two ,' }).watchNamespaces, ['one', 'two']);
	});

	const bad: [string, string | undefined][] = [
		['OPERATOR_IMAGE', undefined],
		['POD_NAME', ''],
		['WATCH_NAMESPACES', 'Not A Namespace'],
		['LEADER_ELECTION', 'yes'],
		['LOG_LEVEL', 'loud'],
		['METRICS_PORT', '70000'],
		['METRICS_PORT', 'http'],
		['WORKERS', '0'],
	];
	for (const [name, value] of bad) {
		it(`[OPR-21] refuse ${name}=${value} by name`, () =>
			assert.throws(() => readConfig({ ...env, [name]: value }), new RegExp(`bad option: .*${name}`)));
	}
});

describe('the log', () => {
	it('tells of an error its message, reason and status, and of several each', () => {
		const error = new KubeError(409, 'Conflict', 'somebody was first', { details: { secret: 'x' } });
		assert.deepEqual(errorFields(error), { name: 'KubeError', message: 'somebody was first', status: 409, reason: 'Conflict' });
		assert.equal((errorFields(new AggregateError([error, 'text'], 'two')).errors as unknown[]).length, 2);
	});
});

describe('the server', () => {
	it('[OPR-27] [OPR-130] [OPR-160] answers metrics and health', async () => {
		const { registry, vault, forgetVault, forgetVaults } = createMetrics(4);
		const healthy = { notAlive: () => undefined, notReady: () => 'the caches are not filled yet' };
		assert.equal((await answer('/livez', registry, healthy))[0], 200);
		assert.deepEqual(await answer('/readyz', registry, healthy), [503, 'text/plain', 'the caches are not filled yet\n']);
		assert.equal((await answer('/', registry, healthy))[0], 404);
		const backup = { lastSuccessAt: '2026-11-25T03:00:00Z', lastVerifiedAt: '2026-11-25T03:00:10Z' };
		const condition = (type: 'Ready' | 'StandbyReady', status: 'True' | 'False', reason: 'Serving' | 'NoStandby' | 'Standing') => ({
			...{ type, status, reason, observedGeneration: 1, lastTransitionTime: '2026-11-25T00:00:00Z', message: '' },
		});
		vault('rune', 'acme', {
			conditions: [condition('Ready', 'True', 'Serving'), condition('StandbyReady', 'False', 'NoStandby')],
			epoch: 7,
			backup,
		});
		const [, , metrics] = await answer('/metrics', registry, healthy);
		assert.match(metrics, /runevault_ready\{namespace="rune",vault="acme"\} 1/);
		assert.match(metrics, /runevault_primary_epoch\{namespace="rune",vault="acme"\} 7/);
		assert.match(metrics, /runevault_condition\{namespace="rune",vault="acme",condition="StandbyReady",reason="NoStandby"\} 0/);
		const times = [...metrics.matchAll(/^runevault_backup_last_(\w+)_timestamp_seconds\{namespace="rune",vault="acme"\} (\d+)$/gm)];
		assert.deepEqual(
			times.map(([, what, at]) => [what, Number(at)]),
			[
				['success', Date.parse(backup.lastSuccessAt) / 1000],
				['verified', Date.parse(backup.lastVerifiedAt) / 1000],
			],
		);
		vault('rune', 'acme', { conditions: [condition('StandbyReady', 'True', 'Standing')], epoch: 7 });
		const next = (await answer('/metrics', registry, healthy))[2];
		assert.match(next, /runevault_condition\{namespace="rune",vault="acme",condition="StandbyReady",reason="Standing"\} 1/);
		assert.doesNotMatch(next, /NoStandby/, 'one series a condition');
		forgetVault('rune', 'acme');
		assert.doesNotMatch((await answer('/metrics', registry, healthy))[2], /vault="acme"/);
		vault('rune', 'acme', { conditions: [condition('Ready', 'True', 'Serving')], epoch: 7 });
		forgetVaults();
		assert.doesNotMatch((await answer('/metrics', registry, healthy))[2], /vault="acme"/, 'an operator that leads no more');
	});
});

describe('events', () => {
	const status = (...modifiers: build.Modifier[]) => computeStatus(build.facts(...modifiers));
	const reasons = (...[before, after]: Parameters<typeof notesOf>) => notesOf(before, after).map(({ reason }) => reason);

	it('tell of a primary, a key, a refusal and a degradation when they come, once', () => {
		const healthy = status();
		const lost = status(build.withStatus(healthy), build.withKeys({ stage: 'missing', what: 'key' }));
		const refused = status(build.withStatus(healthy), build.invalid('spec.team', 'must be a DNS label'));
		const moved = status(build.withStatus(healthy), build.withHolder(1, 8), build.routedTo(1));
		assert.deepEqual(reasons({}, healthy), ['PrimaryChanged', 'KeyRecorded']);
		assert.deepEqual(reasons(healthy, healthy), []);
		assert.deepEqual(reasons(healthy, lost), ['KeysMissing']);
		assert.deepEqual(reasons(lost, lost), []);
		assert.deepEqual(reasons(healthy, refused), ['SpecInvalid']);
		assert.deepEqual(reasons(healthy, moved), ['PrimaryChanged']);
	});
});
