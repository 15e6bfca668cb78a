/**
 * The real ArgoCD on a real API server: from one Application and a git repository with the examples of docs/gitops.md to a Vault that serves.
 * The operator runs in this process, and nodes and the controller of Deployments are played, as in the other files here.
 */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import { patchMerge } from '../../../kube/objects.ts';
import { type Resource, resources } from '../../../kube/resources.ts';
import { checkout, program } from '../../cluster/paths.ts';
import { ARGOCD_NAMESPACE, type ArgoCd, applicationOf, applyCrds, argoCdCrds, refresh, startArgoCd } from '../../install/argocd.ts';
import { createNamespace } from '../../install/installation.ts';
import { getObject, type Kubectl, kubectlFor } from '../../install/kubectl.ts';
import { run, until } from '../../install/run.ts';
import { OPERATOR_NAMESPACE } from './fixture.ts';
import { type Placed, Stage } from './stage.ts';

const EXAMPLES = join(checkout, 'examples', 'gitops');
const APPS = ['runevault-crds', 'runevault-operator', 'runevault-vaults'] as const;
const VAULTS = 'runevault-vaults';
const NAMESPACE = 'rune';

type Fields = Record<string, unknown>;

describe('ArgoCD', () => {
	let stage: Stage;
	let placed: Placed;
	let kubectl: Kubectl;
	let argocd: ArgoCd;
	let repository: string;

	const git = (...args: string[]) =>
		run('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], { cwd: repository });
	/** Changes a file of the repository and has ArgoCD look. */
	async function commit(file: string, change: (object: Fields) => void, app: string = VAULTS): Promise<void> {
		const path = join(repository, file);
		const object = parse(await readFile(path, 'utf8')) as Fields;
		change(object);
		await writeFile(path, stringify(object));
		await git('add', '--all');
		await git('commit', '--quiet', '--message', 'change');
		await refresh(kubectl, app);
	}
	const untilApp = (name: string, sync: string, health: string, timeoutMs = 120_000) =>
		until(
			`${name} ${sync} and ${health}`,
			async () => {
				const found = await applicationOf(kubectl, name);
				if (found?.sync?.status === sync && found.health?.status === health && found.conditions.length === 0) return found;
				throw new Error(`${JSON.stringify(found)?.slice(0, 2000)} ${argocd.output().slice(-1500)}`);
			},
			timeoutMs,
			300,
		);

	/** As their controllers would say of a Deployment and its budget when all pods are there. */
	async function playControllers(): Promise<void> {
		const place = { namespace: OPERATOR_NAMESPACE, name: 'runevault' };
		const say = (resource: Resource, status: Fields) =>
			patchMerge(stage.world.admin, resource, place, { status: { observedGeneration: 100, ...status } }, { subresource: 'status' });
		const counts = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
		await say(resources.deployments, { ...counts, conditions: [{ type: 'Available', status: 'True' }] });
		const allowed = {
			type: 'DisruptionAllowed',
			status: 'True',
			reason: 'SufficientPods',
			message: '',
			lastTransitionTime: '2026-01-01T00:00:00Z',
		};
		const healthy = { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 };
		await say(resources.podDisruptionBudgets, { ...healthy, conditions: [allowed] });
	}

	before(async () => {
		stage = await Stage.start();
		placed = await stage.place(NAMESPACE);
		kubectl = kubectlFor(stage.world.api.kubeconfig, program('kubernetes', 'kubectl'));
		repository = await mkdtemp(join(tmpdir(), 'gitops-'));
		await cp(EXAMPLES, repository, { recursive: true });
		await cp(join(checkout, 'charts'), join(repository, 'charts'), { recursive: true });
		for (const file of ['root.yaml', ...(await readdir(join(EXAMPLES, 'apps'))).map(name => `apps/${name}`)]) {
			const object = parse(await readFile(join(repository, file), 'utf8')) as { metadata: Fields; spec: { source: Fields } };
			object.spec.source.repoURL = `file://${repository}`;
			await writeFile(join(repository, file), stringify(object));
		}
		await git('init', '--quiet', '--initial-branch=main');
		await git('add', '--all');
		await git('commit', '--quiet', '--message', 'examples');
		await createNamespace(kubectl, ARGOCD_NAMESPACE);
		const crds = await argoCdCrds();
		await applyCrds(kubectl, crds);
		argocd = await startArgoCd(kubectl, program('helm'));
	});

	after(async () => {
		await argocd?.stop();
		if (repository !== undefined) await rm(repository, { recursive: true });
		await stage?.stop();
	});

	it('[GIT-3] brings CRDs, operator and vaults from one Application, each when the one before is Healthy', async () => {
		await kubectl(['apply', '-f', join(repository, 'root.yaml')]);
		await untilApp('runevault-crds', 'Synced', 'Healthy');
		await untilApp('runevault-operator', 'Synced', 'Progressing');
		assert.equal(await applicationOf(kubectl, VAULTS), undefined, 'while the operator is not there');
		await playControllers();
		await untilApp('runevault-operator', 'Synced', 'Healthy');
		await untilApp(VAULTS, 'Synced', 'Progressing');
		await placed.node.keygen();
		await placed.node.runPods();
		for (const app of ['runevault-root', ...APPS]) await untilApp(app, 'Synced', 'Healthy');
		const found = await applicationOf(kubectl, VAULTS);
		const acme = found?.resources.find(({ kind }) => kind === 'RuneVault');
		assert.match(acme?.health?.message ?? '', /^Serving: acme-\d /);
		assert.deepEqual(
			found?.resources.map(({ kind, name }) => `${kind}/${name}`),
			['RuneVault/acme'],
			"what the operator owns is not the Application's",
		);
	});

	it('[GIT-4] finds no difference, whether it or the API server compares', async () => {
		for (const options of ['ServerSideDiff=true', 'ServerSideDiff=false']) {
			for (const app of APPS) {
				const annotation = `argocd.argoproj.io/compare-options=${options}`;
				await kubectl(['annotate', 'application.argoproj.io', app, '-n', ARGOCD_NAMESPACE, '--overwrite', annotation]);
				await refresh(kubectl, app);
				const { sync, conditions } = (await applicationOf(kubectl, app)) ?? {};
				assert.deepEqual([sync?.status, conditions], ['Synced', []], `${app} with ${options}`);
			}
		}
	});

	it('[GIT-1] tells how well a vault is: Degraded for a spec that the operator refuses, Healthy again after', async () => {
		await commit('vaults/acme.yaml', ({ spec }) => void Object.assign(Object(spec), { tls: { type: 'Disabled' } }));
		const bad = await untilApp(VAULTS, 'Synced', 'Degraded');
		assert.match(bad.resources[0]?.health?.message ?? '', /^Invalid: spec\.tls\.type: Disabled needs the annotation/);
		await commit('vaults/acme.yaml', ({ spec }) => void delete Object(spec).tls);
		await untilApp(VAULTS, 'Synced', 'Healthy');
	});

	it("[GIT-5] rotates a token by git, keeps what people add, and takes back what they change of git's", async () => {
		const token = async () => (await getObject(kubectl, 'secret', 'acme-token-team', NAMESPACE))?.data?.token;
		const before = await token();
		await commit('vaults/acme.yaml', ({ spec }) => void Object.assign(Object(spec).access.tokens[0], { generation: 2 }));
		await until('another token', async () => (await token()) !== before);
		await untilApp(VAULTS, 'Synced', 'Healthy');
		await kubectl(['annotate', 'runevault', 'acme', '-n', NAMESPACE, 'example.com/by=hand']);
		await kubectl(['patch', 'runevault', 'acme', '-n', NAMESPACE, '--type=merge', '-p', '{"spec":{"replicas":3}}']);
		await until('two replicas again', async () => {
			const found = await getObject(kubectl, 'runevault', 'acme', NAMESPACE);
			return Object(found?.spec).replicas === 2 && Object(found?.metadata.annotations)['example.com/by'] === 'hand';
		});
		await untilApp(VAULTS, 'Synced', 'Healthy');
	});
});
