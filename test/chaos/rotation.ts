/** The rotation of a token under load. */
import { resourcePath, resources } from '../../kube/resources.ts';
import { type Clients, follower, holdout } from './clients.ts';
import { untilEach } from './each.ts';
import { generationOf, type Lane, ROTATED, tokensOf } from './lanes.ts';
import type { Stage } from './stage.ts';

/** The holdout is watched for so long after its token was replaced: the two seconds in which it may still be answered, and two more. */
const WATCHED_MS = 4_000;
const PATIENCE_MS = 60_000;

/** Raises the generation in each lane; as soon as the Secret has the new token the follower takes it. */
export async function rotate(stage: Stage): Promise<void> {
	await Promise.all(stage.lanes.map(lane => rotateLane(stage, lane)));
}

async function rotateLane({ cluster, client }: Stage, { vault, stream }: Lane): Promise<void> {
	const [old, generation] = await Promise.all([cluster.token(vault, ROTATED), generationOf(cluster, vault)]);
	const patience = AbortSignal.timeout(PATIENCE_MS);
	const query = { fieldSelector: `metadata.name=${vault.name}-token-${ROTATED}` };
	const watch = cluster.transport.watch({ path: resourcePath(resources.secrets, { namespace: vault.namespace }), query, signal: patience });
	await cluster.patch(vault, { spec: { access: tokensOf(generation + 1) } });
	for await (const _ of watch) {
		const token = await cluster.token(vault, ROTATED);
		if (token === old) continue;
		await client.useToken(follower(stream.id), token);
		await client.mark([holdout(stream.id)]);
		return;
	}
	throw new Error(`${vault.namespace}: the Secret has no new token after ${PATIENCE_MS / 1000} s`);
}

/** Waits until each holdout has called for long enough after the mark, whatever it was told. */
export function untilWatched({ client, lanes }: Stage, { everyMs }: Clients): Promise<boolean[]> {
	const isWatched = async ({ stream }: Lane) => {
		const [state] = await client.state([holdout(stream.id)]);
		return state !== undefined && state.answered + state.failed >= WATCHED_MS / everyMs;
	};
	return untilEach(lanes, isWatched, PATIENCE_MS);
}
