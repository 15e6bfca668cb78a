/** The real Traefik as a process of this machine, which leads from a port of loopback to the pods of a cluster that this machine can route to. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../api/harness.ts';
import { program } from '../cluster/paths.ts';
import { until } from './run.ts';

export type Traefik = {
	/** Of loopback, where it speaks TLS. */
	readonly port: number;
	/** All it wrote. */
	output(): string;
	stop(): Promise<void>;
};

export type TraefikOptions = {
	kubeconfig: string;
	/** The IngressClass whose Ingresses are Traefik's. */
	ingressClass: string;
	/** The IngressClass whose Ingresses carry annotations of ingress-nginx, which Traefik understands too. */
	nginxClass: string;
};

/** The kinds of ingress-nginx's class that Traefik takes over. */
export const NGINX_CONTROLLER = 'k8s.io/ingress-nginx';

export async function startTraefik({ kubeconfig, ingressClass, nginxClass }: TraefikOptions): Promise<Traefik> {
	const directory = await mkdtemp(join(tmpdir(), 'traefik-'));
	const [port = 0, plain = 0] = await freePorts(2);
	const options = {
		'log.level': 'INFO',
		// Where the redirections to HTTPS of ingress-nginx's way go.
		'entrypoints.web.address': `127.0.0.1:${plain}`,
		'entrypoints.websecure.address': `127.0.0.1:${port}`,
		'entrypoints.websecure.http.tls': 'true',
		'providers.kubernetesingress': 'true',
		'providers.kubernetesingress.ingressclass': ingressClass,
		'providers.kubernetesingressnginx': 'true',
		'providers.kubernetesingressnginx.ingressclass': nginxClass,
		'providers.kubernetesingressnginx.controllerclass': NGINX_CONTROLLER,
		'providers.kubernetescrd': 'true',
		'providers.kubernetesgateway': 'true',
		'providers.kubernetesgateway.statusaddress.ip': '127.0.0.1',
	};
	const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
	const child = spawn(program('traefik'), args, { cwd: directory, env: { ...process.env, KUBECONFIG: kubeconfig, HOME: directory } });
	const chunks: string[] = [];
	for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', chunk => chunks.push(chunk));
	const output = () => chunks.join('');
	const stop = async () => {
		if (child.exitCode === null && child.signalCode === null) {
			child.kill('SIGKILL');
			await once(child, 'exit');
		}
		await rm(directory, { recursive: true });
	};
	try {
		await until('a Traefik that listens', async () => {
			if (child.exitCode !== null) throw new Error(output());
			return fetch(`http://127.0.0.1:${port}`).then(
				() => true,
				error => Object(error.cause).code !== 'ECONNREFUSED',
			);
		});
	} catch (error) {
		await stop();
		throw error;
	}
	return { port, output, stop };
}
