/** One operator on a real API server, with the rights of the chart: what it makes, puts back and leaves alone. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CONDITION_TYPES } from '../../../crds/conditions.ts';
import { get, patchMerge, remove } from '../../../kube/objects.ts';
import { type Resource, resources } from '../../../kube/resources.ts';
import { until } from '../../install/run.ts';
import { FINGERPRINT } from './fake-node.ts';
import { applyAs, applyVault, conditionOf, patchVault, readVault, untilCondition } from './fixture.ts';
import { HEAL_MS, OWNED, Stage } from './stage.ts';

let stage: Stage;
before(async () => {
	stage = await Stage.start();
});
after(() => stage?.stop());

describe('the life of a RuneVault', { concurrency: 4 }, () => {
	it('[OPR-5] [OPR-10] begins with a keygen Job and ends in every owned object, Ready', async () => {
		const { vault, node } = await stage.newVault('create', { ingress: { state: 'Enabled', host: 'vault.example.com' } });
		await untilCondition(stage.world, vault, 'KeysLoaded', 'False', 'Generating');
		assert.equal(await node.read(resources.statefulSets, 'acme'), undefined, 'no pods before there are keys');
		await node.keygen();
		await node.runPods();
		await untilCondition(stage.world, vault, 'Ready', 'True');
		for (const [resource, name] of OWNED) assert.ok(await node.read(resource, name), `${resource.kind} ${name}`);
		await until('the Job and its rights removed', async () => {
			const left = await Promise.all([node.read(resources.jobs, 'acme-keygen'), node.read(resources.roles, 'acme-keygen')]);
			return left.every(object => object === undefined);
		});
		const { status, metadata } = await readVault(stage.world, vault);
		assert.deepEqual(status?.keys, { fingerprint: FINGERPRINT, version: 1, dimension: 1024, secretName: 'acme-keys-1', releasedBits: 0 });
		assert.equal(status?.endpoint, 'http://vault.example.com/mcp');
		assert.equal(status?.primary?.pod, 'acme-0');
		assert.equal(status?.readyReplicas, 3);
		assert.deepEqual(
			status?.conditions?.map(({ type }) => type),
			CONDITION_TYPES,
		);
		assert.ok(status?.conditions?.every(({ observedGeneration }) => observedGeneration === metadata.generation));
	});

	it('[OPR-7] writes nothing at rest, not when the Lease is renewed and not when everything is looked at again', async () => {
		const { vault, node } = await stage.servingVault('rest');
		await stage.quiet('rest', 500);
		const before = stage.writesIn('rest').length;
		const version = (await readVault(stage.world, vault)).metadata.resourceVersion;
		const until10s = performance.now() + 10_000;
		let touched = 0;
		while (performance.now() < until10s) {
			await node.renew();
			// An annotation that is nobody's business makes the operator look at everything.
			touched += 1;
			await patchMerge(
				stage.world.admin,
				resources.services,
				{ namespace: 'rest', name: 'acme' },
				{ metadata: { annotations: { touched: String(touched) } } },
			);
			await until('the next round', async () => performance.now() > until10s - 10_000 + touched * 500, 5_000, 20);
		}
		assert.ok(touched >= 19);
		assert.deepEqual(stage.writesIn('rest').slice(before), []);
		assert.equal((await readVault(stage.world, vault)).metadata.resourceVersion, version);
	});

	it('[OPR-8] puts back within two seconds what is deleted', async () => {
		const { node } = await stage.servingVault('heal', { ingress: { state: 'Enabled', host: 'vault.example.com' } });
		const rows: string[] = [];
		for (const [resource, name] of [...OWNED, [resources.secrets, 'acme-token-team'] as [Resource, string]]) {
			const uid = (await node.read(resource, name))?.metadata.uid;
			const started = performance.now();
			await remove(stage.world.admin, resource, { namespace: 'heal', name });
			await until(`${resource.kind} back`, async () => ((await node.read(resource, name))?.metadata.uid ?? uid) !== uid, 5_000, 10);
			const milliseconds = performance.now() - started;
			rows.push(`${resource.kind} ${milliseconds.toFixed(0)}`);
			assert.ok(milliseconds < HEAL_MS, `${resource.kind} ${name} took ${milliseconds} ms`);
		}
		console.log(`back after ms: ${rows.join(', ')}`);
	});

	it('[OPR-8] [OPR-9] puts back a field that is edited, and leaves what others add', async () => {
		const { vault, node } = await stage.servingVault('edit');
		const place = { namespace: 'edit', name: 'acme' };
		const added = { metadata: { labels: { theirs: 'yes' }, annotations: { 'their.org/note': 'kept' } } };
		for (const resource of [resources.services, resources.statefulSets, resources.networkPolicies])
			await patchMerge(stage.world.admin, resource, place, added);
		await patchMerge(stage.world.admin, resources.statefulSets, place, { spec: { replicas: 1 } });
		await patchMerge(stage.world.admin, resources.services, place, { spec: { ports: [{ name: 'mcp', port: 1 }] } });
		await until(
			'the fields back',
			async () => {
				const [set, service] = await Promise.all([node.read(resources.statefulSets, 'acme'), node.read(resources.services, 'acme')]);
				return Object(set?.spec).replicas === 3 && Object(service?.spec).ports[0].port === 8443;
			},
			HEAL_MS,
			20,
		);
		await applyVault(stage.world, vault, { access: { limits: { callsPerMinute: 7 } } });
		await until(
			'the change applied',
			async () => JSON.stringify((await node.read(resources.configMaps, 'acme-config'))?.data).includes('callsPerMinute\\": 7'),
			5_000,
			20,
		);
		for (const resource of [resources.services, resources.statefulSets, resources.networkPolicies]) {
			const object = await node.read(resource, 'acme');
			assert.equal(object?.metadata.labels?.theirs, 'yes');
			assert.equal(object?.metadata.annotations?.['their.org/note'], 'kept');
		}
	});

	it('[OPR-4] refuses a spec the API server lets through, names the field, and keeps running what ran', async () => {
		const { vault, node } = await stage.servingVault('invalid');
		const set = await node.read(resources.statefulSets, 'acme');
		const extraVolumes = [{ name: 'keys', secret: { secretName: 'not-told' } }];
		await patchVault(stage.world, vault, { spec: { replicas: 5, podTemplate: { extraVolumes } } });
		const accepted = await untilCondition(stage.world, vault, 'Accepted', 'False', 'Invalid');
		assert.match(accepted.message, /spec\.podTemplate\.extraVolumes\[0\]\.name: must not be one of/);
		assert.doesNotMatch(accepted.message, /not-told/);
		await untilCondition(stage.world, vault, 'Ready', 'False', 'SpecInvalid');
		assert.equal((await node.read(resources.statefulSets, 'acme'))?.metadata.resourceVersion, set?.metadata.resourceVersion);
		await patchVault(stage.world, vault, { spec: { replicas: 3, podTemplate: null } });
		await untilCondition(stage.world, vault, 'Ready', 'True');
	});

	it('[OPR-20] leaves a foreign object of one of its names alone, and names it', async () => {
		const { vault } = await stage.place('foreign');
		const theirs = {
			apiVersion: 'v1',
			kind: 'ConfigMap',
			metadata: { namespace: 'foreign', name: 'acme-config' },
			data: { theirs: 'yes' },
		};
		await applyAs(stage.world.admin, theirs, resources.configMaps);
		await applyVault(stage.world, vault);
		const programmed = await untilCondition(stage.world, vault, 'Programmed', 'False', 'NameTaken');
		assert.match(programmed.message, /ConfigMap acme-config/);
		assert.deepEqual((await get(stage.world.admin, resources.configMaps, { namespace: 'foreign', name: 'acme-config' }))?.data, {
			theirs: 'yes',
		});
	});

	it('[OPR-23] stops at the annotation paused: reconcile, says so, and goes on without it', async () => {
		const { vault, node } = await stage.servingVault('paused');
		await patchVault(stage.world, vault, { metadata: { annotations: { 'runevault.io/paused': 'reconcile' } } });
		await untilCondition(stage.world, vault, 'Programmed', 'Unknown', 'Paused');
		await remove(stage.world.admin, resources.services, { namespace: 'paused', name: 'acme' });
		await stage.quiet('paused', 500);
		assert.equal(await node.read(resources.services, 'acme'), undefined);
		await patchVault(stage.world, vault, { metadata: { annotations: { 'runevault.io/paused': null } } });
		await until('the Service back', () => node.read(resources.services, 'acme'), HEAL_MS, 20);
		await untilCondition(stage.world, vault, 'Programmed', 'True');
	});

	it('[OPR-18] replaces pods of an old template one at a time, standbys first, and the primary when another has taken over', async t => {
		const { vault, node } = await stage.servingVault('roll');
		const over = new AbortController();
		t.after(() => over.abort());
		node.followLease(over.signal).catch(() => undefined);
		const pods = ['acme-2', 'acme-1', 'acme-0'];
		await applyVault(stage.world, vault, { resources: { limits: { memory: '2Gi' } } });
		const set = await until('the new template', async () => {
			const found = await node.read(resources.statefulSets, 'acme');
			return JSON.stringify(found?.spec).includes('"2Gi"') && found;
		});
		const status = { observedGeneration: set.metadata.generation, updateRevision: 'template-2' };
		await patchMerge(stage.world.admin, resources.statefulSets, { namespace: 'roll', name: 'acme' }, { status }, { subresource: 'status' });
		/** Deleted, whether the API server has let go of it yet or not. */
		const isGoing = async (name: string) => {
			const pod = await node.read(resources.pods, name);
			return pod === undefined || pod.metadata.deletionTimestamp !== undefined;
		};
		for (const expected of pods) {
			await until(`${expected} deleted`, async () => (await node.read(resources.pods, expected)) === undefined);
			const going = await Promise.all(pods.map(async pod => ((await isGoing(pod)) ? [pod] : [])));
			assert.deepEqual(going.flat(), [expected], 'one pod at a time');
			await untilCondition(stage.world, vault, 'Progressing', 'True');
			const ordinal = Number(expected.slice(-1));
			const template = Object(set.spec).template;
			await node.runPod(ordinal, set, template, 'template-2');
		}
		await untilCondition(stage.world, vault, 'Progressing', 'False', 'Complete');
		assert.ok(await conditionOf(stage.world, vault, 'Ready'));
		const { primary, failover } = (await readVault(stage.world, vault)).status ?? {};
		assert.deepEqual([primary?.pod, failover?.count, failover?.last?.reason], ['acme-1', 1, 'RollingOut']);
	});
});
