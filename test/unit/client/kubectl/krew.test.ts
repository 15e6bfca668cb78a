/** The archive of the plug-in is built for real; its manifest is held against the rules of krew v1alpha2. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { version } from '../../../../client/kubectl/version.ts';
import { type BuiltPlugin, buildPlugin } from '../../../../scripts/plugin.ts';

/** As krew's own validation has it, and nothing that it does not know. */
const labels = z.partialRecord(z.enum(['os', 'arch']), z.string());
const expression = z.strictObject({
	key: z.enum(['os', 'arch']),
	operator: z.enum(['In', 'NotIn', 'Exists']),
	values: z.array(z.string()),
});
const platform = z.strictObject({
	selector: z.union([z.strictObject({ matchLabels: labels }), z.strictObject({ matchExpressions: z.array(expression).min(1) })]),
	uri: z.url(),
	sha256: z.string().regex(/^[a-f0-9]{64}$/),
	bin: z.string().min(1),
	files: z.array(z.strictObject({ from: z.string().min(1), to: z.string().min(1) })).min(1),
});
const manifestSchema = z.strictObject({
	apiVersion: z.literal('krew.googlecontainertools.github.com/v1alpha2'),
	kind: z.literal('Plugin'),
	metadata: z.strictObject({ name: z.string().regex(/^[\w-]+$/) }),
	spec: z.strictObject({
		version: z.string().regex(/^v\d+\.\d+\.\d+$/),
		shortDescription: z.string().min(1).max(72),
		description: z.string().min(1),
		caveats: z.string().optional(),
		homepage: z.url().optional(),
		platforms: z.array(platform).min(1),
	}),
});

describe('the archive and the krew manifest of the plug-in', () => {
	let folder: string;
	let built: BuiltPlugin;
	before(async () => {
		folder = await mkdtemp(join(tmpdir(), 'runevault-plugin-'));
		built = await buildPlugin(join(folder, 'one'), 'https://releases.example/kubectl-runevault.tar.gz');
	});
	after(() => rm(folder, { recursive: true, force: true }));

	it('[CLI-49] the manifest is one that krew takes, of this very archive and version', async () => {
		const manifest = manifestSchema.parse(parse(await readFile(built.manifest, 'utf8')));
		assert.equal(`${manifest.metadata.name}.yaml`, basename(built.manifest));
		assert.equal(manifest.spec.version, `v${version}`);
		const sha256 = createHash('sha256')
			.update(await readFile(built.archive))
			.digest('hex');
		assert.equal(manifest.spec.platforms[0]?.sha256, sha256);
	});

	it('[CLI-49] what the archive holds runs where nothing of ours is installed', async () => {
		const files = spawnSync('tar', ['-xzvf', built.archive, '-C', folder], { encoding: 'utf8' }).stdout.trim().split('\n');
		const [{ bin = '', files: moved = [] } = {}] = manifestSchema.parse(parse(await readFile(built.manifest, 'utf8'))).spec.platforms;
		assert.deepEqual(moved.map(({ from }) => from).sort(), files.sort());
		const env = { PATH: [dirname(process.execPath), process.env.PATH].join(delimiter), HOME: folder };
		const { status, stdout, stderr } = spawnSync(join(folder, bin), ['explain', 'KeysMissing'], { env, cwd: '/', encoding: 'utf8' });
		assert.deepEqual([status, stderr], [0, '']);
		assert.match(stdout, /^KeysMissing, of the condition KeysLoaded/);
		const away = spawnSync(join(folder, bin), ['status'], { env: { ...env, KUBECONFIG: '/nowhere' }, cwd: '/', encoding: 'utf8' });
		assert.deepEqual([away.status, away.stderr], [1, 'kubectl runevault: no kubeconfig at /nowhere\n']);
	});

	it('[CLI-49] the same code makes the same archive', async () => {
		const again = await buildPlugin(join(folder, 'two'));
		assert.deepEqual(await readFile(again.archive), await readFile(built.archive));
	});
});
