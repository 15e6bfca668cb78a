/** The real ArgoCD on a real cluster: from one Application and a git repository with the examples of docs/gitops.md to Vaults that serve. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import { findTarget } from '../../demo/target.ts';
import { ARGOCD_NAMESPACE, type ArgoCd, applicationOf, applyAll, argoCdCrds, refresh, startArgoCd } from '../../install/argocd.ts';
import { createNamespace, OPERATOR_NAMESPACE, type Target } from '../../install/installation.ts';
import { getObject } from '../../install/kubectl.ts';
import { run, until } from '../../install/run.ts';
import { checkout } from '../paths.ts';

const EXAMPLES = join(checkout, 'examples', 'gitops');
const APPS = ['runevault-crds', 'runevault-operator', 'runevault-vaults'] as const;
const VAULTS = 'runevault-vaults';
const NAMESPACE = 'rune';

type Fields = Record<string, unknown>;

describe('ArgoCD', () => {
	let target: Target;
	let argocd: ArgoCd;
	let repository: string;
	let crds: Awaited<ReturnType<typeof argoCdCrds>> = [];

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
		await refresh(target.kubectl, app);
	}
	const untilApp = (name: string, sync: string, health: string, timeoutMs = 120_000) =>
		until(
			`${name} ${sync} and ${health}`,
			async () => {
				const found = await applicationOf(target.kubectl, name);
				if (found?.sync?.status === sync && found.health?.status === health && found.conditions.length === 0) return found;
				throw new Error(`${JSON.stringify(found)?.slice(0, 2000)} ${argocd.output().slice(-1500)}`);
			},
			timeoutMs,
			300,
		);

	before(async () => {
		target = await findTarget(process.env);
		repository = await mkdtemp(join(tmpdir(), 'gitops-'));
		await cp(EXAMPLES, repository, { recursive: true });
		await cp(join(checkout, 'charts'), join(repository, 'charts'), { recursive: true });
		const colon = target.image.lastIndexOf(':');
		const image = { repository: target.image.slice(0, colon), tag: target.image.slice(colon + 1) };
		for (const file of ['root.yaml', ...(await readdir(join(EXAMPLES, 'apps'))).map(name => `apps/${name}`)]) {
			const object = parse(await readFile(join(repository, file), 'utf8')) as { metadata: Fields; spec: { source: Fields } };
			object.spec.source.repoURL = `file://${repository}`;
			if (object.metadata.name === 'runevault-operator') Object(object.spec.source.helm).valuesObject = { image };
			await writeFile(join(repository, file), stringify(object));
		}
		await git('init', '--quiet', '--initial-branch=main');
		await git('add', '--all');
		await git('commit', '--quiet', '--message', 'examples');
		await createNamespace(target.kubectl, ARGOCD_NAMESPACE);
		crds = await argoCdCrds();
		await applyAll(target.kubectl, crds);
		for (const { metadata } of crds) await target.kubectl(['wait', '--for=condition=Established', `crd/${metadata.name}`, '--timeout=30s']);
		argocd = await startArgoCd(target.kubectl, target.helm);
	});

	after(async () => {
		await argocd?.stop();
		if (repository !== undefined) await rm(repository, { recursive: true });
		if (target === undefined) return;
		await target.kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--timeout=90s']);
		const objects = ['deployment,service,pdb,serviceaccount,role,rolebinding', '-l', 'app.kubernetes.io/name=runevault'];
		await target.kubectl(['delete', ...objects, '-n', OPERATOR_NAMESPACE, '--ignore-not-found']);
		await target.kubectl(['delete', 'clusterrole,clusterrolebinding', '-l', 'app.kubernetes.io/name=runevault', '--ignore-not-found']);
		await target.kubectl(['delete', 'namespace', OPERATOR_NAMESPACE, ARGOCD_NAMESPACE, '--ignore-not-found', '--wait=false']);
		await target.kubectl(['delete', 'crd', '--wait=false', '--ignore-not-found', ...crds.map(({ metadata }) => metadata.name)]);
		await target.kubectl(['delete', 'crd', '--wait=false', '--ignore-not-found', '-l', 'argocd.argoproj.io/instance']);
		await target.kubectl(['delete', 'crd', '--wait=false', '--ignore-not-found', 'runevaults.runevault.io']);
	});

	it('[CLU-59] brings CRDs, operator and vaults in this order, from one Application', async () => {
		await target.kubectl(['apply', '-f', join(repository, 'root.yaml')]);
		for (const app of ['runevault-root', ...APPS]) await untilApp(app, 'Synced', 'Healthy', 180_000);
		const createdAt = async (kind: string, name: string, namespace: string) =>
			Date.parse(String((await getObject(target.kubectl, kind, name, namespace))?.metadata.creationTimestamp));
		const [crd, operator, vault] = [
			await createdAt('crd', 'runevaults.runevault.io', NAMESPACE),
			await createdAt('deployment', 'runevault', OPERATOR_NAMESPACE),
			await createdAt('runevault', 'acme', NAMESPACE),
		];
		assert.ok(crd <= operator && operator <= vault, `${crd} ${operator} ${vault}`);
		const found = await applicationOf(target.kubectl, VAULTS);
		const acme = found?.resources.find(({ kind }) => kind === 'RuneVault');
		assert.match(acme?.health?.message ?? '', /^Serving: acme-\d /);
		assert.deepEqual(
			found?.resources.map(({ kind, name }) => `${kind}/${name}`),
			['RuneVault/acme'],
			"what the operator owns is not the Application's",
		);
	});

	it('[CLU-59] finds no difference, whether it or the API server compares', async () => {
		for (const options of ['ServerSideDiff=true', 'ServerSideDiff=false']) {
			for (const app of APPS) {
				const annotation = `argocd.argoproj.io/compare-options=${options}`;
				await target.kubectl(['annotate', 'application.argoproj.io', app, '-n', ARGOCD_NAMESPACE, '--overwrite', annotation]);
				await refresh(target.kubectl, app);
				const { sync, conditions } = (await applicationOf(target.kubectl, app)) ?? {};
				assert.deepEqual([sync?.status, conditions], ['Synced', []], `${app} with ${options}`);
			}
		}
	});

	it('[CLU-59] tells how well a vault is: Degraded for a spec that the operator refuses, Healthy again after', async () => {
		await commit('vaults/acme.yaml', ({ spec }) => void Object.assign(Object(spec), { tls: { type: 'Disabled' } }));
		const bad = await untilApp(VAULTS, 'Synced', 'Degraded');
		assert.match(bad.resources[0]?.health?.message ?? '', /^Invalid: spec\.tls\.type: Disabled needs the annotation/);
		await commit('vaults/acme.yaml', ({ spec }) => void delete Object(spec).tls);
		await untilApp(VAULTS, 'Synced', 'Healthy');
	});

	it("[CLU-59] rotates a token by git, keeps what people add, and takes back what they change of git's", async () => {
		const token = async () => (await getObject(target.kubectl, 'secret', 'acme-token-team', NAMESPACE))?.data?.token;
		const before = await token();
		await commit('vaults/acme.yaml', ({ spec }) => void Object.assign(Object(spec).access.tokens[0], { generation: 2 }));
		await until('another token', async () => (await token()) !== before);
		await untilApp(VAULTS, 'Synced', 'Healthy');
		await target.kubectl(['annotate', 'runevault', 'acme', '-n', NAMESPACE, 'example.com/by=hand']);
		await target.kubectl(['patch', 'runevault', 'acme', '-n', NAMESPACE, '--type=merge', '-p', '{"spec":{"replicas":3}}']);
		await until('two replicas again', async () => {
			const found = await getObject(target.kubectl, 'runevault', 'acme', NAMESPACE);
			return Object(found?.spec).replicas === 2 && Object(found?.metadata.annotations)['example.com/by'] === 'hand';
		});
		await untilApp(VAULTS, 'Synced', 'Healthy');
	});
});
