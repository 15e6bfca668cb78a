/**
 * `build/image/`: the root file system, the image made from it as one archive, and `image.json`, which says what it is.
 *
 * Nothing is made again when code, packages and Dockerfile are what they were.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { run } from '../test/install/run.ts';
import { type Builder, buildArchive } from './archive.ts';
import { prepareRootfs } from './rootfs.ts';

const checkout = join(import.meta.dirname, '..');
const output = join(checkout, 'build', 'image');
const compiled = join(checkout, 'dist');

const imageSchema = z.object({
	/** `localhost/runevault:<version>`. */
	reference: z.string(),
	/** The same with what it holds in its tag: workloads that name it are rolled out again when the code has changed. */
	exact: z.string(),
	/** Of all that the image is made from. */
	identity: z.string(),
	/** The unpacked size. */
	bytes: z.number(),
	/** The archive to import. */
	file: z.string(),
});
export type VaultImage = Readonly<z.infer<typeof imageSchema>>;

/** The image that was last built in this checkout. @returns undefined when there is none */
export async function builtImage(): Promise<VaultImage | undefined> {
	const record = join(output, 'image.json');
	if (!existsSync(record)) return undefined;
	const image = imageSchema.parse(JSON.parse(await readFile(record, 'utf8')));
	return existsSync(image.file) ? image : undefined;
}

async function filesOf(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	return entries.flatMap(entry => (entry.isFile() ? [join(entry.parentPath, entry.name)] : [])).sort();
}

async function identityOf(): Promise<string> {
	const own = ['Dockerfile', 'LICENSE', 'package-lock.json', 'scripts/rootfs.ts', 'scripts/archive.ts'].map(file => join(checkout, file));
	const hash = createHash('sha256').update(process.version);
	for (const file of [...own, ...(await filesOf(compiled))]) {
		hash.update(`\n${file.slice(checkout.length)}\n`).update(await readFile(file));
	}
	return hash.digest('hex');
}

/** The packages a pod runs on, installed by the lock file into a folder of their own and kept there until the lock file changes. */
async function stageModules(): Promise<string> {
	const lock = await readFile(join(checkout, 'package-lock.json'));
	const staging = join(checkout, 'build', `modules-${createHash('sha256').update(lock).digest('hex').slice(0, 12)}`);
	if (existsSync(staging)) return staging;
	const fresh = `${staging}.new`;
	await rm(fresh, { recursive: true, force: true });
	await mkdir(fresh, { recursive: true });
	for (const file of ['package.json', 'package-lock.json']) await copyFile(join(checkout, file), join(fresh, file));
	const only = ['--no-save', '--omit=dev', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
	await run('npm', ['install', ...only], { cwd: fresh, timeoutMs: 300_000 });
	await rename(fresh, staging);
	return staging;
}

/** Compiles our code into `dist/`, from nothing, so that no deleted module lives on. @throws Error with what the compiler said */
async function compile(): Promise<void> {
	await rm(compiled, { recursive: true, force: true });
	const compiler = join(checkout, 'node_modules', '.bin', 'tsc');
	const outputAsErrors = 'exec "$0" "$@" >&2';
	await run('sh', ['-c', outputAsErrors, compiler, '--project', join(checkout, 'tsconfig.build.json')], { cwd: checkout });
}

/** Builds the image unless it is there. @returns it, and whether anything was done */
export async function buildImage(builder: Builder): Promise<{ image: VaultImage; isNew: boolean }> {
	await compile();
	const identity = await identityOf();
	const last = await builtImage();
	if (last?.identity === identity) return { image: last, isNew: false };
	const root = join(output, 'rootfs');
	const node = join(checkout, 'node_modules', 'node', 'bin', 'node');
	await prepareRootfs(root, { node, compiled, staging: await stageModules(), licence: join(checkout, 'LICENSE') });
	const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')));
	const reference = `localhost/runevault:${version}`;
	const file = join(output, 'runevault.tar');
	await buildArchive({ builder, context: output, dockerfile: join(checkout, 'Dockerfile'), reference, file });
	const sizes = await Promise.all((await filesOf(root)).map(async each => (await stat(each)).size));
	const image = {
		reference,
		exact: `${reference}-${identity.slice(0, 12)}`,
		identity,
		bytes: sizes.reduce((sum, size) => sum + size, 0),
		file,
	};
	await writeFile(join(output, 'image.json'), `${JSON.stringify(image, null, 2)}\n`);
	return { image, isNew: true };
}
