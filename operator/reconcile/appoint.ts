/**
 * The acting half of failover: appoints the pod that `failover.ts` chose, if what the choice rests on still holds.
 *
 * Caches may lag or be cut off, and an appointment made on old news would move clients off a healthy primary. So the Lease, the chosen pod
 * and, where the reason lies in it, the old primary are read again; the write itself is bound to the Lease that was read.
 */
import { appointHolder } from '../../kube/lease-appoint.ts';
import { get } from '../../kube/objects.ts';
import { resources } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { namesOf } from '../desired/names.ts';
import type { Observed } from '../observe/observed.ts';
import { type PodView, podView } from '../observe/views.ts';
import { type Choice, chooseNext, targetOutcome } from './failover.ts';
import type { Note } from './notes.ts';
import { leaseDurationMs } from './plan.ts';
import type { StatusWriter } from './write-status.ts';

export type AppointEffects = { transport: Transport; statusWriter: StatusWriter; note: (note: Note) => void };

const ASKED_FOR: readonly Choice['reason'][] = ['Promoted', 'NodeCordoned', 'RollingOut'];

/** Appoints another primary if there has to be one. @returns whom, or undefined. */
export async function moveOn(observed: Observed, { transport, note }: AppointEffects): Promise<Choice | undefined> {
	const choice = chooseNext(observed);
	if (choice === undefined || !(await stillHolds(choice, observed, transport))) return undefined;
	const { namespace, name } = observed.vault.metadata;
	const { from, epoch, to, reason } = choice;
	const lease = { namespace, name: namesOf(name).lease };
	if (!(await appointHolder(transport, { ...lease, epoch, to: to.name, durationMs: leaseDurationMs(observed) }))) return undefined;
	const isAskedFor = ASKED_FOR.includes(reason);
	note({
		type: isAskedFor ? 'Normal' : 'Warning',
		reason: isAskedFor ? 'SwitchoverStarted' : 'FailoverStarted',
		action: 'Appoint',
		message: `${to.name} is appointed in the place of ${from}: ${reason}.`,
	});
	return choice;
}

async function stillHolds({ from, to, reason }: Choice, { vault, pods }: Observed, transport: Transport): Promise<boolean> {
	const { namespace } = vault.metadata;
	const read = async (name: string): Promise<PodView | undefined> => {
		const pod = await get(transport, resources.pods, { namespace, name }, { lane: 'urgent' });
		return pod === undefined ? undefined : podView(pod);
	};
	const [chosen, old] = await Promise.all([read(to.name), reason === 'PodDeleted' ? read(from) : undefined]);
	if (chosen?.uid !== to.uid || !chosen.isReady) return false;
	const known = pods.find(pod => pod.name === from)?.uid;
	return (
		reason !== 'PodDeleted' || old === undefined || old.isDeleting || old.ip === undefined || (known !== undefined && old.uid !== known)
	);
}

/** Takes an answered `status.targetPrimary` out, unless another was asked for meanwhile. */
export async function settleTarget(key: string, observed: Observed, { statusWriter, note }: AppointEffects): Promise<void> {
	const outcome = targetOutcome(observed);
	if (outcome === undefined) return;
	await statusWriter.clearTarget(key, observed.vault);
	const { isReached, message } = outcome;
	note({
		type: isReached ? 'Normal' : 'Warning',
		reason: isReached ? 'PromotionReached' : 'PromotionRefused',
		action: 'Appoint',
		message,
	});
}
