/**
 * The programs of other people that the Vault is held against: the conformance suite and the MCP Inspector from npm, two clients in
 * Python from PyPI. They weigh 280 MB, which `make setup` need not wait for: they are installed when they are first wanted, by lock file,
 * into the user's cache folder. A folder is named by the SHA-256 of what it is made from, and renamed when it is whole.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { withLock } from '../cluster/lock.ts';
import { cacheDirectory } from '../cluster/paths.ts';
import { createProgress, type Progress } from '../cluster/progress.ts';
import { run } from '../install/run.ts';

const here = join(import.meta.dirname, 'packages');
const PYTHON = 'python3.11';
const MINUTES = 60_000;

type Recipe = {
	readonly name: string;
	/** Files of the folder `packages`. */
	readonly sources: readonly string[];
	readonly usually: string;
	install(directory: string): Promise<unknown>;
};

const npm: Recipe = {
	name: 'conformance-npm',
	sources: ['package.json', 'package-lock.json'],
	usually: 'half a minute',
	async install(directory) {
		for (const file of this.sources) await copyFile(join(here, file), join(directory, file));
		const quietly = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
		await run('npm', ['install', ...quietly], { cwd: directory, timeoutMs: 10 * MINUTES });
	},
};

const python: Recipe = {
	name: 'conformance-python',
	sources: ['requirements.txt'],
	usually: 'a minute',
	async install(directory) {
		await run(PYTHON, ['--version']).catch(() => {
			throw new Error(`${PYTHON} with venv is needed for the Python clients, and is not on the PATH`);
		});
		await run(PYTHON, ['-m', 'venv', directory]);
		const quietly = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:'];
		const pip = ['-m', 'pip', 'install', ...quietly, '--requirement', join(here, 'requirements.txt')];
		await run(join(directory, 'bin', 'python'), pip, { timeoutMs: 10 * MINUTES });
	},
};

export type Tools = {
	/** The JavaScript files of two programs, for our own Node. */
	readonly suite: string;
	readonly inspector: string;
	/** Where the suite keeps the lists of scenarios a revision requires. */
	readonly requirements: string;
	/** An interpreter that has both Python clients. */
	readonly python: string;
};

/** Installs what is missing. @throws Error in one line when Python or a package cannot be had */
export async function installTools(progress: Progress = createProgress()): Promise<Tools> {
	const modules = join(await installed(npm, progress), 'node_modules', '@modelcontextprotocol');
	return {
		suite: join(modules, 'conformance', 'dist', 'index.js'),
		inspector: join(modules, 'inspector', 'clients', 'launcher', 'build', 'index.js'),
		requirements: join(modules, 'conformance', 'requirements'),
		python: join(await installed(python, progress), 'bin', 'python'),
	};
}

async function installed(recipe: Recipe, progress: Progress): Promise<string> {
	const hash = createHash('sha256');
	for (const file of recipe.sources) hash.update(await readFile(join(here, file)));
	const directory = join(cacheDirectory(), `${recipe.name}-${hash.digest('hex').slice(0, 12)}`);
	if (existsSync(directory)) return directory;
	const onWait = () => progress.say('another process is installing: waiting for it');
	await withLock(join(cacheDirectory(), 'conformance.lock'), onWait, async () => {
		if (existsSync(directory)) return;
		const fresh = `${directory}.new-${process.pid}`;
		await mkdir(fresh, { recursive: true });
		try {
			await progress.step(`install ${recipe.name}`, () => recipe.install(fresh), `${recipe.usually}, once; kept in ${cacheDirectory()}`);
			await rename(fresh, directory);
		} finally {
			await rm(fresh, { recursive: true, force: true });
		}
	});
	return directory;
}

const lockSchema = z.object({ packages: z.record(z.string(), z.looseObject({ version: z.string().optional() })) });

/** The pinned version of each program and client, by package name. */
export async function pinnedVersions(): Promise<Record<string, string>> {
	const lock = async (file: string) => lockSchema.parse(JSON.parse(await readFile(join(here, file), 'utf8'))).packages;
	const packages = { ...(await lock('package-lock.json')), ...(await lock('../../../package-lock.json')) };
	const pins = (await readFile(join(here, 'requirements.txt'), 'utf8')).split('\n').map(line => line.split('=='));
	const fromNpm = ['sdk', 'client', 'inspector', 'conformance'].map(name => `@modelcontextprotocol/${name}`);
	return Object.fromEntries([
		...[...fromNpm, '@ai-sdk/mcp'].map(name => [name, packages[`node_modules/${name}`]?.version ?? '']),
		...pins.filter(([name]) => name === 'mcp' || name === 'fastmcp'),
	]);
}
