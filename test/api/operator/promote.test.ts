/** `kubectl runevault promote` against a real API server and a running operator, by somebody with just the rights it needs. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { resource as runeVaults } from '../../../crds/runevault.ts';
import { loadClusterConfig } from '../../../kube/config.ts';
import { create } from '../../../kube/objects.ts';
import { resources } from '../../../kube/resources.ts';
import { until } from '../../install/run.ts';
import { patchVault, readVault, untilCondition } from './fixture.ts';
import { plugIn } from './plug-in.ts';
import { type Placed, Stage } from './stage.ts';

const PERSON = 'on-call';
const RIGHTS = [
	{ apiGroups: [runeVaults.group], resources: ['runevaults'], verbs: ['get'] },
	{ apiGroups: [runeVaults.group], resources: ['runevaults/status'], verbs: ['patch'] },
	{ apiGroups: [''], resources: ['pods'], verbs: ['list'] },
	{ apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['list'] },
];

let stage: Stage;
const over = new AbortController();
before(async () => {
	stage = await Stage.start();
});
after(async () => {
	over.abort();
	await stage?.stop();
});

/** A serving vault in a namespace where the person has these rights. */
async function serving(namespace: string, rules = RIGHTS): Promise<Placed> {
	const placed = await stage.servingVault(namespace, { failover: { probePeriod: '1s' } });
	placed.node.followLease(over.signal).catch(() => undefined);
	const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: PERSON, namespace } };
	await create(stage.world.admin, resources.roles, { ...rbac, kind: 'Role', rules });
	const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: PERSON };
	const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: PERSON }];
	await create(stage.world.admin, resources.roleBindings, { ...rbac, kind: 'RoleBinding', roleRef, subjects });
	await until('the rights in force', async () => (await kubectl(['status', 'acme', '-n', namespace, '-o', 'json'])).code === 0);
	return placed;
}

const kubectl = (argv: string[], findCluster = async () => stage.world.api.as(PERSON)) =>
	findCluster().then(config => plugIn(config, argv));

describe('kubectl runevault promote, on a real API server', () => {
	it('[CLI-9] [OPR-32] moves the primary there and back, also while failover is paused', async () => {
		const { vault } = await serving('there');
		const there = await kubectl(['promote', 'acme', 'acme-2', '-n', 'there']);
		assert.equal(there.code, 0, there.err);
		assert.match(there.out, /^acme-2 is asked for as primary of acme\nacme-2 is primary of acme, epoch 1, after \d+\.\d s\n$/);
		assert.equal((await readVault(stage.world, vault)).status?.failover?.last?.reason, 'Promoted');
		await patchVault(stage.world, vault, { metadata: { annotations: { 'runevault.io/paused': 'failover' } } });
		await untilCondition(stage.world, vault, 'Progressing', 'False', 'FailoverPaused');
		const back = await kubectl(['promote', 'acme', '-n', 'there']);
		assert.match(back.out, /acme-0 is primary of acme, epoch 2, after/, back.err);
		const fromFile = () => loadClusterConfig({ KUBECONFIG: stage.world.api.kubeconfig });
		const shown = await kubectl(['status', 'acme', '-n', 'there'], fromFile);
		assert.match(shown.out, /last failover {2}acme-2 → acme-0, Promoted, \d+\.\d s, \d+s ago; 2 so far\n/);
	});

	it('[CLI-9] tells why the operator refuses', async () => {
		const { vault, node } = await serving('refusing');
		node.silent.add('acme-2');
		await untilCondition(stage.world, vault, 'Degraded', 'True', 'PodsNotReady');
		const { code, err } = await kubectl(['promote', 'acme', 'acme-2', '-n', 'refusing']);
		assert.equal(code, 1);
		assert.match(err, /the operator refuses: acme-2 is not ready, or has not proved that it decrypts: the primary stays where it is\.\n$/);
		assert.equal((await readVault(stage.world, vault)).status?.primary?.pod, 'acme-0');
	});

	it('[CLI-9] names the right that is missing', async () => {
		const { vault } = await serving(
			'powerless',
			RIGHTS.filter(({ verbs }) => !verbs.includes('patch')),
		);
		const { code, err } = await kubectl(['promote', 'acme', 'acme-1', '-n', 'powerless']);
		assert.equal(code, 1);
		assert.match(err, /^kubectl runevault: promote needs the right to patch runevaults\/status of runevault\.io: .*on-call/);
		assert.equal((await readVault(stage.world, vault)).status?.targetPrimary, undefined);
	});
});
