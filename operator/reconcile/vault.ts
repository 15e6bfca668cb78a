/** The reconcile of one RuneVault: gather → move on → write → status. It takes a key, never an event, and may run at any time. */
import type { RuneVaultStatus } from '../../crds/status.ts';
import type { Outcome } from '../../kube/controller.ts';
import type { Facts } from '../observe/findings.ts';
import { type GatherEffects, gather } from '../observe/gather.ts';
import type { Observed } from '../observe/observed.ts';
import type { Prober } from '../observe/prober.ts';
import { computeStatus } from '../observe/status.ts';
import { type AppointEffects, moveOn, settleTarget } from './appoint.ts';
import type { Choice } from './failover.ts';
import { settleKeyOwner } from './key-owner.ts';
import { type Note, notesOf } from './notes.ts';
import { type OperationEffects, runOperations } from './operations.ts';
import { checkedVault, probePlan } from './plan.ts';
import { tokensAgainAfterMs } from './token-state.ts';
import { nothingWritten, type WriteEffects, type WriteResult, writeAll } from './write.ts';
import type { StatusWriter } from './write-status.ts';

export type ReconcileEffects = GatherEffects &
	Omit<OperationEffects, 'now'> &
	Omit<WriteEffects, 'now' | 'note'> & {
		prober: Prober;
		statusWriter: StatusWriter;
		/** Milliseconds since 1970. */
		now: () => number;
		tell: (vault: Observed['vault'], note: Note) => void;
		/** Called with every status computed, written or not. */
		onStatus: (key: string, facts: Facts, before: RuneVaultStatus) => void;
		/** The vault is not there any more. */
		onGone: (key: string) => void;
	};

/** At rest, everything is looked at again this often, in case an event was lost. */
const RESYNC_MS = 10 * 60_000;
/** While something is under way that no watch announces. */
const UNSETTLED_MS = 15_000;
/** Long enough for what was just written to show in the caches. */
const SOONEST_MS = 1_000;

/** The vault, and then what is to be done with it once: backups and restores, of which some bring a vault into being. */
export async function reconcileVault(key: string, effects: ReconcileEffects): Promise<Outcome> {
	const [outcome, dueAfterMs] = await bothOf(
		() => reconcileOne(key, effects),
		() => runOperations(key, effects),
	);
	if (dueAfterMs === undefined) return outcome;
	return { againAfterMs: Math.max(Math.min(dueAfterMs, 'againAfterMs' in outcome ? outcome.againAfterMs : RESYNC_MS), SOONEST_MS) };
}

/** One after the other, the second also when the first has failed. */
async function bothOf<A, B>(first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
	const [a] = await Promise.allSettled([first()]);
	const b = await second();
	if (a.status === 'rejected') throw a.reason;
	return [a.value, b];
}

async function reconcileOne(key: string, effects: ReconcileEffects): Promise<Outcome> {
	const { prober, statusWriter, tell, onStatus, onGone } = effects;
	const observed = await gather(key, effects);
	if (observed === undefined) {
		prober.forget(key);
		statusWriter.forget(key);
		effects.keeper.forget(key);
		onGone(key);
		return { done: true };
	}
	const now = effects.now();
	const note = (each: Note) => tell(observed.vault, each);
	const moved = await moveAndSettle(key, observed, { ...effects, note });
	const written = await write(observed, { ...effects, now, note });
	written.errors.push(...moved.errors);
	prober.plan(key, probePlan(observed, written.tokens, now, await credentialsFor(observed, written, effects)));

	const facts: Facts = { ...observed, tokens: written.tokens, problems: written.problems, appointed: moved.appointed, now };
	// A fresh leader knows nothing of the pods yet: the last status stays until each of them has answered, or has not in time.
	if (!isBlind(facts) || moved.appointed !== undefined) {
		const before = observed.vault.status ?? {};
		const status = computeStatus(facts);
		const limit = 'spec' in observed.check ? observed.check.spec.protection.releasedBits.limitPerKey : undefined;
		for (const each of notesOf(before, status, limit)) note(each);
		await statusWriter.write(key, observed.vault, status);
		onStatus(key, { ...facts, vault: { ...observed.vault, status } }, before);
	}
	if (written.errors.length > 0) throw new AggregateError(written.errors, `${written.errors.length} writes failed`);
	const againAfterMs = Math.min(written.againAfterMs ?? RESYNC_MS, tokensAfterMs(facts), isSettled(facts) ? RESYNC_MS : UNSETTLED_MS);
	return { againAfterMs: Math.max(againAfterMs, SOONEST_MS) };
}

/** Before everything else, because clients wait for it; and also with a spec that is not valid. */
async function moveAndSettle(
	key: string,
	observed: Observed,
	effects: AppointEffects,
): Promise<{ appointed: Choice | undefined; errors: unknown[] }> {
	if (observed.isPaused) return { appointed: undefined, errors: [] };
	try {
		const appointed = await moveOn(observed, effects);
		// Who has not been asked yet cannot be told from who cannot answer: a fresh leader refuses nobody.
		if (!isBlind(observed)) await settleTarget(key, observed, effects);
		return { appointed, errors: [] };
	} catch (error) {
		return { appointed: undefined, errors: [error] };
	}
}

/** Also when nothing was written, because the pods are asked on. */
async function credentialsFor({ vault }: Observed, written: WriteResult, { keeper }: Pick<WriteEffects, 'keeper'>) {
	if (written.credentials !== undefined) return written.credentials;
	try {
		return await keeper.credentials(vault.metadata);
	} catch (error) {
		written.errors.push(error);
		return undefined;
	}
}

async function write(observed: Observed, effects: WriteEffects): Promise<WriteResult> {
	const vault = checkedVault(observed);
	if (observed.isPaused || observed.isRestoring) return nothingWritten(observed);
	const result = vault === undefined ? nothingWritten(observed) : await writeAll(vault, observed, effects);
	await settleKeyOwner(observed.vault, effects).catch(error => result.errors.push(error));
	return result;
}

/** Whether a pod has not been asked yet. The prober asks at once and says so when it has, 2 s later at most. */
const isBlind = ({ pods, probes }: Observed): boolean => pods.some(pod => pod.isReady && pod.ip !== undefined && !probes.has(pod.uid));

/** When the time will have changed something about the tokens; also while paused, when no more than the status tells of it. */
const tokensAfterMs = ({ check, tokens, now }: Facts): number =>
	('spec' in check ? tokensAgainAfterMs(check.spec.access.tokens, tokens, now) : undefined) ?? RESYNC_MS;

/** Whether nothing is expected to change by itself. */
function isSettled({ pods, keys, missingRefs, problems, check }: Facts): boolean {
	const replicas = 'spec' in check ? check.spec.replicas : pods.length;
	const isWhole = pods.length === replicas && pods.every(pod => pod.isReady);
	return keys.stage === 'ready' && isWhole && missingRefs.length === 0 && problems.length === 0;
}
