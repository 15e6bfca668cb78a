/** What goes wrong in a cluster, done on purpose: a token rotated, a primary killed, owned objects deleted. */
import { RuneError } from '../../client/errors.ts';
import { containerOf, crash, signal } from '../install/crash.ts';
import { deleteAndTime, ownedObjects } from '../install/heal.ts';
import { access, connect, primaryOf, type Target, tokenOf, type VaultName, waitFor } from '../install/installation.ts';
import { runPlugin } from '../install/plugin.ts';
import type { Reach } from '../install/reach.ts';
import { until } from '../install/run.ts';
import { timed, watchGap } from './measure.ts';
import { questions } from './memories.ts';
import type { Asked } from './memory.ts';
import type { Story } from './story.ts';

/** Where an owned object must be back after it was deleted, in milliseconds. */
const HEAL_LIMIT_MS = 2_000;

export type Scene = { story: Story; target: Target; vault: VaultName; reach: Reach; asked: Asked };

/** Raises the token's generation: the old token must be refused, the new one answered. */
export async function rotateToken({ story, target, vault, reach, asked }: Scene): Promise<void> {
	story.chapter('The token leaks: rotate it');
	const { kubectl } = target;
	const old = await tokenOf(kubectl, vault);
	const client = await connect(vault, reach, old, { retries: 0 });
	const { milliseconds } = await timed(async () => {
		const patch = JSON.stringify({ spec: { access: access(2) } });
		await kubectl(['patch', 'runevault', vault.name, '-n', vault.namespace, '--type=merge', '-p', patch]);
		await until('the old token refused', () => isRefused(() => client.status()), 30_000, 50);
	});
	story.figure('old_token_refused_ms', Math.round(milliseconds));
	story.tell(`old token refused ${(milliseconds / 1000).toFixed(1)} s after kubectl patch`);
	story.check('the old token gets 401', await isRefused(() => client.status()));
	const fresh = await until('a new token in its Secret', async () => {
		const token = await tokenOf(kubectl, vault);
		return token !== old && token;
	});
	await closing(await connect(vault, reach, fresh), async renewed => {
		story.check('the new token asks the same question and gets the same answer', (await asked.askAgain(renewed)) === questions[0]?.expect);
	});
	await waitFor(kubectl, vault, 'TokensCurrent');
	story.check('the resource says TokensCurrent: every pod adopted the new token', true);
	await client.close();
}

/** Takes the primary away, in the ways it may go: the same question must be answered soon, and the same. */
export async function losePrimary({ story, target, vault, reach, asked }: Scene): Promise<void> {
	story.chapter('The primary is lost');
	const { kubectl } = target;
	const client = await connect(vault, reach, await tokenOf(kubectl, vault), { retries: 0, timeoutMs: 1_000 });
	const ways: Record<string, (pod: string) => Promise<void>> = {
		'asked to move': async () => void (await runPlugin(target, ['promote', vault.name, '-n', vault.namespace])),
		'pod deleted': async (pod: string) => void (await kubectl(['delete', 'pod', pod, '-n', vault.namespace, '--wait=false'])),
		'process killed': async (pod: string) => crash(target, vault, pod),
		...(target.isRoutable ? { 'process hangs': async (pod: string) => hangUntilReplaced(target, vault, pod) } : {}),
	};
	const rows: string[][] = [];
	let worst = 0;
	for (const [how, lose] of Object.entries(ways)) {
		const pod = await untilWhole(target, vault);
		let next = pod;
		// Watched until another pod is primary: for a moment after the harm the old one may still seem to be well.
		const gap = await watchGap(
			() => client.decryptScores(asked.blob, 1),
			async () => {
				await lose(pod);
				next = await untilReplaced(target, vault, pod);
			},
			20,
			90_000,
		);
		story.check(`${how}: the Lease and the route moved from ${pod} to ${next}`, next !== pod);
		const seconds = gap.gapMilliseconds / 1000;
		worst = Math.max(worst, seconds);
		story.figure(`${how.replaceAll(' ', '_')}_gap_seconds`, Number(seconds.toFixed(2)));
		rows.push([how, pod, seconds.toFixed(2), `${gap.failed} of ${gap.calls}`]);
	}
	story.table(['how', 'who', 'longest time without an answer (s)', 'failed calls'], rows);
	for (const line of (await runPlugin(target, ['status', vault.name, '-n', vault.namespace])).trimEnd().split('\n')) story.tell(line);
	story.check('every gap is below the promised 30 s', worst < 30);
	await client.close();
	await waitFor(kubectl, vault, 'Ready');
	await closing(await connect(vault, reach, await tokenOf(kubectl, vault), { retries: 5 }), async again => {
		story.check('the same token and question get the same answer', (await asked.askAgain(again)) === questions[0]?.expect);
	});
}

/** Waits until every pod runs and is ready, and what the last trouble did is in the status. @returns the primary */
async function untilWhole({ kubectl }: Target, vault: VaultName): Promise<string> {
	for (const condition of ['Ready', 'StandbyReady']) await waitFor(kubectl, vault, condition);
	for (const condition of ['Progressing', 'Degraded']) await waitFor(kubectl, vault, condition, 'False');
	const selector = ['-l', `runevault.io/vault=${vault.name},app.kubernetes.io/component=vault`];
	await kubectl(['wait', 'pods', '-n', vault.namespace, ...selector, '--for=condition=Ready', '--timeout=60s']);
	return until('a primary', () => primaryOf(kubectl, vault));
}

/** @returns the pod that is primary instead of `pod` */
const untilReplaced = ({ kubectl }: Target, vault: VaultName, pod: string): Promise<string> =>
	until('another primary', async () => {
		const now = await primaryOf(kubectl, vault);
		return now !== pod && now;
	});

/** Stops the primary's process where it is, and lets it go on when another has taken over. */
async function hangUntilReplaced(target: Target, vault: VaultName, pod: string): Promise<void> {
	// The status of a pod may still name the container that it had a moment ago.
	const container = await until('the process stopped', async () => {
		const found = await containerOf(target.kubectl, vault, pod);
		await signal(found, 'SIGSTOP');
		return found;
	});
	try {
		await untilReplaced(target, vault, pod);
	} finally {
		await signal(container, 'SIGCONT');
	}
}

/** Deletes one of each kind of owned object, and the StatefulSet with all its pods at last. */
export async function deleteOwned({ story, target, vault, reach, asked }: Scene): Promise<void> {
	story.chapter('Somebody deletes what the operator owns');
	const { kubectl } = target;
	const rows: string[][] = [];
	let worst = 0;
	for (const object of ownedObjects(vault.name)) {
		const milliseconds = await deleteAndTime(kubectl, vault, object);
		worst = Math.max(worst, milliseconds);
		rows.push([object.kind, object.name, (milliseconds / 1000).toFixed(2)]);
	}
	story.table(['kind', 'name', 'back after (s)'], rows);
	story.figure('slowest_heal_ms', Math.round(worst));
	story.check(`every object is back within ${HEAL_LIMIT_MS / 1000} s`, worst < HEAL_LIMIT_MS);
	const { milliseconds } = await timed(() => waitFor(kubectl, vault, 'Ready'));
	story.tell(`all pods new and Ready ${(milliseconds / 1000).toFixed(1)} s after the StatefulSet was deleted`);
	await closing(await connect(vault, reach, await tokenOf(kubectl, vault), { retries: 5 }), async client => {
		story.check('the same token and key give the same answer', (await asked.askAgain(client)) === questions[0]?.expect);
	});
}

async function isRefused(call: () => Promise<unknown>): Promise<boolean> {
	try {
		await call();
		return false;
	} catch (error) {
		return error instanceof RuneError && error.code === 'unauthorized';
	}
}

async function closing<T extends { close(): Promise<void> }>(resource: T, work: (resource: T) => Promise<void>): Promise<void> {
	try {
		await work(resource);
	} finally {
		await resource.close();
	}
}
