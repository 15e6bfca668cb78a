/** What comes from Debian: which of it is missing, and its installation. */
import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../install/run.ts';
import type { Progress } from './progress.ts';

/** A program (or, with a slash, a file) that is needed, and the package that has it. */
const needed: Readonly<Record<string, string>> = {
	ip: 'iproute2',
	iptables: 'iptables',
	conntrack: 'conntrack',
	socat: 'socat',
	openssl: 'openssl',
	nsenter: 'util-linux',
	flock: 'util-linux',
	containerd: 'containerd',
	ctr: 'containerd',
	runc: 'runc',
	buildah: 'buildah',
	strip: 'binutils',
	'/usr/lib/cni/ptp': 'containernetworking-plugins',
	'/usr/share/ca-certificates/mozilla': 'ca-certificates',
};

const searched = (path: string | undefined): string[] => [
	...(path ?? '').split(':').filter(Boolean),
	'/usr/local/sbin',
	'/usr/sbin',
	'/sbin',
];

/** Whether a program can be found and run. */
export function hasProgram(name: string, path = process.env.PATH): boolean {
	return searched(path).some(folder => {
		try {
			accessSync(join(folder, name), constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
}

/** The packages to install, each once. @param has tells whether a program or file is there */
export function missingPackages(
	has: (name: string) => boolean = name => (name.includes('/') ? existsSync(name) : hasProgram(name)),
): string[] {
	const names = Object.entries(needed).flatMap(([name, owner]) => (has(name) ? [] : [owner]));
	return [...new Set(names)].sort();
}

/** Installs packages without their recommendations and without a question. */
export async function installPackages(progress: Progress, packages: readonly string[]): Promise<void> {
	if (packages.length === 0) return;
	const env = { DEBIAN_FRONTEND: 'noninteractive' };
	const apt = (...args: string[]) => run('apt-get', args, { env, timeoutMs: 900_000 });
	const install = async () => {
		await apt('update', '--quiet=2');
		await apt('install', '--yes', '--quiet=2', '--no-install-recommends', ...packages);
	};
	await progress.step(`install ${packages.join(', ')}`, install, 'a minute or less');
}
