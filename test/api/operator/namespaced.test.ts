/** An operator that was installed for one namespace, with no right over the cluster. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isForbidden } from '../../../kube/errors.ts';
import { list } from '../../../kube/objects.ts';
import { resources } from '../../../kube/resources.ts';
import { createTransport } from '../../../kube/transport.ts';
import { FakeNode } from './fake-node.ts';
import { applyChart, applyVault, renderChart, runOperator, untilCondition, World } from './fixture.ts';

const HOME = 'tenant-system';
const USER = `system:serviceaccount:${HOME}:runevault`;
const chart = ['-n', HOME, '--set', 'watchNamespaces={tenant}'];

let world: World;
before(async () => {
	world = await World.start();
	for (const namespace of [HOME, 'tenant', 'foreign']) await world.namespace(namespace);
	await applyChart(world.admin, ...chart);
});
after(() => world?.stop());

describe('an operator for one namespace', () => {
	it('[OPR-150] is installed by objects of namespaces alone, and may do nothing elsewhere', async () => {
		const objects = await renderChart(...chart);
		assert.deepEqual(
			objects.filter(({ metadata }) => metadata.namespace === undefined).map(({ kind }) => kind),
			[],
		);
		const operator = createTransport(world.api.as(USER));
		await list(operator, resources.secrets, { namespace: 'tenant' });
		for (const [resource, namespace] of [
			[resources.secrets, 'foreign'],
			[resources.secrets, HOME],
			[resources.nodes, undefined],
		] as const) {
			await assert.rejects(list(operator, resource, namespace === undefined ? {} : { namespace }), isForbidden);
		}
		await operator.close();
	});

	it('[OPR-150] runs a Vault with an Ingress class that it may not look for, and does not complain of the nodes', async t => {
		const vault = { namespace: 'tenant', name: 'acme' };
		const node = new FakeNode(world, vault);
		const env = { WATCH_NAMESPACES: 'tenant', POD_NAMESPACE: HOME, LEADER_ELECTION: 'Enabled' };
		const run = runOperator(world, { ask: node.ask, user: USER, env });
		t.after(() => run.stop());
		await applyVault(world, vault, { ingress: { state: 'Enabled', host: 'vault.example.com', className: 'unseen' } });
		await node.keygen();
		await node.runPods();
		await untilCondition(world, vault, 'Ready', 'True');
		await untilCondition(world, vault, 'ResolvedRefs', 'True');
		await run.stop();
		assert.doesNotMatch(run.logged(), /is forbidden/);
	});
});
