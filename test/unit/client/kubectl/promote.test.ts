import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RuneVault } from '../../../../crds/runevault.ts';
import type { RuneVaultStatus } from '../../../../crds/status.ts';
import { status as refusal } from '../../kube/api-stub.ts';
import { ago, anEvent, aPod, aStatus, aVault } from './builders.ts';
import { kubectl, type Result, type World } from './fake-cluster.ts';

const PODS = [aPod('acme-10'), aPod('acme-2'), aPod('acme-0'), aPod('acme-1', false, 'Pending')];
const patches = ({ received }: Result) => received.filter(({ method }) => method === 'PATCH');
const promote = (words: string, world: World = {}) =>
	kubectl(['promote', ...words.split(' ')], { vaults: [aVault()], pods: PODS, ...world });

const withStatus = (change: Partial<RuneVaultStatus>): RuneVault => aVault({ status: aStatus(change) });
const asked = withStatus({ targetPrimary: 'acme-2' });
const ongoing = { from: 'acme-0', to: 'acme-2', epoch: 7, reason: 'Promoted' as const, startedAt: ago(1) };
const appointed = withStatus({ failover: { count: 3, ongoing } });
const last = { from: 'acme-0', to: 'acme-2', reason: 'Promoted' as const, startedAt: ago(1), completedAt: ago(0), milliseconds: 412 };
const primary = { pod: 'acme-2', epoch: 8, since: ago(0) };
const done = withStatus({ primary, failover: { count: 4, last } });

/** What is read one after the other; the last one from then on. */
const readings = (...steps: RuneVault[]): World => ({
	onRead: (vault, count) => steps[count - 1] ?? steps.at(-1) ?? vault,
});

describe('kubectl runevault promote', () => {
	it('[CLI-9] asks by the status alone, if the vault is as it was read', async () => {
		const result = await promote('acme acme-2 --no-wait');
		assert.deepEqual([result.code, result.out, result.err], [0, 'acme-2 is asked for as primary of acme\n', '']);
		const [patch] = patches(result);
		assert.match(patch?.url ?? '', /\/namespaces\/rune\/runevaults\/acme\/status\?fieldManager=kubectl-runevault$/);
		assert.equal(patch?.contentType, 'application/merge-patch+json');
		assert.deepEqual(JSON.parse(patch?.body ?? ''), { metadata: { resourceVersion: '10' }, status: { targetPrimary: 'acme-2' } });
	});

	it('[CLI-9] without a pod the first standby that is ready is meant, and one that is leaving is not', async () => {
		assert.match((await promote('acme --no-wait')).out, /^acme-2 is asked for/);
		const leaving = aPod('acme-2');
		leaving.metadata.deletionTimestamp = ago(1);
		assert.match((await promote('acme --no-wait', { pods: [leaving, aPod('acme-10'), aPod('acme-0')] })).out, /^acme-10 is asked for/);
	});

	it('[CLI-9] waits until clients reach the pod, telling each step once, and says how long it took', async () => {
		const { code, out, err } = await promote('acme acme-2', readings(aVault(), asked, asked, appointed, appointed, done));
		assert.equal(code, 0);
		assert.equal(out, 'acme-2 is asked for as primary of acme\nacme-2 is primary of acme, epoch 8, after 0.4 s\n');
		assert.equal(err, 'waiting for the operator\nacme-2 is appointed in the place of acme-0: waiting for its route\n');
	});

	it('a change that the operator has not recorded is measured by the wait', async () => {
		const { out } = await promote('acme acme-2', readings(aVault(), asked, asked, withStatus({ primary })));
		assert.match(out, /acme-2 is primary of acme, epoch 8, after 1\.0 s\n$/);
	});

	it('a moment without the wish and without its outcome is no refusal', async () => {
		const { code } = await promote('acme acme-2', readings(aVault(), asked, aVault(), aVault(), appointed, aVault(), done));
		assert.equal(code, 0);
	});

	it('[CLI-9] a refusal is told in the words of the newest event about this pod', async () => {
		const event = (note: string, seconds: number, reason = 'PromotionRefused') => anEvent(note, { reason, eventTime: ago(seconds) });
		const events = [
			event('acme-2 is not a pod of this Vault: the primary stays where it is.', 900),
			event('acme-2 is not ready: the primary stays where it is.', 1),
			event('acme-10 is not ready: the primary stays where it is.', 0),
			event('acme-2 is somebody.', 0, 'Other'),
		];
		const { code, err } = await promote('acme acme-2', { events, ...readings(aVault(), asked, aVault()) });
		assert.equal(code, 1);
		assert.match(err, /\nkubectl runevault: the operator refuses: acme-2 is not ready: the primary stays where it is\.\n$/);
	});

	it('a refusal without a reason is told as such', async () => {
		const { code, err } = await promote('acme acme-2', readings(aVault(), aVault()));
		assert.equal(code, 1);
		assert.match(err, /acme-2 is not primary of acme and not asked for any more; no event says why\n$/);
		const blind = await promote('acme acme-2', { events: 'forbidden', ...readings(aVault(), aVault()) });
		assert.match(blind.err, /refuses acme-2; its event says why, and you may not list events\n$/);
	});

	it('a wait that is too long ends with what was last missing', async () => {
		const { code, err } = await promote('acme acme-2 --timeout 1s', readings(aVault(), asked));
		assert.equal(code, 1);
		assert.match(err, /acme-2 is not primary of acme in time, and still asked for; last: waiting for the operator\n$/);
	});

	it('what gets in the way of the wait is told', async () => {
		const paused = aVault({ status: aStatus({ targetPrimary: 'acme-2' }) }, { annotations: { 'runevault.io/paused': 'reconcile' } });
		const other = withStatus({ targetPrimary: 'acme-10' });
		const { err } = await promote('acme acme-2', readings(aVault(), paused, other, done));
		assert.equal(err, 'acme is paused: waiting for its resume\nsomebody asks for acme-10 instead\n');
	});

	it('[CLI-9] reads again when somebody wrote meanwhile, and gives up in the end', async () => {
		let writes = 0;
		const onPatch = () => (++writes < 3 ? [409, refusal(409, 'Conflict')] : [200, aVault()]) as readonly [number, unknown];
		const result = await promote('acme acme-2 --no-wait', { onPatch });
		assert.deepEqual([result.code, patches(result).length], [0, 3]);
		const moved = await promote('acme acme-2', { onPatch: () => [409, refusal(409, 'Conflict')], ...readings(aVault(), done) });
		assert.deepEqual([moved.code, moved.out, patches(moved).length], [0, 'acme-2 is primary of acme already\n', 1]);
		const never = await promote('acme acme-2', { onPatch: () => [409, refusal(409, 'Conflict')] });
		assert.deepEqual([never.code, patches(never).length], [1, 5]);
		assert.match(never.err, /acme is being changed by others all the time; nothing was done: try again\n$/);
	});

	it('what is asked for already is not written again', async () => {
		const result = await promote('acme acme-2', readings(asked, done));
		assert.deepEqual([result.code, patches(result).length], [0, 0]);
	});

	it('works while only failover is paused', async () => {
		const vaults = [aVault({}, { annotations: { 'runevault.io/paused': 'failover' } })];
		assert.equal((await promote('acme acme-2 --no-wait', { vaults })).code, 0);
	});

	it('without the right to list pods the operator is left to judge, and the pod must be named', async () => {
		assert.equal((await promote('acme acme-2 --no-wait', { pods: 'forbidden' })).code, 0);
		const { code, err } = await promote('acme', { pods: 'forbidden' });
		assert.deepEqual([code, err], [1, 'kubectl runevault: you may not list pods, so none can be chosen for you: name the POD\n']);
	});

	it('without the right to write the status, that right is named', async () => {
		const { code, err } = await promote('acme acme-2', { onPatch: () => [403, refusal(403, 'Forbidden')] });
		assert.equal(code, 1);
		assert.equal(err, 'kubectl runevault: promote needs the right to patch runevaults/status of runevault.io: refused: Forbidden\n');
	});

	it('[CLI-9] the pod that is primary already is no mistake', async () => {
		const result = await promote('acme acme-0');
		assert.deepEqual([result.code, result.out, patches(result).length], [0, 'acme-0 is primary of acme already\n', 0]);
	});
});

describe('kubectl runevault promote: refused before anything is written', () => {
	const leaving = aPod('acme-2');
	leaving.metadata.deletionTimestamp = ago(1);
	const paused = { annotations: { 'runevault.io/paused': 'reconcile' } };
	const cases: [words: string, world: World, message: string][] = [
		['acme acme-7', {}, 'acme has no pod acme-7; it has acme-0, acme-1, acme-2, acme-10'],
		['acme acme-7', { pods: [] }, 'acme has no pod acme-7; it has none'],
		['acme acme-1', {}, 'acme-1 is not ready, so it could not take over: its phase is Pending'],
		['acme acme-2', { pods: [leaving] }, 'acme-2 is being deleted'],
		['acme', { pods: [aPod('acme-0'), aPod('acme-1', false, 'Pending')] }, 'no standby of acme is ready: acme-1 no (Pending)'],
		['acme', { pods: [aPod('acme-0')] }, 'no standby of acme is ready: there is none'],
		['acme acme-2', { vaults: [aVault({}, paused)] }, 'acme is paused: the operator would not act; resume it first'],
		['acme acme-2', { vaults: [aVault({}, { deletionTimestamp: ago(1) })] }, 'acme is being deleted'],
		[
			'acme acme-2',
			{ vaults: [withStatus({ targetPrimary: 'acme-10' })] },
			'acme-10 is asked for already, and the operator has not answered yet',
		],
	];
	for (const [words, world, message] of cases) {
		it(`[CLI-9] ${message}`, async () => {
			const result = await promote(words, world);
			assert.deepEqual([result.code, result.out, result.err], [1, '', `kubectl runevault: ${message}\n`]);
			assert.equal(patches(result).length, 0);
		});
	}
});
