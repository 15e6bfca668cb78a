/** What a reconcile does to pods and Jobs, beyond applying objects: replace a failed keygen, have Secrets fetched, roll a new template out. */
import { isConflict, isNotFound } from '../../kube/errors.ts';
import { patchMerge } from '../../kube/objects.ts';
import { resources } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { digestOf } from '../desired/digest.ts';
import type { CheckedVault, Verifier } from '../desired/inputs.ts';
import { ANNOTATIONS, LABELS, namesOf } from '../desired/names.ts';
import { verifiersDigest } from '../desired/verifiers.ts';
import type { Observed } from '../observe/observed.ts';
import type { PodView } from '../observe/views.ts';
import type { Applier, Ref } from './apply.ts';
import { retryAfter } from './keys.ts';
import type { Note } from './notes.ts';
import { rolloutStep } from './rollout.ts';

export type PodEffects = { applier: Applier; transport: Transport; note: (note: Note) => void; now: number };

/** When to look at the keygen Job again; undefined when its events suffice. */
export const keygenRetryAfter = ({ keys, keysObserved }: Observed, now: number): number | undefined =>
	keys.stage === 'generate' ? retryAfter(keysObserved.job, now) : undefined;

/** A failed Job is left for a while, so that its log can be read, and then replaced. */
export async function retryKeygen(vault: CheckedVault, observed: Observed, { applier, note, now }: PodEffects): Promise<undefined> {
	const { job } = observed.keysObserved;
	if (job === undefined || keygenRetryAfter(observed, now) !== 0) return;
	const ref: Ref = { kind: 'Job', namespace: vault.namespace, name: namesOf(vault.name).keygen };
	await applier.remove(ref, job.uid);
	note({ type: 'Warning', reason: 'KeygenFailed', action: 'Retry', message: `Job ${ref.name} failed and is started again.` });
}

/** What tells one content of the mounted Secrets from another. @param certificate digest of the certificate's, when there is one */
export const mountsDigest = (verifiers: readonly Verifier[], certificate: string | undefined): string =>
	digestOf(`${verifiersDigest(verifiers)} ${certificate ?? ''}`);

/**
 * Marks each pod with its role, for people, and with the digest of its mounts: a change of it has the kubelet fetch mounted Secrets now and
 * not within a minute.
 */
export async function markPods(
	vault: CheckedVault,
	{ pods, lease }: Observed,
	digest: string,
	{ transport }: PodEffects,
): Promise<undefined> {
	const roleOf = ({ name }: PodView) => (name === lease?.holder ? 'primary' : 'standby');
	for (const pod of pods.filter(each => !each.isDeleting && (each.verifiers !== digest || each.role !== roleOf(each)))) {
		const marks = { annotations: { [ANNOTATIONS.verifiers]: digest }, labels: { [LABELS.role]: roleOf(pod) } };
		const patch = { metadata: { uid: pod.uid, ...marks } };
		try {
			await patchMerge(transport, resources.pods, { namespace: vault.namespace, name: pod.name }, patch);
		} catch (error) {
			// A pod that is gone, or has a successor of its name, needs no refresh.
			if (!isNotFound(error) && !isConflict(error)) throw error;
		}
	}
}

/** Deletes the next pod of an older template; the StatefulSet makes it anew. */
export async function rollOut(vault: CheckedVault, observed: Observed, { applier, note }: PodEffects): Promise<undefined> {
	if (['missing', 'taken', 'mismatch'].includes(observed.keys.stage)) return;
	const step = rolloutStep(observed);
	if (step?.kind !== 'replace') return;
	const { pod } = step;
	await applier.remove({ kind: 'Pod', namespace: vault.namespace, name: pod.name }, pod.uid);
	note({ type: 'Normal', reason: 'RollingOut', action: 'Delete', message: `Pod ${pod.name} is replaced by one of the current template.` });
}
