/**
 * `node crds/generate.ts` writes the CRDs, their copies in the chart and the reference page; with `--check` it writes nothing and fails when
 * a file differs from what it would write.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { stringify } from 'yaml';
import { buildCrds, MAX_CRD_BYTES } from './crd.ts';
import { buildReference } from './reference.ts';

const root = join(import.meta.dirname, '..');
const HEADER = '# Written by `node crds/generate.ts` from the schemas in crds/; edit those.\n';

/** Every generated file with its content, by path from the root of the repository. */
export function generate(): Record<string, string> {
	const toYaml = (value: unknown) => HEADER + stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
	const crds = buildCrds();
	const kept = buildCrds({ 'helm.sh/resource-policy': 'keep' });
	const files: Record<string, string> = { 'docs/reference.md': buildReference(crds) };
	for (const [plural, crd] of Object.entries(crds)) {
		const bytes = Buffer.byteLength(JSON.stringify(crd));
		if (bytes >= MAX_CRD_BYTES) throw new Error(`the CRD ${plural} takes ${bytes} bytes, client-side apply holds ${MAX_CRD_BYTES}`);
		files[`crds/${plural}.yaml`] = toYaml(crd);
		files[`charts/runevault-crds/templates/${plural}.yaml`] = toYaml(kept[plural]);
	}
	return files;
}

/** The generated files that are missing or differ. */
export async function findStale(files: Record<string, string>, folder = root): Promise<string[]> {
	const stale: string[] = [];
	for (const [path, text] of Object.entries(files)) {
		const found = await readFile(join(folder, path), 'utf8').catch(() => undefined);
		if (found !== text) stale.push(path);
	}
	return stale;
}

/** Writes all files below `folder`. */
export async function writeAll(files: Record<string, string>, folder = root): Promise<void> {
	for (const [path, text] of Object.entries(files)) {
		await mkdir(dirname(join(folder, path)), { recursive: true });
		await writeFile(join(folder, path), text);
	}
}

if (import.meta.main) {
	const files = generate();
	if (process.argv.includes('--check')) {
		const stale = await findStale(files);
		for (const path of stale) console.error(`${path} differs from what ${relative(root, import.meta.filename)} writes: run it`);
		process.exitCode = stale.length === 0 ? 0 : 1;
	} else {
		await writeAll(files);
	}
}
