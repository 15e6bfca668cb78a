/** The chart on a real API server, and operators beside each other. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { get, list } from '../../../kube/objects.ts';
import { type Resource, resources } from '../../../kube/resources.ts';
import { createMetrics } from '../../../operator/metrics.ts';
import { listen } from '../../../operator/server.ts';
import { until } from '../../install/run.ts';
import { FakeNode } from './fake-node.ts';
import { applyAs, applyVault, OPERATOR_NAMESPACE, renderChart, runOperator, untilCondition, World } from './fixture.ts';

let world: World;
before(async () => {
	world = await World.start();
});
after(() => world?.stop());

/** A vault in a namespace of its own, and an operator for that namespace. */
async function operatorFor(namespace: string) {
	await world.namespace(namespace);
	const placed = { namespace, name: 'acme' };
	await applyVault(world, placed);
	const run = runOperator(world, { ask: async () => Promise.reject(new Error('no pods')), env: { WATCH_NAMESPACES: namespace } });
	return { placed, run };
}

describe('the chart', () => {
	it('[OPR-28] is accepted whole by the API server, in all its shapes', async () => {
		await world.namespace('one');
		await world.namespace('two');
		for (const args of [
			[],
			['--set', 'watchNamespaces={one,two}'],
			['--set', 'replicas=1'],
			['--set', `image.digest=sha256:${'ab'.repeat(32)}`],
		]) {
			const objects = await renderChart(...args);
			assert.ok(objects.length >= 9);
			const deployment = objects.find(object => object.kind === 'Deployment');
			assert.ok(deployment);
			await applyAs(world.admin, deployment, resources.deployments);
		}
	});

	it('[OPR-28] refuses values that make no sense, by name', async () => {
		await assert.rejects(renderChart('--set', 'replicas=0'), /replicas/);
		await assert.rejects(renderChart('--set', 'logLevel=loud'), /logLevel/);
		await assert.rejects(renderChart('--set', 'replica=2'), /replica/);
	});

	it('[OPR-28] runs the operator under the restricted Pod Security profile', async () => {
		await world.namespace('restricted');
		const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
		await applyAs(world.admin, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'restricted', labels } }, resources.namespaces);
		const deployment = (await renderChart()).find(object => object.kind === 'Deployment');
		const { template } = Object(deployment?.spec);
		const pod = {
			apiVersion: 'v1',
			kind: 'Pod',
			metadata: { name: 'operator', namespace: 'restricted', labels: template.metadata.labels },
			spec: template.spec,
		};
		await applyAs(world.admin, pod, resources.pods);
	});
});

/** The least of the Prometheus Operator's CRD: it exists, and takes anything. */
const serviceMonitors = {
	apiVersion: 'apiextensions.k8s.io/v1',
	kind: 'CustomResourceDefinition',
	metadata: { name: 'servicemonitors.monitoring.coreos.com' },
	spec: {
		group: 'monitoring.coreos.com',
		scope: 'Namespaced',
		names: { kind: 'ServiceMonitor', plural: 'servicemonitors', singular: 'servicemonitor', listKind: 'ServiceMonitorList' },
		versions: [
			{
				name: 'v1',
				served: true,
				storage: true,
				schema: {
					openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } },
				},
			},
		],
	},
};

describe('two operators', () => {
	it('[OPR-24] make a ServiceMonitor where the cluster knows such', async () => {
		const { placed, run } = await operatorFor('monitored');
		await untilCondition(world, placed, 'Programmed', 'False', 'WaitingForKeys');
		await run.stop();
		await applyAs(world.admin, serviceMonitors, resources.customResourceDefinitions);
		const resource: Resource = {
			group: 'monitoring.coreos.com',
			version: 'v1',
			plural: 'servicemonitors',
			kind: 'ServiceMonitor',
			namespaced: true,
		};
		await until('the CRD is served', async () => (await list(world.admin, resource).catch(() => undefined)) !== undefined);
		const node = new FakeNode(world, placed);
		const again = runOperator(world, { ask: node.ask, env: { WATCH_NAMESPACES: 'monitored' } });
		const monitor = await until('the ServiceMonitor', () => get(world.admin, resource, placed), 15_000, 20);
		const [{ port, path, scheme, tlsConfig }] = Object(monitor.spec).endpoints;
		assert.deepEqual([port, path, scheme], ['internal', '/metrics', 'https']);
		assert.equal(tlsConfig.ca.secret.key, 'ca.crt');
		await again.stop();
	});

	it('[OPR-22] one works, and the other goes on when it ends', async () => {
		await world.namespace('pair');
		const name = { namespace: 'pair', name: 'acme' };
		const node = new FakeNode(world, name);
		const env = { LEADER_ELECTION: 'Enabled', WATCH_NAMESPACES: 'pair' };
		const first = runOperator(world, { ask: node.ask, env: { ...env, POD_NAME: 'first' } });
		const holder = async () =>
			Object((await get(world.admin, resources.leases, { namespace: OPERATOR_NAMESPACE, name: 'runevault-operator' }))?.spec)
				.holderIdentity;
		await until('the first leads', async () => (await holder()) === 'first', 15_000, 20);
		const second = runOperator(world, { ask: node.ask, env: { ...env, POD_NAME: 'second' } });
		await applyVault(world, name);
		await untilCondition(world, name, 'KeysLoaded', 'False', 'Generating');
		assert.deepEqual(second.writes, []);
		const stopped = performance.now();
		await first.stop();
		await until('the second leads', async () => (await holder()) === 'second', 5_000, 20);
		assert.ok(performance.now() - stopped < 2_000, 'a released lease is taken at once');
		await node.keygen();
		await node.runPods();
		await untilCondition(world, name, 'Ready', 'True');
		await second.stop();
	});

	it('[OPR-27] tell their health and their metrics', async () => {
		const metrics = createMetrics(4);
		const run = runOperator(world, { ask: async () => Promise.reject(new Error('no pods')), env: { WATCH_NAMESPACES: 'pair' } });
		const server = await listen(0, metrics.registry, run.operator.health);
		const { port } = server.address() as AddressInfo;
		const read = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
		await until('ready', async () => (await read('/readyz')).status === 200, 10_000, 20);
		assert.equal((await read('/livez')).status, 200);
		const text = await (await read('/metrics')).text();
		for (const expected of [
			'controller_runtime_reconcile_total{controller="runevault",result="success"} 0',
			'workqueue_depth{name="runevault"} 0',
			'process_resident_memory_bytes',
		]) {
			assert.ok(text.includes(expected), expected);
		}
		await run.stop();
		server.close();
		server.closeAllConnections();
		await once(server, 'close');
	});
});
