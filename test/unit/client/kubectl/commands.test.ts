import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { describe, it } from 'node:test';
import { run } from '../../../../client/kubectl/run.ts';
import { systemClock } from '../../../../kube/clock.ts';
import { status as refusal } from '../../kube/api-stub.ts';
import { anEvent, aPod, aStatus, aVault } from './builders.ts';
import { kubectl, noForward, quietScreen, type Result } from './fake-cluster.ts';

const PAUSED = { 'runevault.io/paused': 'reconcile' };
const patches = ({ received }: Result) => received.filter(({ method }) => method === 'PATCH');
const [vault, other] = [aVault(), aVault({}, { name: 'beta', namespace: 'tools' })];

describe('kubectl runevault status', () => {
	it('[CLI-8] shows one vault with its own pods, and asks for no Secret', async () => {
		const stranger = aPod('beta-0');
		stranger.metadata.labels = { 'runevault.io/vault': 'beta' };
		const { code, out, received } = await kubectl(['status', 'acme'], { vaults: [vault], pods: [aPod('acme-0'), stranger] });
		assert.equal(code, 0);
		assert.match(out, /^rune\/acme {2}Ready\n/);
		assert.match(out, /acme-0 {2}primary/);
		assert.doesNotMatch(out, /beta-0/);
		assert.ok(!received.some(({ url }) => url.includes('secrets')));
		assert.ok(received.some(({ url }) => decodeURIComponent(url).includes('runevault.io/vault=acme,app.kubernetes.io/component=vault')));
	});

	it('without a name shows those of the namespace, with -A those of all', async () => {
		const here = await kubectl(['status'], { vaults: [other, vault] });
		assert.deepEqual(here.out.match(/^\S+/gm), ['rune/acme']);
		const there = await kubectl(['status', '-n', 'tools'], { vaults: [other, vault] });
		assert.deepEqual(there.out.match(/^\S+/gm), ['tools/beta']);
		const everywhere = await kubectl(['status', '-A'], { vaults: [other, vault] });
		assert.deepEqual(everywhere.out.match(/^\S+/gm), ['rune/acme', 'tools/beta']);
	});

	it('says so when there is none', async () => {
		assert.equal((await kubectl(['status'], {})).out, 'there is no RuneVault in namespace rune\n');
		assert.equal((await kubectl(['status', '-A'], {})).out, 'there is no RuneVault in any namespace\n');
	});

	it('does without the right to list pods', async () => {
		const { code, out } = await kubectl(['status', 'acme'], { vaults: [vault], pods: 'forbidden' });
		assert.equal(code, 0);
		assert.match(out, /you may not list pods/);
	});

	it('-o json prints the status of one, a list of several', async () => {
		const one = await kubectl(['status', 'acme', '-o', 'json'], { vaults: [vault] });
		assert.deepEqual(JSON.parse(one.out), vault.status);
		const all = await kubectl(['status', '-o', 'json', '-A'], { vaults: [vault, other] });
		assert.deepEqual(JSON.parse(all.out), [
			{ namespace: 'rune', name: 'acme', status: vault.status },
			{ namespace: 'tools', name: 'beta', status: other?.status },
		]);
	});
});

describe('kubectl runevault pause, resume', () => {
	for (const [command, value, said] of [
		['pause', 'reconcile', /^acme is paused: the operator changes nothing/],
		['pause --failover', 'failover', /^acme is paused for failover: the operator moves its primary only when promote asks/],
		['resume', null, /^acme is resumed: /],
	] as const) {
		it(`[CLI-10] ${command} writes the annotation and nothing else`, async () => {
			const result = await kubectl([...command.split(' '), 'acme'], { vaults: [vault] });
			assert.equal(result.code, 0);
			assert.match(result.out, said);
			const [patch] = patches(result);
			assert.equal(patch?.contentType, 'application/merge-patch+json');
			assert.deepEqual(JSON.parse(patch?.body ?? ''), { metadata: { annotations: { 'runevault.io/paused': value } } });
		});
	}
});

describe('kubectl runevault events', () => {
	it('asks for the events of this RuneVault and shows the newest last', async () => {
		const events = [anEvent('second', { eventTime: '2026-01-02T03:00:00Z' }), anEvent('first', { eventTime: '2026-01-02T02:00:00Z' })];
		const { code, out, received } = await kubectl(['events', 'acme'], { vaults: [vault], events });
		assert.equal(code, 0);
		assert.deepEqual(out.match(/first|second/g), ['first', 'second']);
		const { searchParams } = new URL(received[0]?.url ?? '', 'http://api');
		assert.equal(searchParams.get('fieldSelector'), 'regarding.kind=RuneVault,regarding.name=acme');
	});

	it('says so when there is none', async () => {
		assert.match((await kubectl(['events', 'acme'], { vaults: [vault] })).out, /^no events of acme/);
	});
});

describe('kubectl runevault: refusals', () => {
	for (const argv of [
		['status', 'acme'],
		['rotate', 'token', 'acme', 'team'],
		['pause', 'acme'],
		['pause', 'acme', '--failover'],
		['promote', 'acme'],
		['resume', 'acme'],
		['events', 'acme'],
	]) {
		it(`${argv[0]}: a RuneVault that is missing is one line and exit code 1`, async () => {
			const { code, out, err } = await kubectl([...argv, '-n', 'tools'], { vaults: [vault] });
			assert.deepEqual([code, out, err], [1, '', 'kubectl runevault: there is no RuneVault acme in namespace tools\n']);
		});
	}

	it('what the API server refuses is one line and exit code 1', async () => {
		const onPatch = () => [403, { ...(refusal(403, 'Forbidden') as object), message: 'may not\npatch' }] as const;
		const { code, err } = await kubectl(['pause', 'acme'], { vaults: [vault], onPatch });
		assert.deepEqual([code, err], [1, 'kubectl runevault: may not patch\n']);
	});

	it('a kubeconfig that cannot be read is one line and exit code 1', async () => {
		const said: string[] = [];
		const say = (text: string) => void said.push(text);
		const findCluster = () => Promise.reject(new Error('bad\n indentation'));
		const code = await run(['status'], {
			findCluster,
			clock: systemClock,
			read: createReadStream,
			stdout: say,
			stderr: say,
			screen: quietScreen,
			forward: noForward,
		});
		assert.deepEqual([code, said], [1, ['kubectl runevault: the kubeconfig cannot be used: bad indentation\n']]);
	});
});

describe('kubectl runevault rotate token', () => {
	const asked = ['rotate', 'token', 'acme', 'team'];
	const patched = () => [200, aVault({}, { generation: 5 })] as const;
	const adopted = aStatus({
		conditions: (aStatus().conditions ?? []).map(each => ({ ...each, observedGeneration: 5 })),
		tokens: (aStatus().tokens ?? []).map(each => ({ ...each, generation: 2 })),
	});

	it('raises the generation if the token is what it was', async () => {
		const result = await kubectl([...asked, '--no-wait'], { vaults: [vault], onPatch: patched });
		assert.deepEqual([result.code, result.out], [0, 'token team of acme: generation 2 is asked for\n']);
		const [patch] = patches(result);
		assert.equal(patch?.contentType, 'application/json-patch+json');
		assert.deepEqual(JSON.parse(patch?.body ?? ''), [
			{ op: 'test', path: '/spec/access/tokens/0', value: { name: 'team', role: 'Member', generation: 1 } },
			{ op: 'add', path: '/spec/access/tokens/0/generation', value: 2 },
		]);
	});

	it('waits until the operator has seen the change and every pod the token, and tells each step once', async () => {
		const steps = [vault, vault, vault, aVault({ status: { ...adopted, tokens: [] } }), aVault({ status: adopted })];
		const onRead = (_: unknown, count: number) => steps[count - 1] ?? vault;
		const { code, out, err } = await kubectl(asked, { vaults: [vault], onPatch: patched, onRead });
		assert.equal(code, 0);
		assert.match(out, /generation 2 is in force on every pod; the old token is refused\n$/);
		assert.equal(err, 'waiting for the operator to see the change\nwaiting for the token to be made\n');
	});

	it('[CLI-7] tells until when the old token is accepted beside the new one', async () => {
		const tokens = (adopted.tokens ?? []).map(each => ({ ...each, previousUntil: '2026-01-02T04:04:05Z' }));
		const onRead = (_: unknown, count: number) => (count === 1 ? vault : aVault({ status: { ...adopted, tokens } }));
		const { code, out } = await kubectl(asked, { vaults: [vault], onPatch: patched, onRead });
		assert.equal(code, 0);
		assert.match(out, /generation 2 is in force on every pod; the old token is accepted until 2026-01-02T04:04:05Z\n$/);
	});

	it('a wait that is too long ends with what was last missing', async () => {
		const result = await kubectl([...asked, '--timeout', '3s'], { vaults: [vault], onPatch: patched });
		assert.equal(result.code, 1);
		assert.match(result.err, /not in force in time, and still asked for; last: waiting for the operator to see the change\n$/);
		assert.equal(result.received.length, 2 + 4, 'a look at 0, 1, 2 and 3 s');
	});

	it('[CLI-7] is refused when somebody else wrote meanwhile', async () => {
		const onPatch = () => [422, refusal(422, 'Invalid')] as const;
		const onRead = (_: unknown, count: number) => aVault({}, { generation: 3 + count });
		const { code, out, err } = await kubectl(asked, { vaults: [vault], onPatch, onRead });
		assert.deepEqual([code, out], [1, '']);
		assert.equal(err, 'kubectl runevault: acme was changed by somebody else meanwhile; nothing was done: look at it and try again\n');
	});

	it('a value that the API server refuses is told in its words', async () => {
		const { code, err } = await kubectl(asked, { vaults: [vault], onPatch: () => [422, refusal(422, 'Invalid')] });
		assert.deepEqual([code, err], [1, 'kubectl runevault: refused: Invalid\n']);
	});

	it('a token that is not there is told with those that are', async () => {
		const result = await kubectl(['rotate', 'token', 'acme', 'tema'], { vaults: [vault] });
		assert.deepEqual([result.code, result.err], [1, 'kubectl runevault: acme has no token tema; it has team\n']);
		assert.equal(patches(result).length, 0);
	});

	it('a paused RuneVault is not waited for', async () => {
		const vaults = [aVault({}, { annotations: PAUSED })];
		const result = await kubectl(asked, { vaults });
		assert.equal(result.code, 1);
		assert.match(result.err, /acme is paused: resume it first/);
		assert.equal(patches(result).length, 0);
		assert.equal((await kubectl([...asked, '--no-wait'], { vaults, onPatch: patched })).code, 0);
	});
});
