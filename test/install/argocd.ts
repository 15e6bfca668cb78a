/**
 * The real ArgoCD without its user interface: repository server, application controller and Redis as processes of this machine, on a cluster
 * that holds nothing of it but its CRDs and configuration.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { KubeObject } from '../../kube/resources.ts';
import { freePorts } from '../api/harness.ts';
import { hasProgram, installPackages } from '../cluster/packages.ts';
import { checkout, program, versions } from '../cluster/paths.ts';
import { createProgress } from '../cluster/progress.ts';
import { objectsOfModule } from './go-module.ts';
import { getObject, type Kubectl } from './kubectl.ts';
import { run, until } from './run.ts';

export const ARGOCD_NAMESPACE = 'argocd';
const MODULE = `github.com/argoproj/argo-cd/v3@${versions.argocd}`;

export type ArgoCd = {
	/** All it wrote. */
	output(): string;
	stop(): Promise<void>;
};

/** The CRDs of ArgoCD. */
export const argoCdCrds = (): Promise<KubeObject[]> =>
	objectsOfModule(
		MODULE,
		['application', 'applicationset', 'appproject'].map(kind => `manifests/crds/${kind}-crd.yaml`),
	);

/** What we give to ArgoCD's configuration, as it lies in the repository. */
export async function argoCdCustomizations(): Promise<KubeObject> {
	return parse(await readFile(join(checkout, 'gitops', 'argocd', 'argocd-cm.yaml'), 'utf8')) as KubeObject;
}

const configuration = (customizations: KubeObject) => {
	const place = (name: string) => ({ name, namespace: ARGOCD_NAMESPACE, labels: { 'app.kubernetes.io/part-of': 'argocd' } });
	return [
		customizations,
		// Without a key of its own, changes of the configuration are not read.
		{
			apiVersion: 'v1',
			kind: 'Secret',
			metadata: place('argocd-secret'),
			stringData: { 'server.secretkey': randomBytes(32).toString('base64') },
		},
		{
			apiVersion: 'argoproj.io/v1alpha1',
			kind: 'AppProject',
			metadata: { name: 'default', namespace: ARGOCD_NAMESPACE },
			spec: {
				sourceRepos: ['*'],
				destinations: [{ namespace: '*', server: '*' }],
				clusterResourceWhitelist: [{ group: '*', kind: '*' }],
			},
		},
	];
};

/** Applies objects by server-side apply, as one. */
async function applyAll(kubectl: Kubectl, items: readonly unknown[]): Promise<void> {
	const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
	await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], { input });
}

/** Applies CRDs, and resolves when their kinds are served. */
export async function applyCrds(kubectl: Kubectl, crds: readonly KubeObject[]): Promise<void> {
	await applyAll(kubectl, crds);
	const names = crds.map(({ metadata }) => `crd/${metadata.name}`);
	// kubectl gives up on one that has no conditions at all yet.
	await until('the kinds of ArgoCD', () => kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...names]));
}

/** Configures and starts it. The namespace of its own must be there, and its CRDs. */
export async function startArgoCd(kubectl: Kubectl, helm: string): Promise<ArgoCd> {
	if (!hasProgram('redis-server'))
		await installPackages(
			createProgress(line => process.stderr.write(`${line}\n`)),
			['redis-server'],
		);
	await applyAll(kubectl, configuration(await argoCdCustomizations()));
	const directory = await mkdtemp(join(tmpdir(), 'argocd-'));
	const [redis = 0, repository = 0, metrics = 0, more = 0] = await freePorts(4);
	const env = await environment(directory, kubectl, helm);
	const children: ChildProcess[] = [];
	const chunks: string[] = [];
	const start = (command: string, args: readonly string[]) => {
		const child = spawn(command, args, { env, cwd: directory });
		for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', chunk => chunks.push(chunk));
		children.push(child);
	};
	const output = () => chunks.join('');
	const stop = async () => {
		for (const child of children) {
			if (child.exitCode !== null || child.signalCode !== null) continue;
			const exited = once(child, 'exit');
			child.kill('SIGKILL');
			await exited;
		}
		await rm(directory, { recursive: true, force: true });
	};
	const listening = (what: string, port: number) =>
		until(what, async () => {
			if (children.some(({ exitCode }) => exitCode !== null)) throw new Error(output().slice(-3000));
			return isOpen(port);
		});
	try {
		start('redis-server', ['--bind', '127.0.0.1', '--port', String(redis), '--save', '', '--appendonly', 'no']);
		await listening('Redis', redis);
		const cache = ['--redis', `127.0.0.1:${redis}`, '--loglevel', 'warn'];
		start(program('argocd', 'argocd-repo-server'), [
			...['--address', '127.0.0.1', '--port', String(repository), '--disable-tls', '--metrics-port', String(more)],
			...['--metrics-address', '127.0.0.1', ...cache],
		]);
		await listening("ArgoCD's repository server", repository);
		start(program('argocd', 'argocd-application-controller'), [
			...['-n', ARGOCD_NAMESPACE, '--repo-server', `127.0.0.1:${repository}`, '--repo-server-plaintext', '--metrics-port', String(metrics)],
			...['--app-resync', '30', '--app-resync-jitter', '0', '--persist-resource-health', ...cache],
		]);
	} catch (error) {
		await stop();
		throw error;
	}
	return { output, stop };
}

async function environment(directory: string, { kubeconfig }: Kubectl, helm: string): Promise<NodeJS.ProcessEnv> {
	const folders = { HOME: 'home', TMPDIR: 'tmp', ARGOCD_TLS_DATA_PATH: 'tls', ARGOCD_SSH_DATA_PATH: 'ssh', ARGOCD_GPG_DATA_PATH: 'gpg' };
	const paths = Object.fromEntries(Object.entries(folders).map(([name, folder]) => [name, join(directory, folder)]));
	for (const path of Object.values(paths)) await mkdir(path);
	await mkdir(join(directory, 'plugins'));
	return {
		...process.env,
		...paths,
		ARGOCD_PLUGINSOCKFILEPATH: join(directory, 'plugins'),
		ARGOCD_FAKE_IN_CLUSTER: 'true',
		ARGOCD_GPG_ENABLED: 'false',
		REDIS_PASSWORD: '',
		KUBECONFIG: kubeconfig,
		PATH: `${dirname(helm)}:${process.env.PATH}`,
	};
}

function isOpen(port: number): Promise<boolean> {
	return new Promise(resolve => {
		const socket = connect(port, '127.0.0.1');
		const end = (answer: boolean) => {
			socket.destroy();
			resolve(answer);
		};
		socket.once('connect', () => end(true)).once('error', () => end(false));
	});
}

const applicationSchema = z.looseObject({
	sync: z.looseObject({ status: z.string(), revision: z.string().optional() }).optional(),
	health: z.looseObject({ status: z.string() }).optional(),
	conditions: z.array(z.looseObject({ type: z.string(), message: z.string() })).default([]),
	operationState: z.looseObject({ phase: z.string(), message: z.string().optional() }).optional(),
	resources: z
		.array(
			z.looseObject({
				kind: z.string(),
				name: z.string(),
				status: z.string().optional(),
				health: z.looseObject({ status: z.string().optional(), message: z.string().optional() }).optional(),
			}),
		)
		.default([]),
});
export type Application = z.infer<typeof applicationSchema>;

/** What ArgoCD says of an Application; undefined when it is not there. */
export async function applicationOf(kubectl: Kubectl, name: string): Promise<Application | undefined> {
	const found = await getObject(kubectl, 'application.argoproj.io', name, ARGOCD_NAMESPACE);
	return found && applicationSchema.parse(found.status ?? {});
}

/** Has ArgoCD look at git and at the cluster again, and waits until it has. */
export async function refresh(kubectl: Kubectl, name: string): Promise<void> {
	await kubectl(['annotate', 'application.argoproj.io', name, '-n', ARGOCD_NAMESPACE, '--overwrite', 'argocd.argoproj.io/refresh=hard']);
	await until(`${name} refreshed`, async () => {
		const found = await getObject(kubectl, 'application.argoproj.io', name, ARGOCD_NAMESPACE);
		return Object(found?.metadata.annotations)['argocd.argoproj.io/refresh'] === undefined;
	});
}

/** What `argocd admin` makes of an object with a script of ours: `health`, `list-actions`, or `run-action` with its name. */
export async function runScript(customizations: KubeObject, object: unknown, command: string, action?: string): Promise<string> {
	const directory = await mkdtemp(join(tmpdir(), 'argocd-admin-'));
	try {
		const [file, map] = [join(directory, 'object.yaml'), join(directory, 'argocd-cm.yaml')];
		await writeFile(file, JSON.stringify(object));
		await writeFile(map, JSON.stringify(customizations));
		const args = ['admin', 'settings', 'resource-overrides', command, file, ...(action === undefined ? [] : [action])];
		return await run(program('argocd'), [...args, '--argocd-cm-path', map, '--load-cluster-settings=false'], { env: { HOME: directory } });
	} finally {
		await rm(directory, { recursive: true });
	}
}
