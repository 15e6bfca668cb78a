/** Electors and routing of Vault pods against a real API server, with the permissions a pod has and no more. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { apply } from '../../../kube/apply.ts';
import { isForbidden } from '../../../kube/errors.ts';
import { microTime, readLease, withRecord } from '../../../kube/lease-record.ts';
import { create, get, list, patchMerge, remove, update } from '../../../kube/objects.ts';
import { type KubeObject, resources } from '../../../kube/resources.ts';
import { createTransport, type Transport } from '../../../kube/transport.ts';
import { createElector, type Elector } from '../../../vault/role/elector.ts';
import { createRouting, EPOCH_ANNOTATION, FIELD_MANAGER } from '../../../vault/role/routing.ts';
import { type ApiServer, startApiServer } from '../harness.ts';
import { eventually } from './eventually.ts';

const namespace = 'rune';
const name = 'acme-primary';
const place = { namespace, name };
const config = {
	namespace,
	lease: { name, durationSeconds: 15, renewDeadlineSeconds: 10, retryPeriodSeconds: 2, endpointSlice: name },
};

let server: ApiServer;
let operator: Transport;
let pods: Transport;
let running: { elector: Elector; stop: AbortController; ended: Promise<void> }[] = [];
let errors: unknown[] = [];

/** What the operator applies: everything but `endpoints`. */
const slice: KubeObject = {
	apiVersion: 'discovery.k8s.io/v1',
	kind: 'EndpointSlice',
	metadata: { name, namespace, labels: { 'kubernetes.io/service-name': 'acme', 'endpointslice.kubernetes.io/managed-by': 'runevault.io' } },
	addressType: 'IPv4',
	ports: [{ name: 'mcp', port: 8443, protocol: 'TCP' }],
};
const lease: KubeObject = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: place };

const applySlice = () => apply(operator, resources.endpointSlices, slice, { fieldManager: 'runevault-operator', force: true });
const applyLease = () => apply(operator, resources.leases, lease, { fieldManager: 'runevault-operator', force: true });

before(async () => {
	server = await startApiServer();
	operator = createTransport(server.config);
	pods = createTransport(server.as('system:serviceaccount:rune:acme'));
	await create(operator, resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
	const metadata = { name: 'acme', namespace };
	await create(operator, resources.roles, {
		...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata },
		rules: [
			{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: [name], verbs: ['get', 'watch', 'update'] },
			{ apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], resourceNames: [name], verbs: ['get', 'watch', 'patch'] },
		],
	});
	await create(operator, resources.roleBindings, {
		...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata },
		roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'acme' },
		subjects: [{ kind: 'ServiceAccount', name: 'acme', namespace }],
	});
});

beforeEach(async () => {
	for (const { stop } of running) stop.abort();
	await Promise.all(running.map(({ ended }) => ended));
	running = [];
	errors = [];
	await remove(operator, resources.leases, place);
	await remove(operator, resources.endpointSlices, place);
	await applyLease();
	await applySlice();
});

after(async () => {
	for (const { stop } of running) stop.abort();
	await Promise.all(running.map(({ ended }) => ended));
	await Promise.all([operator?.close(), pods?.close()]);
	await server?.stop();
});

function startPod(index: number, transport = pods): Elector {
	const stop = new AbortController();
	const elector = createElector({
		transport,
		config,
		podName: `acme-${index}`,
		podIp: `10.0.0.${index + 1}`,
		onError: error => errors.push(error),
	});
	running.push({ elector, stop, ended: elector.run(stop.signal) });
	return elector;
}

/** `address@epoch` of the slice, or nothing. */
async function route(): Promise<string | undefined> {
	const read = await get(operator, resources.endpointSlices, place);
	const [endpoint] = (read?.endpoints as { addresses: string[] }[] | null | undefined) ?? [];
	return endpoint && `${endpoint.addresses.join()}@${read?.metadata.annotations?.[EPOCH_ANNOTATION]}`;
}

async function routed(expected: string, limitMs?: number): Promise<number> {
	const startedAt = performance.now();
	await eventually(async () => assert.equal(await route(), expected), limitMs);
	return performance.now() - startedAt;
}

describe('role', () => {
	it("[KUB-24] [KUB-22] the holder routes to itself with a pod's permissions alone", async t => {
		const elector = startPod(0);
		t.diagnostic(`routed ${Math.round(await routed('10.0.0.1@1'))} ms after the start`);
		assert.deepEqual([elector.role(), elector.holder(), errors], [{ role: 'primary', epoch: 1 }, 'acme-0', []]);
		await assert.rejects(create(pods, resources.endpointSlices, { ...slice, metadata: { ...slice.metadata, name: 'other' } }), isForbidden);
		await assert.rejects(list(pods, resources.leases, { namespace }), isForbidden);
		await assert.rejects(get(pods, resources.leases, { namespace, name: 'other' }), isForbidden);
	});

	it('[KUB-6] [KUB-22] the operator and the holder own different fields of the slice and write nothing at rest', async () => {
		startPod(0);
		await routed('10.0.0.1@1');
		const before = await get(operator, resources.endpointSlices, place);
		for (let round = 0; round < 3; round += 1) await applySlice();
		const after = await get(operator, resources.endpointSlices, place);
		assert.equal(after?.metadata.resourceVersion, before?.metadata.resourceVersion);
		const owned = ((after?.metadata.managedFields ?? []) as { manager: string; fieldsV1: object }[]).map(({ manager, fieldsV1 }) => [
			manager,
			Object.keys(fieldsV1).sort(),
		]);
		assert.deepEqual(owned.sort(), [
			['runevault-operator', ['f:addressType', 'f:metadata', 'f:ports']],
			[FIELD_MANAGER, ['f:endpoints', 'f:metadata']],
		]);
	});

	it('[KUB-17] a release hands lease and route over in less than a second', async t => {
		const gaps: number[] = [];
		let current = startPod(0);
		await routed('10.0.0.1@1');
		for (let round = 1; round <= 5; round += 1) {
			const next = startPod(round);
			await eventually(() => assert.equal(next.holder(), `acme-${round - 1}`));
			const startedAt = performance.now();
			const released = current.release();
			await routed(`10.0.0.${round + 1}@${round + 1}`);
			gaps.push(performance.now() - startedAt);
			await released;
			current = next;
		}
		t.diagnostic(`release to route, ms: ${gaps.map(Math.round).join(', ')}`);
		assert.ok(Math.max(...gaps) < 1000, `${gaps}`);
		assert.deepEqual(errors, []);
	});

	it('[KUB-15] of two candidates for a lease released at once, one holds', async () => {
		const first = startPod(0);
		await routed('10.0.0.1@1');
		const others = [startPod(1), startPod(2), startPod(3)];
		await eventually(() => assert.ok(others.every(elector => elector.holder() === 'acme-0')));
		await first.release();
		await eventually(() => assert.equal(others.filter(elector => elector.role().role === 'primary').length, 1));
		await eventually(() => assert.equal(new Set(others.map(elector => elector.holder())).size, 1));
		assert.deepEqual(new Set(others.map(elector => elector.role().epoch)), new Set([2]));
	});

	it('[KUB-22] deleted, emptied or changed, the route comes back', async t => {
		startPod(0);
		await routed('10.0.0.1@1');
		await remove(operator, resources.endpointSlices, place);
		await applySlice();
		t.diagnostic(`after deletion and re-creation: ${Math.round(await routed('10.0.0.1@1'))} ms`);
		await apply(operator, resources.endpointSlices, { ...slice, endpoints: [] }, { fieldManager: 'stranger', force: true });
		t.diagnostic(`after being emptied: ${Math.round(await routed('10.0.0.1@1'))} ms`);
		const wrong = [{ addresses: ['10.9.9.9'], conditions: { ready: true } }];
		await patchMerge(operator, resources.endpointSlices, place, {
			endpoints: wrong,
			metadata: { annotations: { [EPOCH_ANNOTATION]: '99' } },
		});
		t.diagnostic(`after being changed: ${Math.round(await routed('10.0.0.1@1'))} ms`);
		assert.deepEqual(errors, []);
	});

	it('[KUB-22] a holder that comes before the slice fills it as soon as it is there', async () => {
		await remove(operator, resources.endpointSlices, place);
		const elector = startPod(0);
		await eventually(() => assert.equal(elector.role().role, 'primary'));
		await applySlice();
		await routed('10.0.0.1@1', 1000);
	});

	it('[KUB-18] [KUB-22] an appointed standby takes lease and route', async t => {
		const old = startPod(0);
		await routed('10.0.0.1@1');
		const standby = startPod(1);
		await eventually(() => assert.equal(standby.holder(), 'acme-0'));
		const startedAt = performance.now();
		await appoint('acme-1');
		await routed('10.0.0.2@2');
		t.diagnostic(`appointment to route: ${Math.round(performance.now() - startedAt)} ms`);
		await eventually(() =>
			assert.deepEqual(
				[old.role(), standby.role()],
				[
					{ role: 'standby', epoch: 2 },
					{ role: 'primary', epoch: 2 },
				],
			),
		);
	});

	it('[KUB-23] a holder that lost its lease leaves the route of the later epoch alone', async () => {
		startPod(1);
		await routed('10.0.0.2@1');
		const writes: string[] = [];
		const stale = createTransport(server.as('system:serviceaccount:rune:acme'), { observe: verb => writes.push(verb) });
		const hold = createRouting({ transport: stale, namespace, endpointSlice: name, leaseName: name, podName: 'acme-0', podIp: '10.0.0.1' });
		for (const epoch of [0, 1]) await hold(epoch, new AbortController().signal);
		assert.equal(writes.includes('PATCH'), false);
		assert.equal(await route(), '10.0.0.2@1');
		await stale.close();
	});

	it('[KUB-23] a write based on an older slice is refused, and the loser stops after reading the lease', async () => {
		const stop = new AbortController();
		const late: Transport = {
			...pods,
			async request(call) {
				// Between the stale holder's read and its write, the successor takes lease and route.
				if (call.method === 'PATCH' && (await route()) !== '10.0.0.2@1') {
					startPod(1);
					await routed('10.0.0.2@1');
				}
				return pods.request(call);
			},
		};
		const hold = createRouting({ transport: late, namespace, endpointSlice: name, leaseName: name, podName: 'acme-0', podIp: '10.0.0.1' });
		const generation = async () => (await get(operator, resources.endpointSlices, place))?.metadata.generation;
		await hold(1, stop.signal);
		assert.deepEqual([await route(), await generation()], ['10.0.0.2@1', 2]);
	});
});

async function appoint(holder: string): Promise<void> {
	const current = await get(operator, resources.leases, place);
	assert.ok(current !== undefined);
	const now = microTime(new Date());
	const record = readLease(current);
	await update(
		operator,
		resources.leases,
		withRecord(current, { ...record, holder, transitions: record.transitions + 1, acquireTime: now, renewTime: now }),
	);
}
