/** The admission policies of the chart on a real API server: a vault lives its life under them, and others are refused. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isForbidden } from '../../../kube/errors.ts';
import { create, get, patchMerge, remove } from '../../../kube/objects.ts';
import { type KubeObject, resources } from '../../../kube/resources.ts';
import { createTransport, type Transport } from '../../../kube/transport.ts';
import { OWNED_KINDS, WATCHED } from '../../../operator/observe/owned.ts';
import { policies } from '../../chart/scenarios.ts';
import { until } from '../../install/run.ts';
import { applyAs, applyChart, applyVault, readVault, renderChart, untilCondition } from './fixture.ts';
import { OWNED, type Placed, Stage } from './stage.ts';

/** An administrator of the cluster by RBAC, whom nothing but the policies stops. */
const ALICE = 'alice';
const NAMESPACE = 'guarded';
const ingress = { state: 'Enabled', host: 'vault.example.com' };
const binding = {
	apiVersion: 'rbac.authorization.k8s.io/v1',
	kind: 'ClusterRoleBinding',
	metadata: { name: 'alice' },
	roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
	subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: ALICE }],
};
const clusterRoleBindings = {
	group: 'rbac.authorization.k8s.io',
	version: 'v1',
	plural: 'clusterrolebindings',
	kind: 'ClusterRoleBinding',
};

let stage: Stage;
let placed: Placed;
let alice: Transport;

const at = (name: string) => ({ namespace: NAMESPACE, name });
const annotate = (who: Transport, name: string, annotations: Record<string, string>) =>
	patchMerge(who, resources.secrets, at(name), { metadata: { annotations } });
/** Exec into a pod; without nodes it cannot come to more than a complaint of the API server. */
const exec = (who: Transport, pod: string) =>
	who.request({ method: 'POST', path: `/api/v1/namespaces/${NAMESPACE}/pods/${pod}/exec`, query: { command: 'id', stdout: 'true' } });
const refusedBy = (policy: string, text: RegExp) => (error: Error) => {
	assert.ok(isForbidden(error), error.message);
	assert.match(error.message, new RegExp(`runevault-${policy}`));
	assert.match(error.message, text);
	return true;
};

before(async () => {
	stage = await Stage.start();
	const { admin } = stage.world;
	await applyAs(admin, binding, { ...clusterRoleBindings, namespaced: false });
	// The test's own administrator plays keygen, pods and kubelet.
	await applyChart(admin, ...policies, '--set', 'admissionPolicies.exempt.users={administrator}');
	alice = createTransport(stage.world.api.as(ALICE));
	placed = await stage.servingVault(NAMESPACE, { ingress });
	await until('the policies hold', () => exec(alice, 'acme-0').then(() => false as const, isForbidden));
});
after(async () => {
	await alice?.close();
	await stage?.stop();
});

describe('the admission policies', () => {
	it('[OPR-151] let the operator make, mend and change everything, and the rest of a namespace alone', async () => {
		await remove(stage.world.admin, resources.configMaps, at('acme-config'));
		await until('healed', async () => (await placed.node.read(resources.configMaps, 'acme-config')) !== undefined);
		await applyVault(stage.world, placed.vault, { ingress, replicas: 2 });
		await until('changed', async () => Object((await placed.node.read(resources.statefulSets, 'acme'))?.spec).replicas === 2);
		await untilCondition(stage.world, placed.vault, 'Programmed', 'True');
		const own = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...at('hers') }, data: { a: 'b' } };
		await create(alice, resources.configMaps, own);
		await patchMerge(alice, resources.configMaps, at('hers'), { data: { a: 'c' } });
		await remove(alice, resources.configMaps, at('hers'));
	});

	for (const [resource, name] of OWNED) {
		it(`[OPR-151] refuse an administrator to change or delete ${resource.kind} ${name}`, async () => {
			const text = new RegExp(`${name} belongs to RuneVault acme and is written by its operator alone`);
			const change = patchMerge(alice, resource, at(name), { metadata: { annotations: { hers: 'yes' } } });
			await assert.rejects(change, refusedBy('owned-objects', text));
			await assert.rejects(remove(alice, resource, at(name)), refusedBy('owned-objects', text));
		});
	}

	it('[OPR-151] refuse an object that pretends to be owned, and a label taken off', async () => {
		const labels = { 'app.kubernetes.io/managed-by': 'runevault', 'runevault.io/vault': 'acme' };
		const fake = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...at('acme-ledger-2'), labels } };
		await assert.rejects(create(alice, resources.configMaps, fake), isForbidden);
		const bare = { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } };
		await assert.rejects(patchMerge(alice, resources.configMaps, at('acme-config'), bare), isForbidden);
	});

	it("[OPR-151] let a Vault's own account write what RBAC gives it, and no other Vault's", async () => {
		const account = (name: string) => createTransport(stage.world.api.as(`system:serviceaccount:${NAMESPACE}:${name}`));
		const [own, other] = [account('acme'), account('beta')];
		const write = (who: Transport) =>
			patchMerge(who, resources.configMaps, at('acme-ledger'), { metadata: { annotations: { note: '1' } } });
		await write(own);
		await assert.rejects(write(other), isForbidden);
		await Promise.all([own.close(), other.close()]);
	});

	it('[OPR-151] name every kind that the operator owns, but pods', async () => {
		const policy = (await renderChart(...policies)).find(({ metadata }) => metadata.name.endsWith('owned-objects')) as KubeObject;
		const rules = Object(policy.spec).matchConstraints.resourceRules as { apiGroups: string[]; resources: string[] }[];
		for (const kind of OWNED_KINDS.filter(each => each !== 'Pod')) {
			const { group, plural } = WATCHED[kind].resource;
			assert.ok(
				rules.some(rule => rule.apiGroups.includes(group) && rule.resources.includes(plural)),
				kind,
			);
		}
	});

	for (const name of ['acme-keys-1', 'acme-kek']) {
		it(`[OPR-152] delete Secret ${name} only when its annotation repeats the name`, async () => {
			const secret = await get(stage.world.admin, resources.secrets, at(name));
			assert.ok(secret);
			await assert.rejects(remove(alice, resources.secrets, at(name)), isForbidden);
			await annotate(alice, name, { 'runevault.io/delete': 'yes' });
			await assert.rejects(remove(alice, resources.secrets, at(name)), isForbidden);
			await assert.rejects(
				patchMerge(alice, resources.secrets, at(name), { metadata: { labels: { 'runevault.io/vault': 'beta' } } }),
				isForbidden,
			);
			await annotate(alice, name, { 'runevault.io/delete': name });
			await remove(alice, resources.secrets, at(name));
			const { uid: _, resourceVersion: __, creationTimestamp: ___, ...metadata } = secret.metadata;
			await create(alice, resources.secrets, { ...secret, metadata });
			assert.ok(await placed.node.read(resources.secrets, name), 'a saved key is put back by whoever may create Secrets');
		});
	}

	it('[OPR-152] hold the end of a namespace by Kubernetes itself up too, with a text that says how', async () => {
		const controller = createTransport(stage.world.api.as('system:serviceaccount:kube-system:namespace-controller'));
		const text =
			/acme-keys-1 is the key to the memory of RuneVault acme: to delete it for ever, annotate it with runevault.io\/delete=acme-keys-1/;
		await assert.rejects(remove(controller, resources.secrets, at('acme-keys-1')), refusedBy('key-secrets', text));
		await remove(controller, resources.serviceAccounts, at('acme'));
		await until('healed', async () => (await placed.node.read(resources.serviceAccounts, 'acme')) !== undefined);
		await controller.close();
	});

	it('[OPR-153] keep everybody out of the pods of a Vault, and out of no other', async () => {
		await assert.rejects(exec(alice, 'acme-0'), refusedBy('pod-connect', /acme-0 of RuneVault acme holds its key/));
		await assert.rejects(exec(alice, 'acme-keygen-x7k2p'), isForbidden);
		for (const pod of ['acme-web-0', 'other-0']) {
			await assert.rejects(exec(alice, pod), (error: Error) => !isForbidden(error));
		}
		const pod = await placed.node.read(resources.pods, 'acme-0');
		const debug = { ...Object(pod?.spec), ephemeralContainers: [{ name: 'debug', image: 'x', targetContainerName: 'vault' }] };
		const attach = patchMerge(alice, resources.pods, at('acme-0'), { spec: debug }, { subresource: 'ephemeralcontainers' });
		await assert.rejects(attach, refusedBy('pod-debug', /acme-0 of RuneVault acme holds its key/));
		assert.ok((await readVault(stage.world, placed.vault)).status);
	});
});
