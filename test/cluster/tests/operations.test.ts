/** What docs/operations.md says about keeping and restoring a key, on a real cluster, by its own commands. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { program } from '../../cluster/paths.ts';
import { findTarget } from '../../demo/target.ts';
import { applyManifest, createNamespace, installOperator, manifest, type Target, waitFor } from '../../install/installation.ts';
import { getObject } from '../../install/kubectl.ts';
import { run } from '../../install/run.ts';
import { parsePage, readText } from '../../unit/docs/pages.ts';

const namespace = `operations-${randomBytes(3).toString('hex')}`;
const vault = { namespace, name: 'acme' };
const { blocks } = parsePage('docs/operations.md', await readText('docs/operations.md'));

/** Named after `rune` in the page. */
function blockNoted(note: string): string {
	const block = blocks.find(each => each.note === note);
	assert.ok(block, `a block with <!-- test: ${note} --> before it`);
	return block.text.replaceAll('-n rune', `-n ${namespace}`);
}

describe('operations', () => {
	let target: Target;
	let folder: string;
	const shell = (script: string) => {
		const PATH = [dirname(program('kubernetes', 'kubectl')), process.env.PATH].join(':');
		return run('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, env: { KUBECONFIG: target.kubectl.kubeconfig, PATH } });
	};
	const fingerprint = async () => {
		await createNamespace(target.kubectl, namespace);
		await applyManifest(target.kubectl, manifest(vault, { replicas: 1 }));
		await waitFor(target.kubectl, vault, 'Ready');
		const found = await getObject(target.kubectl, 'runevault', vault.name, namespace);
		return Object(found?.status).keys.fingerprint as string;
	};

	before(async () => {
		target = await findTarget(process.env);
		folder = await mkdtemp(join(tmpdir(), 'runevault-'));
		await installOperator(target);
	});
	after(async () => {
		await rm(folder, { recursive: true, force: true });
		await target?.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
	});

	it('[CLU-61] bring back the same key from a copy of its Secrets, when the whole namespace is gone', async () => {
		const before = await fingerprint();
		await shell(blockNoted('keep'));
		await target.kubectl(['delete', 'namespace', namespace, '--timeout=100s']);
		await createNamespace(target.kubectl, namespace);
		await shell(blockNoted('restore'));
		assert.equal(await fingerprint(), before);
	});
});
