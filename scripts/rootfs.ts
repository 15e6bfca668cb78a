/**
 * The image's whole root file system as a folder: the C and C++ libraries that node needs, node itself, our compiled code and the packages
 * it runs on; no shell, no package manager, nothing else to attack or to carry.
 *
 * Libraries come from the machine that builds (Debian 12's, in CI). Licences of everything are kept; what a pod never reads is not.
 */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { run } from '../test/install/run.ts';

const NOBODY = 65532;

/** Package folders that hold no code a pod runs, when they lie directly in a package. */
const UNUSED_FOLDERS = new Set([
	'.github',
	'.bin',
	'test',
	'tests',
	'__tests__',
	'docs',
	'doc',
	'example',
	'examples',
	'benchmark',
	'benchmarks',
	'coverage',
]);
const UNUSED_FILES = /\.(?:map|[cm]?ts|tsx|md|markdown|flow|tsbuildinfo)$/i;
const LEGAL = /^(?:licen[cs]e|copying|notice|authors)/i;

/**
 * Whether a file of `node_modules` goes into the image.
 *
 * @param path relative to `node_modules`, with `/`
 * @param isDirectory whether it is a folder
 */
export function isNeeded(path: string, isDirectory: boolean): boolean {
	const parts = path.split('/');
	const name = parts.at(-1) ?? '';
	if (!isDirectory) return LEGAL.test(name) || !(UNUSED_FILES.test(name) || name === '.package-lock.json');
	const packageDepth = parts.at(-3)?.startsWith('@') || parts.at(-2)?.startsWith('@') ? 2 : 1;
	const within = parts.slice(parts.lastIndexOf('node_modules') + 1);
	const isDirectlyInPackage = within.length === packageDepth + 1;
	return !(UNUSED_FOLDERS.has(name) && (isDirectlyInPackage || name === '.bin'));
}

/** The shared libraries of a program as `ldd` prints them, and the loader. */
export function parseLdd(text: string): string[] {
	return text.split('\n').flatMap(line => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}

async function copyFile(from: string, to: string): Promise<void> {
	await mkdir(dirname(to), { recursive: true });
	await cp(from, to, { dereference: true });
}

/** Libraries go where the loader looks first; the loader's own path is part of the program's header. */
async function addNode(root: string, node: string): Promise<void> {
	const program = join(root, 'usr/local/bin/node');
	await copyFile(node, program);
	await run('strip', [program]);
	const libraries = parseLdd(await run('ldd', [node]));
	for (const library of libraries) {
		const isLoader = basename(library).startsWith('ld-');
		await copyFile(library, join(root, isLoader ? library : join('lib', basename(library))));
	}
}

async function addSystemFiles(root: string): Promise<void> {
	const etc = join(root, 'etc');
	await mkdir(join(etc, 'ssl/certs'), { recursive: true });
	await writeFile(join(etc, 'passwd'), `runevault:x:${NOBODY}:${NOBODY}:runevault:/app:/sbin/nologin\n`);
	await writeFile(join(etc, 'group'), `runevault:x:${NOBODY}:\n`);
	await writeFile(join(etc, 'nsswitch.conf'), 'hosts: files dns\n');
	const authorities = '/usr/share/ca-certificates/mozilla';
	const names = (await readdir(authorities)).sort();
	const certificates = await Promise.all(names.map(name => readFile(join(authorities, name), 'utf8')));
	await writeFile(join(etc, 'ssl/certs/ca-certificates.crt'), certificates.join(''));
	for (const each of ['libc6', 'libgcc-s1', 'libstdc++6', 'ca-certificates']) {
		const legal = join('usr/share/doc', each, 'copyright');
		await copyFile(join('/', legal), join(root, legal)).catch(() => undefined);
	}
	await mkdir(join(root, 'tmp'), { mode: 0o1777 });
}

/** Our code as `/app`, with the packages of a staging folder where npm put no development packages. */
async function addApplication(root: string, compiled: string, staging: string): Promise<void> {
	const application = join(root, 'app');
	const modules = join(staging, 'node_modules');
	await cp(compiled, application, { recursive: true, filter: path => !path.endsWith('.map') });
	await copyFile(join(staging, 'package.json'), join(application, 'package.json'));
	const kinds = new Map(
		(await readdir(modules, { recursive: true, withFileTypes: true })).map(entry => [
			join(entry.parentPath, entry.name),
			entry.isDirectory(),
		]),
	);
	await cp(modules, join(application, 'node_modules'), {
		recursive: true,
		filter: path => path === modules || isNeeded(path.slice(modules.length + 1), kinds.get(path) ?? false),
	});
}

export type RootfsSources = {
	/** The node program to ship. */
	readonly node: string;
	/** Where `tsc` left the code. */
	readonly compiled: string;
	/** package.json and production `node_modules`. */
	readonly staging: string;
	readonly licence: string;
};

/** Fills `root` anew, and starts the result's node once to see that no library is missing (as root only, who may `chroot`). */
export async function prepareRootfs(root: string, { node, compiled, staging, licence }: RootfsSources): Promise<void> {
	await rm(root, { recursive: true, force: true });
	await mkdir(root, { recursive: true });
	await addNode(root, node);
	await addSystemFiles(root);
	await addApplication(root, compiled, staging);
	await copyFile(licence, join(root, 'app', 'LICENSE'));
	if (process.getuid?.() === 0) await run('chroot', [root, '/usr/local/bin/node', '--eval', 'crypto.randomUUID()']);
}
