/** Rotations on a real API server: what pods are told before, while and after a token Secret is switched. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { list, patchMerge, remove } from '../../../kube/objects.ts';
import { resources } from '../../../kube/resources.ts';
import { until } from '../../install/run.ts';
import type { FakeNode } from './fake-node.ts';
import { patchVault, readVault, untilCondition, type VaultName } from './fixture.ts';
import { refusals } from './refusals.ts';
import { type Placed, Stage } from './stage.ts';

let stage: Stage;
before(async () => {
	stage = await Stage.start();
});
after(() => stage?.stop());

const SECRET = 'acme-token-team';
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const idOf = (text: string): string => digest(text).slice(0, 16);
const accepted = async (node: FakeNode): Promise<string[]> => (await node.verifiers()).tokens.map(({ sha256 }) => sha256);
const staged = async (node: FakeNode): Promise<string> =>
	Buffer.from(Object((await node.read(resources.secrets, SECRET))?.data).next ?? '', 'base64').toString();
const statusOf = async (vault: VaultName) => (await readVault(stage.world, vault)).status?.tokens?.[0];
const ask = (vault: VaultName, token: Record<string, unknown>) =>
	patchVault(stage.world, vault, { spec: { access: { tokens: [{ name: 'team', ...token }] } } });
const backdate = ({ namespace }: VaultName, hours: number) => {
	const annotations = { 'runevault.io/rotated-at': new Date(Date.now() - hours * 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z') };
	return patchMerge(stage.world.admin, resources.secrets, { namespace, name: SECRET }, { metadata: { annotations } });
};
const statusWith = (vault: VaultName, field: 'nextRotationAt' | 'previousUntil') =>
	until(
		`${field} in the status`,
		async () => {
			const status = await statusOf(vault);
			return status?.[field] === undefined ? undefined : status;
		},
		5_000,
		20,
	);
const untilSwitched = (node: FakeNode, old: string) =>
	until('the Secret switched', async () => (await node.token()) !== old && node.token(), 10_000, 20);

describe('the rotation of a token', { concurrency: 4 }, () => {
	it('[OPR-40] [OPR-41] with an overlap: the token in the Secret is accepted at any time, the one before until it is over', async () => {
		const { vault, node } = await stage.servingVault('overlap');
		const old = await node.token();
		const end = new AbortController();
		const watched = refusals(node, end.signal);
		await ask(vault, { generation: 2, overlap: '5s' });
		const fresh = await untilSwitched(node, old);
		await until('the former token with its end', async () => (await node.verifiers()).tokens[1]?.expiresAt, 4_000, 20);
		const { tokens } = await node.verifiers();
		assert.deepEqual(
			tokens.map(({ generation, sha256 }) => [generation, sha256]),
			[
				[2, digest(fresh)],
				[1, digest(old)],
			],
		);
		const { previousUntil = '' } = await statusWith(vault, 'previousUntil');
		assert.equal(previousUntil, tokens[1]?.expiresAt);
		await until('the event', async () => {
			const { items } = await list(stage.world.admin, resources.events, { namespace: 'overlap' });
			return items.some(({ note }) => note === `Token team was made anew; the old one is accepted until ${previousUntil}.`);
		});
		await until('the former token out', async () => (await accepted(node)).length === 1, 10_000, 20);
		assert.ok(Date.now() >= Date.parse(previousUntil), 'not before its time');
		assert.ok(Date.now() < Date.parse(previousUntil) + 3_000, 'soon after');
		await until('the status without it', async () => (await statusOf(vault))?.previousUntil === undefined, 5_000, 20);
		await untilCondition(stage.world, vault, 'TokensCurrent', 'True');
		end.abort();
		assert.equal(await watched, 0);
	});

	it('[OPR-41] an overlap that is taken out ends at once, and none is noted without one', async () => {
		const { vault, node } = await stage.servingVault('leak');
		const old = await node.token();
		await ask(vault, { generation: 2, overlap: '1h' });
		const second = await untilSwitched(node, old);
		await until('both', async () => (await node.verifiers()).tokens[1]?.expiresAt, 5_000, 20);
		await ask(vault, { generation: 2 });
		await until('the former token out', async () => (await accepted(node)).length === 1, 2_000, 20);
		await ask(vault, { generation: 3 });
		await until('the present token out', async () => !(await accepted(node)).includes(digest(second)), 2_000, 20);
		const third = await untilSwitched(node, second);
		await untilCondition(stage.world, vault, 'TokensCurrent', 'True');
		assert.deepEqual(await accepted(node), [digest(third)]);
		assert.equal((await statusOf(vault))?.previousUntil, undefined);
	});

	it('[OPR-40] [OPR-42] switches the Secret once each pod that answers knows the next token', async () => {
		const { vault, node } = await stage.servingVault('lag');
		const old = await node.token();
		node.lies.set('acme-2', reply => ({ ...reply, tokens: { team: [idOf(old)] } }));
		await ask(vault, { generation: 2, overlap: '1h' });
		const next = await until('the next token staged', async () => (await staged(node)) || undefined, 5_000, 20);
		await untilCondition(stage.world, vault, 'TokensCurrent', 'False', 'AdoptionPending');
		await stage.quiet('lag', 1_500);
		assert.deepEqual([await node.token(), await staged(node)], [old, next], 'a pod does not know it yet');
		assert.deepEqual(await accepted(node), [digest(next), digest(old)]);
		assert.equal((await statusOf(vault))?.state, 'Rotating');
		node.silent.add('acme-2');
		assert.equal(await untilSwitched(node, old), next, 'a pod that does not answer is not waited for');
		assert.equal(await staged(node), '');
		node.silent.clear();
		node.lies.clear();
		await untilCondition(stage.world, vault, 'TokensCurrent', 'True');
	});

	it('[OPR-42] a token that was made anew is adopted by those pods only that know this very one', async () => {
		const { vault, node } = await stage.servingVault('same');
		const old = await node.token();
		node.lies.set('acme-1', reply => ({ ...reply, tokens: { team: [idOf(old)] } }));
		await remove(stage.world.admin, resources.secrets, { namespace: 'same', name: SECRET });
		const pending = await untilCondition(stage.world, vault, 'TokensCurrent', 'False', 'AdoptionPending');
		assert.match(pending.message, /acme-1/);
		await until('the other pods', async () => (await statusOf(vault))?.adoptedBy.join() === 'acme-0,acme-2', 5_000, 20);
		assert.equal((await statusOf(vault))?.generation, 1);
		node.lies.clear();
		await untilCondition(stage.world, vault, 'TokensCurrent', 'True');
	});

	it('[OPR-43] happens by itself when rotateEvery is over, at the same generation', async () => {
		const { vault, node } = await rotatedHourly('every');
		const old = await node.token();
		const before = await statusWith(vault, 'nextRotationAt');
		assert.equal(Date.parse(before.nextRotationAt ?? '') - Date.parse(before.rotatedAt), 3_600_000);
		await backdate(vault, 2);
		await untilSwitched(node, old);
		const rotated = await statusWith(vault, 'previousUntil');
		assert.equal(rotated.generation, 1);
		assert.ok(Date.parse(rotated.nextRotationAt ?? '') > Date.now() + 3_590_000);
		await untilCondition(stage.world, vault, 'TokensCurrent', 'True');
	});

	it('[OPR-43] that is late is RotationOverdue, as while the operator is paused', async () => {
		const { vault, node } = await rotatedHourly('overdue');
		const old = await node.token();
		const pause = (value: string | null) => patchVault(stage.world, vault, { metadata: { annotations: { 'runevault.io/paused': value } } });
		await pause('reconcile');
		await untilCondition(stage.world, vault, 'Programmed', 'Unknown', 'Paused');
		await backdate(vault, 2);
		const overdue = await untilCondition(stage.world, vault, 'TokensCurrent', 'False', 'RotationOverdue');
		assert.match(overdue.message, /^team: /);
		assert.equal(await node.token(), old);
		await pause(null);
		await untilSwitched(node, old);
		await untilCondition(stage.world, vault, 'TokensCurrent', 'True');
	});
});

async function rotatedHourly(namespace: string): Promise<Placed> {
	return stage.servingVault(namespace, { access: { tokens: [{ name: 'team', rotateEvery: '1h', overlap: '10m' }] } });
}
