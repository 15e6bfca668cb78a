/** Waiting for something that the operator does: looks again and again, and tells each new state once. */
import { isTransient } from '../../kube/errors.ts';
import { CommandError } from './refusals.ts';
import type { Session } from './session.ts';

/** What a look found: what was waited for, or what is still missing. */
export type Look<T> = { done: T } | { pending: string };

/**
 * @param look may fail for a moment: an API server that is away is waited for too.
 * @param late what to say when time is over, from what was last missing.
 * @throws CommandError when time is over.
 */
export async function waitFor<T>(
	{ clock, tell }: Session,
	{ look, waitMs, everyMs, late }: { look: () => Promise<Look<T>>; waitMs: number; everyMs: number; late: (last: string) => string },
): Promise<T> {
	const endsAt = clock.now() + waitMs;
	for (let told = ''; ; ) {
		const found = await look().catch(whileAway);
		if ('done' in found) return found.done;
		if (found.pending !== told) tell(found.pending);
		told = found.pending;
		if (clock.now() + everyMs > endsAt) throw new CommandError(late(told));
		await clock.sleep(everyMs);
	}
}

function whileAway(error: unknown): { pending: string } {
	if (!isTransient(error)) throw error;
	return { pending: 'waiting for the API server' };
}
