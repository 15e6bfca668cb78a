/** One Vault as everybody tells of it: its status, its Lease, its pods themselves, and its Secrets by version only. */
import { createSecureContext } from 'node:tls';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { readLease } from '../../kube/lease-record.ts';
import { get, list } from '../../kube/objects.ts';
import { resources } from '../../kube/resources.ts';
import type { Cluster } from '../chaos/cluster.ts';
import type { Lane } from '../chaos/lanes.ts';
import { type LaneView, lack } from '../chaos/view.ts';
import { OPERATOR_NAMESPACE, PUBLIC_PORT } from '../install/installation.ts';

const CALL = { timeoutMs: 5_000 };

export type Term = { readonly holder: string; readonly epoch: number; readonly renewedAt: number };

export type Witness = {
	readonly view: LaneView;
	/** Who holds the Lease of the Vault, and who holds that of the operators. */
	readonly term: Term;
	readonly operators: Term;
	readonly areOperatorsReady: boolean;
	/** The pods that call themselves primary. */
	readonly primaries: readonly string[];
	/** resourceVersion of each Secret, by name: it changes with every write. */
	readonly secrets: Readonly<Record<string, string>>;
};

/** @throws Error when the API server or a pod does not answer */
export async function witness(cluster: Cluster, lane: Lane): Promise<Witness> {
	const { namespace, name } = lane.vault;
	const [view, term, operators, areOperatorsReady, secrets] = await Promise.all([
		cluster.lane(lane.vault),
		termOf(cluster, namespace, `${name}-primary`),
		termOf(cluster, OPERATOR_NAMESPACE, 'runevault-operator'),
		cluster.isOperatorReady(),
		list(cluster.transport, resources.secrets, { namespace, metadataOnly: true, ...CALL }),
	]);
	const roles = await Promise.all(view.pods.map(pod => roleOf(lane, pod.address)));
	return {
		view,
		term,
		operators,
		areOperatorsReady,
		primaries: view.pods.filter((_, at) => roles[at] === 'primary').map(pod => pod.name),
		secrets: Object.fromEntries(secrets.items.map(({ metadata }) => [metadata.name, metadata.resourceVersion ?? ''])),
	};
}

async function termOf({ transport }: Cluster, namespace: string, name: string): Promise<Term> {
	const lease = await get(transport, resources.leases, { namespace, name }, CALL);
	if (lease === undefined) throw new Error(`the Lease ${namespace}/${name} is not there`);
	const { holder, transitions, renewTime = '' } = readLease(lease);
	return { holder, epoch: transitions, renewedAt: Date.parse(renewTime) };
}

const healthSchema = z.object({ role: z.enum(['primary', 'standby']) });

async function roleOf({ stream }: Lane, address: string): Promise<'primary' | 'standby'> {
	const connect = { timeout: 2_000, secureContext: createSecureContext({ ca: stream.ca }), servername: stream.host };
	const agent = new Agent({ connect });
	try {
		const origin = `https://${address}:${PUBLIC_PORT}/health`;
		const { body } = await request(origin, { dispatcher: agent, headers: { host: stream.host }, signal: AbortSignal.timeout(2_000) });
		return healthSchema.parse(await body.json()).role;
	} finally {
		await agent.destroy();
	}
}

/**
 * What a Vault lacks to be as before the cut, with one primary that all agree on.
 *
 * @param since the end of the cut (ms of the wall clock): a Lease that was not renewed after it tells of the time before
 * @param epoch the highest one that a client has seen
 * @returns undefined when it lacks nothing
 */
export function lackSince(
	{ view, term, operators, areOperatorsReady, primaries }: Witness,
	since: number,
	epoch: number,
): string | undefined {
	if (!areOperatorsReady) return 'not every operator is ready';
	if (operators.renewedAt < since) return 'no operator leads';
	if (term.renewedAt < since) return 'nobody has renewed the Lease';
	if (primaries.join() !== term.holder)
		return `${primaries.join(' and ') || 'nobody'} calls itself primary, the Lease names ${term.holder}`;
	if (view.status.primary?.pod !== term.holder) return `the status names ${view.status.primary?.pod}, the Lease ${term.holder}`;
	return lack(view, epoch);
}
