/**
 * `make demo`: from an empty cluster to a decrypted search, and then the troubles of a real life, told as a story with times.
 *
 * Needs a running cluster: the one of `test/cluster/` by default, or the kubeconfig's with `CLUSTER=current` and `IMAGE` naming a pushed
 * image. `KEEP=1` leaves everything up.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import {
	access,
	applyManifest,
	connect,
	createNamespace,
	installOperator,
	manifest,
	reachVault,
	type Target,
	tokenOf,
	waitFor,
} from '../install/installation.ts';
import { loseEverything } from './disaster.ts';
import { prepareEdge, reachFromOutside } from './edge.ts';
import { tellFootprint } from './footprint.ts';
import { watchRun } from './graph.ts';
import { tellLatencies } from './latency.ts';
import { timed } from './measure.ts';
import { storeAndAsk } from './memory.ts';
import { Story } from './story.ts';
import { cleanUp, findTarget, tellHowToLookAround } from './target.ts';
import { deleteOwned, losePrimary, rotateToken } from './trouble.ts';

const vault = { namespace: 'rune', name: 'acme' };

/** Starts the search service that nobody has to trust; it ends with this process. */
async function startEnvector(): Promise<{ child: ChildProcess; url: string }> {
	const child = spawn(process.execPath, ['test/envector/main.ts', '--port', '0', '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
	const [line] = await once(child.stdout, 'data');
	return { child, url: z.object({ url: z.url() }).parse(JSON.parse(String(line))).url };
}

async function tell(story: Story, target: Target, envectorUrl: string): Promise<void> {
	const { kubectl } = target;
	story.chapter('Install the operator with Helm');
	await prepareEdge(target);
	story.tell((await timedLine('operator ready', () => installOperator(target))).line);
	story.chapter('Apply one RuneVault: team acme, three pods');
	await createNamespace(kubectl, vault.namespace);
	const ready = await timedLine('Ready', async () => {
		await applyManifest(kubectl, manifest(vault, { access: access(1) }));
		await waitFor(kubectl, vault, 'Ready');
		await waitFor(kubectl, vault, 'StandbyReady');
	});
	story.figure('ready_seconds', Number((ready.milliseconds / 1000).toFixed(1)));
	story.tell(ready.line);
	const table = await kubectl(['get', 'runevault', '-n', vault.namespace]);
	for (const line of table.trimEnd().split('\n')) story.tell(line);
	story.check('kubectl get runevault shows it Ready', /^acme\s+True\s/m.test(table));

	const reach = await reachVault(target, vault);
	const graph = await watchRun(target, vault);
	try {
		const client = await connect(vault, reach, await tokenOf(kubectl, vault));
		const asked = await storeAndAsk(story, client, envectorUrl);
		story.chapter('How fast, how large');
		await tellLatencies(story, client, asked.blob);
		await tellFootprint(story, target, vault);
		await client.close();
		const scene = { story, target, vault, reach, asked };
		await rotateToken(scene);
		await losePrimary(scene);
		await deleteOwned(scene);
		await reachFromOutside(scene);
		await loseEverything(scene);
		await graph?.draw(story);
	} finally {
		await graph?.stop();
		await reach.close();
	}
}

async function timedLine(what: string, work: () => Promise<void>): Promise<{ line: string; milliseconds: number }> {
	const { milliseconds } = await timed(work);
	return { line: `${what} after ${(milliseconds / 1000).toFixed(1)} s`, milliseconds };
}

const story = new Story('demo');
const target = await findTarget(process.env);
const envector = await startEnvector();
let failure: unknown;
try {
	await tell(story, target, envector.url);
} catch (error) {
	failure = error;
} finally {
	envector.child.kill();
}
if (process.env.KEEP === '1') await tellHowToLookAround(story, target, vault);
else await cleanUp(target, vault);
process.exitCode = await story.end(failure);
