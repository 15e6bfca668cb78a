/**
 * The programs that no package of Debian's brings: built once from the Go module proxy and kept by version in the user's cache folder.
 *
 * A build goes to a folder beside and is renamed when it is whole, with a stamp of what it was made from, so that what is there is
 * finished and a change of source builds anew.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { moduleDirectory } from '../install/go-module.ts';
import { run } from '../install/run.ts';
import { withLock } from './lock.ts';
import { type Component, cacheDirectory, checkout, componentDirectory, left, program, versions } from './paths.ts';
import type { Progress } from './progress.ts';

type Recipe = {
	readonly usually: string;
	/** Files whose change means another program. */
	readonly sources: readonly string[];
	/** Arguments of `go`, with `bin` as the folder to fill; they name no path of the checkout, since they are part of the stamp. */
	readonly go: (bin: string) => string[];
	readonly cwd?: string;
	/** A module to build from a copy of its own source, because its go.mod has replacements, which `go install` refuses. */
	readonly module?: string;
	/** The lines of that go.mod that lead to folders which the module does not come with. */
	readonly without?: RegExp;
	/** Built when asked for by name only: the cluster runs without it. */
	readonly isExtra?: true;
	/** Further names of the one program. */
	readonly links?: readonly string[];
};

const folder = join(checkout, 'test', 'cluster');
const small = ['-trimpath', '-buildvcs=false', '-ldflags'];
const version = versions.kubernetes;
const [major, minor] = version.slice(1).split('.');
const stamped = Object.entries({ gitVersion: version, gitMajor: major, gitMinor: minor }).map(
	([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
);
const install = (module: string, release: string) => () => ['install', ...small, '-s -w', `${module}@${release}`];
/** Several programs of one module. */
const installAll = (release: string, packages: readonly string[], flags: readonly string[] = [], link = '') => {
	return () => ['install', ...flags, ...small, `-s -w${link}`, ...packages.map(each => `${each}@${release}`)];
};
const ofPrometheus = (name: string) => `github.com/prometheus/prometheus/cmd/${name}`;
const ofItsOperator = (name: string) => `github.com/prometheus-operator/prometheus-operator/cmd/${name}`;

const recipes: Record<Component, Recipe> = {
	kubernetes: {
		usually: 'some 10 minutes when nothing of it is there yet',
		sources: ['main.go', 'go.mod', 'go.sum'].map(file => join(folder, 'kubernetes', file)),
		go: bin => ['build', ...small, `-s -w ${stamped.join(' ')}`, '-o', join(bin, 'kubernetes'), '.'],
		cwd: join(folder, 'kubernetes'),
		links: ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'kubectl'],
	},
	coredns: { usually: 'some 3 minutes', sources: [], go: install('github.com/coredns/coredns', versions.coredns) },
	helm: { usually: 'some 3 minutes', sources: [], go: install('helm.sh/helm/v4/cmd/helm', versions.helm) },
	/** An S3 server for the tests of backups: real, and of another house than the client. */
	minio: { usually: 'some 3 minutes', sources: [], go: install('github.com/minio/minio', versions.minio) },
	kubeconform: {
		usually: 'some 20 seconds',
		sources: [],
		go: install('github.com/yannh/kubeconform/cmd/kubeconform', versions.kubeconform),
	},
	pause: {
		usually: 'a few seconds',
		sources: [join(folder, 'pause', 'main.go')],
		go: bin => ['build', ...small, '-s -w', '-o', join(bin, 'pause'), 'main.go'],
		cwd: join(folder, 'pause'),
	},
	/** All its components in one program, which goes by its name; without its user interface. */
	argocd: {
		usually: 'some 10 minutes',
		sources: [],
		module: `github.com/argoproj/argo-cd/v3@${versions.argocd}`,
		without: /^replace github\.com\/argoproj\/gitops-engine => \.\/gitops-engine$/m,
		go: bin => ['build', '-mod=mod', ...small, '-s -w', '-o', join(bin, 'argocd'), './cmd'],
		links: ['argocd-application-controller', 'argocd-repo-server'],
		isExtra: true,
	},
	traefik: {
		usually: 'some 8 minutes',
		sources: [],
		module: `github.com/traefik/traefik/v3@${versions.traefik}`,
		go: bin => ['build', ...small, '-s -w', '-o', join(bin, 'traefik'), './cmd/traefik'],
		isExtra: true,
	},
	/** The server and promtool, without the discovery of clouds: the least that the Prometheus Operator can start. */
	prometheus: {
		usually: 'some 4 minutes',
		sources: [],
		go: installAll(
			versions.prometheus,
			['prometheus', 'promtool'].map(ofPrometheus),
			['-tags', 'remove_all_sd,enable_kubernetes_sd'],
			' -X github.com/prometheus/common/version.Version=3.16.0',
		),
	},
	'prometheus-operator': {
		usually: 'some 2 minutes',
		// Its own go.mod has `replace`, with which no program is installed from a version.
		sources: ['go.mod', 'go.sum'].map(file => join(folder, 'prometheus-operator', file)),
		go: bin => ['build', ...small, '-s -w', '-o', `${bin}/`, ...['operator', 'prometheus-config-reloader'].map(ofItsOperator)],
		cwd: join(folder, 'prometheus-operator'),
		isExtra: true,
	},
};

export const components = Object.keys(recipes) as Component[];
const ofTheCluster = components.filter(component => recipes[component].isExtra !== true);

const stampFile = (component: Component): string => join(componentDirectory(component), 'stamp');

/** What a component is made from, as one hash. */
export async function stampOf(component: Component): Promise<string> {
	const { sources, go, module } = recipes[component];
	const hash = createHash('sha256').update(JSON.stringify(go('bin')));
	if (module !== undefined) hash.update(module);
	for (const source of sources) hash.update(await readFile(source));
	return hash.digest('hex');
}

async function isBuilt(component: Component): Promise<boolean> {
	return existsSync(stampFile(component)) && (await readFile(stampFile(component), 'utf8')) === (await stampOf(component));
}

/** The components whose build is not there, or is of other sources. */
export async function unbuilt(wanted: readonly Component[] = ofTheCluster): Promise<Component[]> {
	const built = await Promise.all(wanted.map(isBuilt));
	return wanted.filter((_, index) => !built[index]);
}

/** A copy of a module's source that may be written to, with a go.mod that builds. */
async function copyModule(module: string, without: RegExp | undefined, target: string): Promise<void> {
	await cp(await moduleDirectory(module), target, { recursive: true });
	const entries = await readdir(target, { recursive: true, withFileTypes: true });
	const folders = entries.filter(entry => entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
	for (const each of [target, ...folders, join(target, 'go.mod'), join(target, 'go.sum')]) await chmod(each, 0o755);
	if (without === undefined) return;
	const text = await readFile(join(target, 'go.mod'), 'utf8');
	if (!without.test(text)) throw new Error(`go.mod of ${module} does not say ${without}`);
	await writeFile(join(target, 'go.mod'), text.replace(without, ''));
}

async function buildInto(directory: string, component: Component): Promise<void> {
	const { go, cwd, links = [], module, without } = recipes[component];
	const bin = join(directory, 'bin');
	const source = join(directory, 'source');
	await mkdir(bin, { recursive: true });
	const env = { CGO_ENABLED: '0', GOBIN: bin, GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '' };
	if (module !== undefined) await copyModule(module, without, source);
	await run('go', go(bin), { env, cwd: module === undefined ? (cwd ?? directory) : source, timeoutMs: 3_600_000 });
	await rm(source, { recursive: true, force: true });
	for (const link of links) await symlink(component, join(bin, link));
	await writeFile(join(directory, 'stamp'), await stampOf(component));
}

async function replace(directory: string, fresh: string): Promise<void> {
	const old = `${directory}.old-${process.pid}`;
	if (existsSync(directory)) await rename(directory, old);
	await rename(fresh, directory);
	await rm(old, { recursive: true, force: true });
}

/** Builds what is missing, one after the other. Programs that run go on running from the files they were started from. */
export async function build(progress: Progress, wanted: readonly Component[] = ofTheCluster): Promise<void> {
	if ((await unbuilt(wanted)).length > 0) {
		const onWait = () => progress.say('another process is building: waiting for it');
		await withLock(join(cacheDirectory(), 'build.lock'), onWait, async () => {
			for (const component of await unbuilt(wanted)) {
				const directory = componentDirectory(component);
				const fresh = `${directory}.new-${process.pid}`;
				await rm(fresh, { recursive: true, force: true });
				const what = `build ${component} ${versions[component]}`;
				await progress.step(what, () => buildInto(fresh, component), `${recipes[component].usually}, once; kept in ${cacheDirectory()}`);
				await replace(directory, fresh);
			}
		});
	}
	await linkPrograms();
}

/** Puts kubectl and helm into the checkout's `build/bin`, which the Makefile has on its PATH. */
async function linkPrograms(): Promise<void> {
	await mkdir(left.programs, { recursive: true });
	for (const [name, target] of [
		['kubectl', program('kubernetes', 'kubectl')],
		['helm', program('helm')],
	] as const) {
		const link = join(left.programs, name);
		const next = `${link}.${process.pid}`;
		await symlink(target, next);
		await rename(next, link);
	}
}
