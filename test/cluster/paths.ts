/**
 * Where things lie.
 *
 * What is built goes to the user's cache folder, so that a fresh clone finds it. What runs goes to one place on the machine and not to the
 * checkout: the cluster takes machine-wide names and ports, so `up` in a second checkout must find the first one's cluster; and
 * containers' root file systems need a real disk (not the RAM that /run may be) and no git tree around them. Of the checkout, only
 * `build/` is written: a copy of the kubeconfig, links to kubectl and helm, the image, the logs of a cluster that was taken down.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';

export const checkout = join(import.meta.dirname, '..', '..');

export const versions = {
	kubernetes: 'v1.37.2',
	coredns: 'v1.15.0',
	helm: 'v4.3.0',
	minio: 'v0.0.0-20260212201848-7aac2a2c5b7c',
	kubeconform: 'v0.8.0',
	pause: 'v1',
	argocd: 'v3.3.9',
	traefik: 'v3.6.12',
	/** Prometheus 3.16, as its Go module counts. */
	prometheus: 'v0.316.0',
	'prometheus-operator': 'v0.85.0',
} as const;
export type Component = keyof typeof versions;

/** What is built once, by version. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
	return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'runevault');
}

export function componentDirectory(component: Component, env?: NodeJS.ProcessEnv): string {
	return join(cacheDirectory(env), `${component}-${versions[component]}`);
}

/** The path of a built program, such as `kubectl` of `kubernetes`. */
export function program(component: Component, name: string = component, env?: NodeJS.ProcessEnv): string {
	return join(componentDirectory(component, env), 'bin', name);
}

const state = '/var/lib/runevault-cluster';

/** The running cluster's files, one set a machine. */
export const running = {
	directory: state,
	/** Beside the folder, because `down` removes the folder. */
	lock: `${state}.lock`,
	record: join(state, 'cluster.json'),
	processes: join(state, 'run'),
	logs: join(state, 'log'),
	pki: join(state, 'pki'),
	etcd: join(state, 'etcd'),
	kubeconfig: join(state, 'pki', 'admin.conf'),
	node: (name: string) => join(state, name),
	containerd: (name: string) => join(state, name, 'containerd.sock'),
} as const;

/** Where a checkout has its copy of the kubeconfig. */
export function kubeconfigOf(folder: string): string {
	return join(folder, 'build', 'cluster', 'kubeconfig');
}

/** What the launcher leaves in the checkout. */
export const left = {
	kubeconfig: kubeconfigOf(checkout),
	logs: join(checkout, 'build', 'cluster', 'log'),
	programs: join(checkout, 'build', 'bin'),
	image: join(checkout, 'build', 'image'),
} as const;
