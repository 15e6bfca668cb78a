/** `promote`: asks for another primary, and waits until clients are routed to it or the operator has refused. */
import { type RuneVault, resource } from '../../crds/runevault.ts';
import { isConflict, isForbidden, isNotFound } from '../../kube/errors.ts';
import { patchMerge } from '../../kube/objects.ts';
import { listEvents, newestFirst } from './events.ts';
import { choosePod, type Progress, progressOf } from './promotion.ts';
import { CommandError } from './refusals.ts';
import { FIELD_MANAGER, type Session } from './session.ts';
import { seconds } from './text.ts';
import { listPods, noSuchVault, readVault } from './vaults.ts';
import { type Look, waitFor } from './wait.ts';

/** A change of primary takes less than a second when all is well. */
const LOOK_EVERY_MS = 500;
/** For so many looks in a row the wish has to be gone: the operator writes status and event a moment after it has taken the wish out. */
const LOOKS_UNTIL_GONE = 4;
/** The operator writes the same status now and then. */
const ATTEMPTS = 5;

/** @param pod undefined: the first ready standby. @param waitMs undefined: not at all. */
export type Promotion = { name: string; pod: string | undefined; waitMs: number | undefined };

type Asked = { pod: string; countBefore: number };

/** @throws CommandError when it cannot be asked for, was refused, or the wait was in vain. */
export async function promote(session: Session, { name, pod: wanted, waitMs }: Promotion): Promise<void> {
	const { clock, print } = session;
	const asked = await ask(session, name, wanted);
	if (asked === undefined) return print(`${wanted} is primary of ${name} already`);
	const { pod } = asked;
	print(`${pod} is asked for as primary of ${name}`);
	if (waitMs === undefined) return;
	const startedAt = clock.now();
	const { epoch, milliseconds } = await waitFor(session, {
		look: looker(session, name, asked),
		waitMs,
		everyMs: LOOK_EVERY_MS,
		late: last => `${pod} is not primary of ${name} in time, and still asked for; last: ${last}`,
	});
	print(`${pod} is primary of ${name}, epoch ${epoch}, after ${seconds(milliseconds ?? clock.now() - startedAt)}`);
}

/** Writes the wish, if all that was checked is as it was read. @returns undefined when that pod is primary already. */
async function ask(session: Session, name: string, wanted: string | undefined): Promise<Asked | undefined> {
	for (let attempt = 1; ; attempt += 1) {
		const vault = await readVault(session, name);
		const pods = await listPods(session, { namespace: session.namespace, name });
		const { pod, isPrimary } = choosePod(vault, pods, wanted);
		if (isPrimary) return undefined;
		const isWritten = vault.status?.targetPrimary === pod || (await write(session, vault, pod));
		if (isWritten) return { pod, countBefore: vault.status?.failover?.count ?? 0 };
		if (attempt === ATTEMPTS) throw new CommandError(`${name} is being changed by others all the time; nothing was done: try again`);
	}
}

/** @returns false when somebody has written the vault since it was read. */
async function write(session: Session, { metadata }: RuneVault, targetPrimary: string): Promise<boolean> {
	const { namespace, name, resourceVersion } = metadata;
	const patch = { metadata: { resourceVersion }, status: { targetPrimary } };
	const options = { fieldManager: FIELD_MANAGER, subresource: 'status' };
	try {
		await patchMerge(session.transport, resource, { namespace, name }, patch, options);
		return true;
	} catch (error) {
		if (isConflict(error)) return false;
		if (isNotFound(error)) throw noSuchVault(session, name);
		if (isForbidden(error)) throw forbidden(error);
		throw error;
	}
}

function forbidden(cause: unknown): CommandError {
	const why = cause instanceof Error ? cause.message : String(cause);
	return new CommandError(`promote needs the right to patch ${resource.plural}/status of ${resource.group}: ${why}`, { cause });
}

type Reached = Extract<Progress, { state: 'reached' }>;

function looker(session: Session, name: string, { pod, countBefore }: Asked): () => Promise<Look<Reached>> {
	let goneLooks = 0;
	return async () => {
		const progress = progressOf(await readVault(session, name), pod, countBefore);
		goneLooks = progress.state === 'removed' ? goneLooks + 1 : 0;
		if (progress.state === 'reached') return { done: progress };
		if (progress.state === 'pending') return { pending: progress.text };
		if (goneLooks >= LOOKS_UNTIL_GONE) throw new CommandError(await whyGone(session, name, pod));
		return { pending: 'the operator has answered: waiting for what it says' };
	};
}

/** The operator's own words, which name the pod. */
async function whyGone(session: Session, name: string, pod: string): Promise<string> {
	try {
		const events = (await listEvents(session, name)).toSorted(newestFirst);
		const refusal = events.find(({ reason, note }) => reason === 'PromotionRefused' && note?.startsWith(`${pod} `));
		return refusal?.note === undefined
			? `${pod} is not primary of ${name} and not asked for any more; no event says why`
			: `the operator refuses: ${refusal.note}`;
	} catch (error) {
		if (!isForbidden(error)) throw error;
		return `the operator refuses ${pod}; its event says why, and you may not list events`;
	}
}
