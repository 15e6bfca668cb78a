/**
 * A real etcd and kube-apiserver on free loopback ports, for one test file: no nodes, no kubelet, so pods never run.
 *
 * Optionally some controllers of kube-controller-manager, such as garbage collection by owner. The binary is the one the cluster
 * launcher builds (`node test/cluster/main.ts build`). Data lives in a temporary folder, without fsync; everything is stopped by process
 * id and waited for.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, rmSync } from 'node:fs';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClusterConfig, staticConfig } from '../../kube/config.ts';
import { createTransport } from '../../kube/transport.ts';
import { program } from '../cluster/paths.ts';

export type ApiServer = {
	/** Administrator (group system:masters), without client-node. */
	readonly config: ClusterConfig;
	/** Path of a kubeconfig file for the same administrator. */
	readonly kubeconfig: string;
	/** The same API server as somebody else, such as `system:serviceaccount:rune:acme`, who may do what RBAC grants. */
	as(user: string): ClusterConfig;
	/** Stops the API server's process where it is: calls and watches hang. */
	pause(): void;
	resume(): void;
	/** Kills the API server, and starts it on the same port with the same data; resolves when it is ready. */
	restart(): Promise<void>;
	/** Ends all processes and deletes the data. */
	stop(): Promise<void>;
};

export type ApiServerOptions = {
	/** Controllers to run, such as `garbage-collector-controller`. */
	controllers?: string[];
	/** Further flags of kube-apiserver. */
	flags?: string[];
};

type Component = 'etcd' | 'kube-apiserver' | 'kube-controller-manager';
type Child = { name: Component; process: ChildProcess; log: string };

const READY_MS = 90_000;
const TOKEN = 'administrator-of-a-test';

export async function startApiServer({ controllers = [], flags = [] }: ApiServerOptions = {}): Promise<ApiServer> {
	await access(program('kubernetes', 'kube-apiserver')).catch(cause => {
		throw new Error('kube-apiserver is not built; run: node test/cluster/main.ts build', { cause });
	});
	const directory = await mkdtemp(join(tmpdir(), 'runevault-api-'));
	const children: Child[] = [];
	const run = (name: Component, args: string[]): Child => {
		const child = start(directory, name, args);
		children.push(child);
		return child;
	};
	const forget = atEndOfProcess(() => {
		for (const { process: child } of children) child.kill('SIGKILL');
		rmSync(directory, { recursive: true, force: true });
	});
	const stop = async () => {
		for (const child of children.toReversed()) await kill(child);
		forget();
		await rm(directory, { recursive: true, force: true });
	};
	try {
		const [client = 0, peer = 0, secure = 0] = await freePorts(3);
		run('etcd', etcdFlags(directory, client, peer));
		await writeSecrets(directory);
		const launch = () => run('kube-apiserver', [...apiServerFlags(directory, client, secure), ...flags]);
		let apiServer = launch();
		const url = `https://127.0.0.1:${secure}`;
		const ca = await serverCertificate(directory, apiServer);
		const headers = { authorization: `Bearer ${TOKEN}` };
		const config = staticConfig(url, { headers, tls: { ca } });
		const kubeconfig = join(directory, 'kubeconfig');
		await writeFile(kubeconfig, kubeconfigText(url, ca), { mode: 0o600 });
		await ready(config, apiServer);
		if (controllers.length > 0) run('kube-controller-manager', managerFlags(directory, kubeconfig, controllers));
		return {
			config,
			kubeconfig,
			stop,
			as: user => staticConfig(url, { headers: { ...headers, 'impersonate-user': user }, tls: { ca } }),
			pause: () => void apiServer.process.kill('SIGSTOP'),
			resume: () => void apiServer.process.kill('SIGCONT'),
			async restart() {
				await kill(apiServer);
				apiServer = launch();
				await ready(config, apiServer);
			},
		};
	} catch (error) {
		await stop();
		throw error;
	}
}

/** Runs the cleanup when the process exits or is told to; returns what calls that off. An API server that merely gets SIGTERM would linger. */
function atEndOfProcess(cleanup: () => void): () => void {
	const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
	const exit = () => process.exit(1);
	process.once('exit', cleanup);
	for (const signal of signals) process.once(signal, exit);
	return () => {
		process.off('exit', cleanup);
		for (const signal of signals) process.off(signal, exit);
	};
}

function etcdFlags(directory: string, client: number, peer: number): string[] {
	const clientUrl = `http://127.0.0.1:${client}`;
	const peerUrl = `http://127.0.0.1:${peer}`;
	return [
		`--data-dir=${join(directory, 'etcd')}`,
		'--unsafe-no-fsync',
		'--log-level=error',
		`--listen-client-urls=${clientUrl}`,
		`--advertise-client-urls=${clientUrl}`,
		`--listen-peer-urls=${peerUrl}`,
		`--initial-advertise-peer-urls=${peerUrl}`,
		`--initial-cluster=default=${peerUrl}`,
	];
}

/** The server makes its own certificate. Pods may name any service account: nothing here creates those. */
function apiServerFlags(directory: string, etcd: number, secure: number): string[] {
	return [
		`--etcd-servers=http://127.0.0.1:${etcd}`,
		'--bind-address=127.0.0.1',
		'--advertise-address=127.0.0.1',
		'--endpoint-reconciler-type=none',
		`--secure-port=${secure}`,
		`--cert-dir=${join(directory, 'tls')}`,
		`--token-auth-file=${join(directory, 'tokens.csv')}`,
		'--authorization-mode=RBAC',
		'--disable-admission-plugins=ServiceAccount',
		'--service-cluster-ip-range=10.96.0.0/24',
		'--service-account-issuer=https://kubernetes.default.svc',
		`--service-account-key-file=${join(directory, 'sa.pub')}`,
		`--service-account-signing-key-file=${join(directory, 'sa.key')}`,
	];
}

/** Each controller is the account that it is in a cluster, as admission policies know it. */
function managerFlags(directory: string, kubeconfig: string, controllers: string[]): string[] {
	return [
		`--kubeconfig=${kubeconfig}`,
		`--service-account-private-key-file=${join(directory, 'sa.key')}`,
		'--use-service-account-credentials',
		'--leader-elect=false',
		'--secure-port=0',
		`--controllers=${controllers.join(',')}`,
	];
}

async function writeSecrets(directory: string): Promise<void> {
	const { publicKey, privateKey } = generateKeyPairSync('rsa', {
		modulusLength: 2048,
		publicKeyEncoding: { type: 'spki', format: 'pem' },
		privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
	});
	await writeFile(join(directory, 'sa.pub'), publicKey);
	await writeFile(join(directory, 'sa.key'), privateKey, { mode: 0o600 });
	await writeFile(join(directory, 'tokens.csv'), `${TOKEN},administrator,1,"system:masters"\n`, { mode: 0o600 });
}

function kubeconfigText(server: string, ca: string): string {
	return JSON.stringify({
		apiVersion: 'v1',
		kind: 'Config',
		clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
		users: [{ name: 'administrator', user: { token: TOKEN } }],
		contexts: [{ name: 'test', context: { cluster: 'test', user: 'administrator' } }],
		'current-context': 'test',
	});
}

function start(directory: string, name: Component, args: string[]): Child {
	const log = join(directory, `${name}.log`);
	const file = openSync(log, 'a');
	const child = spawn(program('kubernetes', name), args, { stdio: ['ignore', file, file], cwd: directory });
	closeSync(file);
	return { name, process: child, log };
}

/** Nothing of the data is kept, so nothing needs to end gracefully. */
async function kill({ process: child }: Child): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const exited = once(child, 'exit');
	child.kill('SIGKILL');
	await exited;
}

/** Resolves with what `look` finds; fails with the end of the log when the process has died or time is over. */
async function waitFor<T>(child: Child, look: () => Promise<T | undefined>): Promise<T> {
	const deadline = Date.now() + READY_MS;
	for (;;) {
		const found = await look();
		if (found !== undefined) return found;
		const hasDied = child.process.exitCode !== null || child.process.signalCode !== null;
		if (hasDied || Date.now() > deadline) {
			const log = await readFile(child.log, 'utf8');
			throw new Error(`${child.name} ${hasDied ? 'ended' : 'did not get ready'}:\n${log.split('\n').slice(-15).join('\n')}`);
		}
		await sleep(50);
	}
}

/** The certificate the server has made for itself, which is its own authority. */
function serverCertificate(directory: string, child: Child): Promise<string> {
	const file = join(directory, 'tls', 'apiserver.crt');
	return waitFor(child, async () => {
		const text = await readFile(file, 'utf8').catch(() => '');
		return text.trimEnd().endsWith('-----END CERTIFICATE-----') ? text : undefined;
	});
}

async function ready(config: ClusterConfig, child: Child): Promise<void> {
	const transport = createTransport(config);
	await waitFor(child, async () => {
		const answer = await transport.request<unknown>({ method: 'GET', path: '/readyz', timeoutMs: 2000 }).catch(() => undefined);
		return answer === 'ok' ? true : undefined;
	}).finally(() => transport.close());
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
	const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
	await Promise.all(servers.map(server => once(server, 'listening')));
	const ports = servers.map(server => (server.address() as AddressInfo).port);
	await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))));
	return ports;
}
