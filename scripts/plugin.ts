/**
 * `node scripts/plugin.ts [URI]`: the kubectl plug-in as one program, its archive, and the krew manifest of it, in `build/plugin/`.
 *
 * @param URI where the archive will be had; without it that of the archive on this machine, as `kubectl krew install --manifest` takes it.
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { stringify } from 'yaml';
import { buildKrewManifest, PLUGIN, PROGRAM } from '../client/kubectl/krew.ts';
import { run } from '../test/install/run.ts';

const checkout = join(import.meta.dirname, '..');

export type BuiltPlugin = { program: string; archive: string; manifest: string };

/** One file that Node runs, whatever is installed beside it. Some packages are CommonJS and ask for `require`. */
async function bundle(program: string): Promise<void> {
	await build({
		entryPoints: [join(checkout, 'client', 'kubectl', 'main.ts')],
		outfile: program,
		bundle: true,
		minify: true,
		platform: 'node',
		target: 'node24',
		format: 'esm',
		legalComments: 'eof',
		logLevel: 'error',
		banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
	});
}

/** The same files make the same archive. */
async function pack(folder: string, archive: string, files: readonly string[]): Promise<void> {
	const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--format=ustar'];
	await run('tar', [...same, '--use-compress-program=gzip -n', '-cf', archive, '-C', folder, ...files]);
}

export async function buildPlugin(folder: string, uri?: string): Promise<BuiltPlugin> {
	await rm(folder, { recursive: true, force: true });
	await mkdir(folder, { recursive: true });
	const at = (file: string) => join(folder, file);
	const [program, archive, manifest] = [at(PROGRAM), at(`${PROGRAM}.tar.gz`), at(`${PLUGIN}.yaml`)];
	await bundle(program);
	await copyFile(join(checkout, 'LICENSE'), at('LICENSE'));
	await pack(folder, archive, [PROGRAM, 'LICENSE']);
	const sha256 = createHash('sha256')
		.update(await readFile(archive))
		.digest('hex');
	await writeFile(manifest, stringify(buildKrewManifest({ uri: uri ?? pathToFileURL(archive).href, sha256 }), { lineWidth: 0 }));
	return { program, archive, manifest };
}

if (import.meta.main) {
	const built = await buildPlugin(join(checkout, 'build', 'plugin'), process.argv[2]);
	for (const file of Object.values(built)) console.log(file);
}
