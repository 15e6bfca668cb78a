import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { forecastOf, MEASURED_GAPS } from '../../../../../client/kubectl/plan/forecast.ts';
import { type Restart, type Rollout, restartsOf } from '../../../../../client/kubectl/plan/restarts.ts';
import { runeVaultSpecSchema } from '../../../../../crds/runevault.ts';

const rollout = (replicas: number, change: Partial<Rollout> = {}): Rollout => ({
	name: 'acme',
	spec: runeVaultSpecSchema.parse({ team: 'acme', replicas }),
	pods: ['acme-0', 'acme-1', 'acme-2'],
	primary: 'acme-0',
	isTemplateChanged: true,
	isFailoverPaused: false,
	...change,
});

const words = (restarts: readonly Restart[]) =>
	restarts.map(each =>
		each.kind === 'handover' ? `${each.from} → ${each.to}` : `${each.kind} ${each.pod}${each.wasPrimary ? ' (primary)' : ''}`,
	);

describe('kubectl runevault plan: restarts', () => {
	for (const [what, given, expected] of [
		['no pod, when the template stays', rollout(3, { isTemplateChanged: false }), []],
		[
			'standbys first, the primary last and after a handover',
			rollout(3),
			['restarted acme-2', 'restarted acme-1', 'acme-0 → acme-1', 'restarted acme-0'],
		],
		[
			'around a primary that is not the first',
			rollout(3, { primary: 'acme-1' }),
			['restarted acme-2', 'restarted acme-0', 'acme-1 → acme-0', 'restarted acme-1'],
		],
		[
			'without a handover while failover is paused',
			rollout(3, { isFailoverPaused: true }),
			['restarted acme-2', 'restarted acme-1', 'restarted acme-0 (primary)'],
		],
		['a single pod as it is', rollout(1, { pods: ['acme-0'] }), ['restarted acme-0 (primary)']],
		['the highest end when there are to be fewer', rollout(1, { isTemplateChanged: false }), ['ended acme-2', 'ended acme-1']],
		['also the primary', rollout(2, { isTemplateChanged: false, primary: 'acme-2' }), ['ended acme-2 (primary)']],
		[
			'new ones are of the new template',
			rollout(4),
			['added acme-3', 'restarted acme-2', 'restarted acme-1', 'acme-0 → acme-1', 'restarted acme-0'],
		],
		['none of a vault that has no pods yet', rollout(2, { pods: [], primary: undefined }), ['added acme-0', 'added acme-1']],
	] as const) {
		it(`[CLI-42] ${what}`, () => assert.deepEqual(words(restartsOf(given)), expected));
	}
});

describe('kubectl runevault plan: gap', () => {
	const forecast = (given: Rollout, isServing = true) => forecastOf(restartsOf(given), given.spec.replicas, isServing);

	it('[CLI-42] is none when the primary stays or nobody is served', () => {
		assert.match(forecast(rollout(3, { isTemplateChanged: false })), /^none: the primary stays/);
		assert.match(forecast(rollout(2, { isTemplateChanged: false })), /^none: the primary stays/);
		assert.match(forecast(rollout(3), false), /^none: nobody/);
	});

	it('[CLI-42] is as measured when the primary moves, and a warning when nothing can take over', () => {
		assert.match(forecast(rollout(3)), /^less than 0\.5 s, as measured/);
		assert.match(forecast(rollout(2, { isTemplateChanged: false, primary: 'acme-2' })), /^less than 0\.6 s/);
		assert.match(forecast(rollout(1, { pods: ['acme-0'] })), /^clients get no answer/);
	});

	it('[CLI-42] what is said to be measured is', async () => {
		const url = new URL('../../../../../docs/failover.json', import.meta.url);
		const { cases } = JSON.parse(await readFile(url, 'utf8'));
		for (const [name, seconds] of Object.entries(MEASURED_GAPS)) {
			const found = cases.find((each: { case: string }) => each.case === name);
			assert.ok(found.gapSeconds.max < seconds, `${name}: ${found.gapSeconds.max} s`);
			assert.equal(found.failedAfterRetry, 0);
		}
	});
});
