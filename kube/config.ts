/**
 * Where the API server is and who we are.
 *
 * In a pod: the service account files, which the kubelet rewrites about every 50 minutes; they are read again when they change on disk
 * and after a 401. Elsewhere: a kubeconfig through `@kubernetes/client-node`, which knows exec plug-ins and OIDC; it is imported only then,
 * because the import alone costs 60 MB and 0.6 s.
 */
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from './clock.ts';
import { KubeError } from './errors.ts';

export type TlsOptions = { ca?: string; cert?: string; key?: string; servername?: string; rejectUnauthorized?: boolean };

/** `tls` is the same object until its content changes, so that its identity tells whether connections must be made anew. */
export type Credentials = { readonly headers: Readonly<Record<string, string>>; readonly tls: TlsOptions };

export type ClusterConfig = {
	/** Base URL of the API server, without a trailing slash. */
	readonly server: string;
	/** Our own namespace, or the kubeconfig context's. */
	readonly namespace: string;
	/** Called before every request, so it must be cheap. `refresh` after a 401: forget what is cached. */
	credentials(refresh?: boolean): Promise<Credentials>;
};

export type LoadOptions = { serviceAccountDirectory?: string; clock?: Clock };

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const STAT_EVERY_MS = 1000;
const KUBECONFIG_EVERY_MS = 30_000;

/**
 * Finds the cluster: `KUBECONFIG` when set, else the pod's service account, else `~/.kube/config` (controller-runtime's order).
 * @throws KubeError `NoConfig` when there is none of them.
 */
export async function loadClusterConfig(env: NodeJS.ProcessEnv = process.env, options: LoadOptions = {}): Promise<ClusterConfig> {
	const { serviceAccountDirectory = SERVICE_ACCOUNT, clock = systemClock } = options;
	if (env.KUBECONFIG) return fromKubeconfig(env.KUBECONFIG, clock);
	if (env.KUBERNETES_SERVICE_HOST && (await exists(join(serviceAccountDirectory, 'token')))) {
		return inCluster(env.KUBERNETES_SERVICE_HOST, env.KUBERNETES_SERVICE_PORT ?? '443', serviceAccountDirectory, clock);
	}
	const file = join(env.HOME || homedir(), '.kube', 'config');
	if (await exists(file)) return fromKubeconfig(file, clock);
	throw new KubeError(0, 'NoConfig', 'no cluster: KUBECONFIG is not set, this is not a pod, and there is no ~/.kube/config');
}

/** A cluster whose credentials never change, such as one a test has just started. */
export function staticConfig(server: string, credentials: Credentials, namespace = 'default'): ClusterConfig {
	return { server: server.replace(/\/$/, ''), namespace, credentials: async () => credentials };
}

async function inCluster(host: string, port: string, directory: string, clock: Clock): Promise<ClusterConfig> {
	const token = watchedFile(join(directory, 'token'), clock);
	const ca = watchedFile(join(directory, 'ca.crt'), clock);
	const namespace = (await readFile(join(directory, 'namespace'), 'utf8')).trim();
	let tls: TlsOptions = { ca: await ca(false) };
	return {
		server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
		namespace,
		async credentials(refresh = false) {
			const [bearer, authority] = await Promise.all([token(refresh), ca(refresh)]);
			if (authority !== tls.ca) tls = { ca: authority };
			return { headers: { authorization: `Bearer ${bearer.trim()}` }, tls };
		},
	};
}

/** The text of a file, read again when its modification time has changed; looked at once a second at most. */
function watchedFile(path: string, clock: Clock): (refresh: boolean) => Promise<string> {
	let text = '';
	let version = -1;
	let lookedAt = Number.NEGATIVE_INFINITY;
	return async refresh => {
		if (!refresh && clock.now() - lookedAt < STAT_EVERY_MS) return text;
		const { mtimeMs } = await stat(path);
		lookedAt = clock.now();
		if (refresh || mtimeMs !== version) {
			text = await readFile(path, 'utf8');
			version = mtimeMs;
		}
		return text;
	};
}

/** `path` may name several files, separated as in PATH, as kubectl has it; the first that exists counts. */
async function fromKubeconfig(path: string, clock: Clock): Promise<ClusterConfig> {
	const { KubeConfig } = await import('@kubernetes/client-node');
	const file = await firstThatExists(path.split(process.platform === 'win32' ? ';' : ':'));
	const load = () => {
		const loaded = new KubeConfig();
		loaded.loadFromFile(file);
		return loaded;
	};
	let kubeconfig = load();
	const server = kubeconfig.getCurrentCluster()?.server;
	if (server === undefined) throw new KubeError(0, 'NoConfig', `${file}: the current context names no cluster`);
	let current: Credentials | undefined;
	let readAt = Number.NEGATIVE_INFINITY;
	return {
		server: server.replace(/\/$/, ''),
		namespace: kubeconfig.getContextObject(kubeconfig.getCurrentContext())?.namespace ?? 'default',
		async credentials(refresh = false) {
			if (current !== undefined && !refresh && clock.now() - readAt < KUBECONFIG_EVERY_MS) return current;
			if (refresh) kubeconfig = load();
			const options: HttpsOptions = {};
			await kubeconfig.applyToHTTPSOptions(options);
			readAt = clock.now();
			const tls = tlsOf(options);
			current = { headers: headersOf(options), tls: current && sameTls(current.tls, tls) ? current.tls : tls };
			return current;
		},
	};
}

type HttpsOptions = {
	auth?: string | null | undefined;
	headers?: unknown;
	ca?: unknown;
	cert?: unknown;
	key?: unknown;
	servername?: string | undefined;
	rejectUnauthorized?: boolean | undefined;
};

function headersOf({ auth, headers }: HttpsOptions): Record<string, string> {
	const all = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]);
	if (auth) all.push(['authorization', `Basic ${Buffer.from(auth).toString('base64')}`]);
	return Object.fromEntries(all);
}

function tlsOf({ ca, cert, key, servername, rejectUnauthorized }: HttpsOptions): TlsOptions {
	return {
		...(ca ? { ca: String(ca) } : {}),
		...(cert ? { cert: String(cert) } : {}),
		...(key ? { key: String(key) } : {}),
		...(servername === undefined ? {} : { servername }),
		...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
	};
}

function sameTls(a: TlsOptions, b: TlsOptions): boolean {
	return JSON.stringify(a) === JSON.stringify(b);
}

async function exists(path: string): Promise<boolean> {
	return stat(path).then(
		() => true,
		() => false,
	);
}

async function firstThatExists(paths: string[]): Promise<string> {
	for (const path of paths) if (path !== '' && (await exists(path))) return path;
	throw new KubeError(0, 'NoConfig', `no kubeconfig at ${paths.join(', ')}`);
}
