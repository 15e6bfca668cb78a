/** Which pod may be asked for as primary, and what has become of it since. Pure. */
import type { RuneVault } from '../../crds/runevault.ts';
import { isPaused } from './pause.ts';
import { CommandError } from './refusals.ts';
import { byOrdinal, isLeaving, isReady, type Pod, readinessOf } from './vaults.ts';

/**
 * The pod to ask for. The operator would refuse the same, or leave it unanswered; here the person gets one line at once.
 * @param pods the Vault pods; undefined when they may not be listed: then the operator is the one to refuse.
 * @param wanted undefined: the first standby that is ready.
 * @throws CommandError saying why nothing can be asked for.
 */
export function choosePod(
	vault: RuneVault,
	pods: readonly Pod[] | undefined,
	wanted: string | undefined,
): { pod: string; isPrimary: boolean } {
	const { metadata, status = {} } = vault;
	if (metadata.deletionTimestamp !== undefined) throw new CommandError(`${metadata.name} is being deleted`);
	const known = wanted === undefined ? undefined : findPod(vault, pods, wanted);
	if (wanted !== undefined && status.primary?.pod === wanted) return { pod: wanted, isPrimary: true };
	if (isPaused(vault)) throw new CommandError(`${metadata.name} is paused: the operator would not act; resume it first`);
	const pod = wanted ?? firstStandby(vault, pods);
	if (known !== undefined && isLeaving(known)) throw new CommandError(`${pod} is being deleted`);
	if (known !== undefined && !isReady(known)) throw new CommandError(`${pod} is not ready, so it could not take over: ${phaseOf(known)}`);
	const { targetPrimary = pod } = status;
	if (targetPrimary !== pod) throw new CommandError(`${targetPrimary} is asked for already, and the operator has not answered yet`);
	return { pod, isPrimary: false };
}

const phaseOf = ({ status }: Pod): string => `its phase is ${status?.phase ?? 'Unknown'}`;

function findPod({ metadata }: RuneVault, pods: readonly Pod[] | undefined, wanted: string): Pod | undefined {
	const known = pods?.find(pod => pod.metadata.name === wanted);
	if (pods === undefined || known !== undefined) return known;
	const names = [...pods].sort(byOrdinal).map(pod => pod.metadata.name);
	throw new CommandError(`${metadata.name} has no pod ${wanted}; it has ${names.join(', ') || 'none'}`);
}

function firstStandby({ metadata, status = {} }: RuneVault, pods: readonly Pod[] | undefined): string {
	if (pods === undefined) throw new CommandError('you may not list pods, so none can be chosen for you: name the POD');
	const standbys = pods.filter(pod => pod.metadata.name !== status.primary?.pod).sort(byOrdinal);
	const first = standbys.find(pod => isReady(pod) && !isLeaving(pod));
	if (first !== undefined) return first.metadata.name;
	const states = standbys.map(pod => `${pod.metadata.name} ${readinessOf(pod)}`);
	throw new CommandError(`no standby of ${metadata.name} is ready: ${states.join(', ') || 'there is none'}`);
}

/** `removed`: it is neither primary nor asked for nor appointed any more. */
export type Progress =
	| { state: 'reached'; epoch: number; milliseconds: number | undefined }
	| { state: 'pending'; text: string }
	| { state: 'removed' };

/**
 * How far the wish for this pod has got. The operator takes `targetPrimary` out as soon as the Lease is the pod's, which is before clients are
 * routed to it: meanwhile `failover.ongoing` names the pod.
 * @param countBefore how often the primary had changed when it was asked for.
 */
export function progressOf(vault: RuneVault, pod: string, countBefore: number): Progress {
	const { primary, targetPrimary, failover } = vault.status ?? {};
	if (primary?.pod === pod) {
		const isRecorded = failover?.last?.to === pod && failover.count > countBefore;
		return { state: 'reached', epoch: primary.epoch, milliseconds: isRecorded ? failover.last?.milliseconds : undefined };
	}
	if (failover?.ongoing?.to === pod) return pending(`${pod} is appointed in the place of ${failover.ongoing.from}: waiting for its route`);
	if (targetPrimary === undefined) return { state: 'removed' };
	if (targetPrimary !== pod) return pending(`somebody asks for ${targetPrimary} instead`);
	return pending(isPaused(vault) ? `${vault.metadata.name} is paused: waiting for its resume` : 'waiting for the operator');
}

const pending = (text: string): Progress => ({ state: 'pending', text });
