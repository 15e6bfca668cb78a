/**
 * docs/quick-start.md on a real cluster: its commands as they stand there, in one shell, from the operator to the decrypted answer and back. Only
 * the namespace has another name, because somebody's demo may be in one called `rune`.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { program } from '../../cluster/paths.ts';
import { findTarget } from '../../demo/target.ts';
import type { Target } from '../../install/installation.ts';
import { run } from '../../install/run.ts';
import { parsePage, ROOT, readText } from '../../unit/docs/pages.ts';

/** The charts' own image is in the nodes of this machine's cluster only. */
const skip = process.env.CLUSTER === 'current' && 'needs the image of this checkout in the nodes';
const { blocks } = parsePage('docs/quick-start.md', await readText('docs/quick-start.md'));
const namespace = `rune-${randomBytes(3).toString('hex')}`;
const steps = blocks
	.filter(({ language, note }) => language === 'sh' && !note?.startsWith('skip'))
	.map(({ text }) => text.replaceAll(/(-n|namespace) rune\b/g, `$1 ${namespace}`));

describe('the quick start', { skip }, () => {
	let target: Target;
	before(async () => {
		target = await findTarget(process.env);
	});
	after(async () => {
		for (const file of ['acme-ca.crt', 'envector.log', 'port-forward.log']) await rm(join(ROOT, file), { force: true });
		await target?.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
	});

	it('[CLU-60] command by command as it is written, ends in a decrypted search, another primary and a clean cluster', async () => {
		const script = ['set -euo pipefail', "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT", ...steps].join('\n');
		const env = {
			KUBECONFIG: target.kubectl.kubeconfig,
			PATH: [dirname(target.helm), dirname(program('kubernetes', 'kubectl')), process.env.PATH].join(':'),
		};
		const said = await run('bash', ['-c', script], { cwd: ROOT, env, timeoutMs: 600_000 });
		assert.match(said, /^0\.\d{4} {2}We chose PostgreSQL/m, 'the answer to the question');
		const [first, second] = [...said.matchAll(/^acme +True +(acme-[012]) /gm)].map(([, pod]) => pod);
		assert.ok(first !== undefined && second !== undefined && first !== second, `${first} is followed by ${second}`);
		assert.match(said, /^acme-keys-1 /m, 'the key outlives the RuneVault');
		assert.equal(await target.kubectl(['get', 'namespace', namespace, '--ignore-not-found']), '');
	});
});
