/**
 * Several writers on the same objects of a real API server: git through ArgoCD, people with kubectl, and the operator. Each keeps what is
 * its own, and nobody writes again because another did.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { resource as runeVaults } from '../../../crds/runevault.ts';
import { apply } from '../../../kube/apply.ts';
import { patchMerge } from '../../../kube/objects.ts';
import { type KubeObject, resources } from '../../../kube/resources.ts';
import { STATUS_FIELD_MANAGER } from '../../../operator/desired/names.ts';
import { until } from '../../install/run.ts';
import { readVault, untilCondition, type VaultName } from './fixture.ts';
import { Stage } from './stage.ts';

/** By this name ArgoCD writes. */
const ARGOCD = 'argocd-controller';
const REST_MS = 1_500;

type Managed = { manager: string; subresource?: string };
const managersOf = (object: KubeObject): Managed[] => (object.metadata.managedFields ?? []) as Managed[];

describe('several field managers', { concurrency: 3 }, () => {
	let stage: Stage;
	before(async () => {
		stage = await Stage.start();
	});
	after(() => stage?.stop());

	/** As ArgoCD does with ServerSideApply=true: all of the object in git, by force. */
	const syncFromGit = ({ namespace, name }: VaultName, spec: Record<string, unknown>) =>
		apply(
			stage.world.admin,
			runeVaults,
			{
				apiVersion: 'runevault.io/v1alpha1',
				kind: 'RuneVault',
				metadata: {
					namespace,
					name,
					annotations: { 'argocd.argoproj.io/tracking-id': `vaults:runevault.io/RuneVault:${namespace}/${name}` },
				},
				spec: { team: 'acme', ...spec },
			},
			{ fieldManager: ARGOCD, force: true },
		);

	it('[OPR-175] the operator writes the status of a RuneVault and nothing else, so that what git says stays as it is', async () => {
		const { vault, node } = await stage.place('argo');
		await syncFromGit(vault, { replicas: 3 });
		await node.keygen();
		await node.runPods();
		await untilCondition(stage.world, vault, 'Ready', 'True');
		await untilCondition(stage.world, vault, 'Progressing', 'False');
		const before = await readVault(stage.world, vault);
		const ours = managersOf(before as KubeObject).filter(({ manager }) => manager.startsWith('runevault'));
		assert.ok(ours.some(({ manager }) => manager === STATUS_FIELD_MANAGER));
		assert.ok(ours.every(({ subresource }) => subresource === 'status'));
		await stage.quiet('argo', REST_MS);
		const again = await syncFromGit(vault, { replicas: 3 });
		assert.equal(again.metadata.resourceVersion, before.metadata.resourceVersion, 'a second sync changes nothing');
		assert.equal((await readVault(stage.world, vault)).metadata.generation, before.metadata.generation);
	});

	it('[OPR-175] what people add to a RuneVault stays through syncs, and what they take over from git goes back', async () => {
		const { vault, node } = await stage.place('people');
		await syncFromGit(vault, { replicas: 1 });
		await node.keygen();
		await node.runPods();
		await untilCondition(stage.world, vault, 'Ready', 'True');
		const edit = { spec: { replicas: 2, failover: { probePeriod: '7s' } }, metadata: { labels: { 'example.com/by': 'hand' } } };
		await patchMerge(stage.world.admin, runeVaults, vault, edit, { fieldManager: 'kubectl-edit' });
		await syncFromGit(vault, { replicas: 1 });
		const { metadata, spec } = await readVault(stage.world, vault);
		assert.deepEqual([Object(spec).replicas, Object(spec).failover.probePeriod], [1, '7s']);
		assert.equal(metadata.labels?.['example.com/by'], 'hand');
		await stage.quiet('people', REST_MS);
	});

	it('[OPR-175] labels and annotations of others on owned objects stay; fields of the operator go back at once, and then there is peace', async () => {
		const { node } = await stage.servingVault('owned');
		const place = { namespace: 'owned', name: 'acme' };
		const edit = (patch: Record<string, unknown>, fieldManager: string) =>
			patchMerge(stage.world.admin, resources.services, place, patch, { fieldManager });
		await stage.quiet('owned', REST_MS);
		const before = stage.writesIn('owned').length;
		await edit({ metadata: { annotations: { 'example.com/cost': 'team-7' }, labels: { 'example.com/a': 'b' } } }, 'kubectl-annotate');
		await stage.quiet('owned', REST_MS);
		assert.equal(stage.writesIn('owned').length, before, "what is not the operator's own is no reason to write");
		await edit({ metadata: { labels: { 'app.kubernetes.io/part-of': 'other' } }, spec: { sessionAffinity: 'ClientIP' } }, ARGOCD);
		const service = await until('the label back', async () => {
			const found = await node.read(resources.services, 'acme');
			return found?.metadata.labels?.['app.kubernetes.io/part-of'] === 'runevault' && found;
		});
		assert.equal(service.metadata.annotations?.['example.com/cost'], 'team-7');
		assert.equal(Object(service.spec).sessionAffinity, 'ClientIP', 'a field that the operator leaves open');
		await stage.quiet('owned', REST_MS);
		const written = stage
			.writesIn('owned')
			.slice(before)
			.filter(({ path }) => path.includes('/services/acme'));
		assert.equal(written.length, 1, 'one write heals it');
	});

	it('[OPR-176] what ArgoCD tells its own objects by is not on owned ones, so that it prunes none of them', async () => {
		const { vault, node } = await stage.place('tracked');
		await syncFromGit(vault, {});
		await patchMerge(stage.world.admin, runeVaults, vault, { metadata: { labels: { 'app.kubernetes.io/instance': 'vaults' } } });
		await node.keygen();
		await node.runPods();
		await untilCondition(stage.world, vault, 'Ready', 'True');
		for (const resource of [resources.services, resources.statefulSets, resources.configMaps, resources.secrets, resources.roles]) {
			const name = resource === resources.configMaps ? 'acme-config' : resource === resources.secrets ? 'acme-token-team' : 'acme';
			const { labels = {}, annotations = {} } = (await node.read(resource, name))?.metadata ?? {};
			assert.ok(labels['app.kubernetes.io/managed-by'] === 'runevault', name);
			for (const key of [...Object.keys(labels), ...Object.keys(annotations)]) {
				assert.doesNotMatch(key, /^argocd\.argoproj\.io\/|^app\.kubernetes\.io\/instance$/);
			}
		}
	});
});
