/**
 * Where the FHE key stands, told from metadata alone: the operator never reads a key Secret.
 *
 * The one rule that matters: once a key has been recorded, or pods have run, a missing key is missing. It is never made anew, because
 * everything encrypted under the old one would be lost without a word.
 *
 * | recorded or pods ran | key | KEK | canaries | stage |
 * |---|---|---|---|---|
 * | no  | no  | any | any | generate |
 * | yes | no  | any | any | missing (the key) |
 * | any | foreign | any | any | taken |
 * | any | yes | no  | any | missing (the KEK: a new one could not open the key) |
 * | any | yes, other fingerprint than recorded | yes | any | mismatch |
 * | any | yes | yes | no  | generate (the Job completes what is there) |
 * | any | yes | yes | yes | ready |
 *
 * A KEK that is a file counts as there: only the programs that mount it can tell. A key to import changes nothing of this: it is how the first
 * row makes its key.
 */
import type { KeygenFault } from '../../crds/keygen-faults.ts';
import type { JobView } from '../observe/views.ts';

export type KeysObserved = {
	/** The key Secret; `fingerprint` from its annotation. Foreign: without one, and not of this vault. */
	key: { fingerprint: string | undefined; isForeign?: boolean } | undefined;
	hasKek: boolean;
	hasCanaries: boolean;
	job: JobView | undefined;
	/** Why the Job's last pod failed, if it said so. */
	fault: KeygenFault | undefined;
	/** Fingerprint in the status. */
	recorded: string | undefined;
	/** Whether the StatefulSet exists. */
	hasWorkload: boolean;
};

export type KeyState =
	| { stage: 'generate'; fingerprint: string | undefined; isFailed: boolean; fault?: KeygenFault | undefined }
	| { stage: 'missing'; what: 'key' | 'kek' }
	| { stage: 'taken'; fingerprint: undefined }
	| { stage: 'mismatch'; fingerprint: string | undefined }
	| { stage: 'ready'; fingerprint: string };

export function keyState({ key, hasKek, hasCanaries, job, fault, recorded, hasWorkload }: KeysObserved): KeyState {
	// A pod that said why need not fail three times more before its user hears of it.
	const isFailed = job?.isFailed === true || fault !== undefined;
	if (key === undefined) {
		if (recorded !== undefined || hasWorkload) return { stage: 'missing', what: 'key' };
		return { stage: 'generate', fingerprint: undefined, isFailed, fault };
	}
	if (key.isForeign === true) return { stage: 'taken', fingerprint: undefined };
	if (!hasKek) return { stage: 'missing', what: 'kek' };
	if (key.fingerprint === undefined || (recorded !== undefined && key.fingerprint !== recorded)) {
		return { stage: 'mismatch', fingerprint: key.fingerprint };
	}
	if (!hasCanaries) return { stage: 'generate', fingerprint: key.fingerprint, isFailed, fault };
	return { stage: 'ready', fingerprint: key.fingerprint };
}

/** How long a failed keygen Job is left for people to look at before it is replaced. */
export const KEYGEN_RETRY_MS = 20_000;

/** Milliseconds until a failed Job is to be replaced; 0 when now; undefined when it has not failed. */
export function retryAfter(job: JobView | undefined, now: number): number | undefined {
	if (job === undefined || !job.isFailed) return undefined;
	const failedAt = Date.parse(job.failedAt ?? '');
	return Number.isNaN(failedAt) ? 0 : Math.max(0, failedAt + KEYGEN_RETRY_MS - now);
}
