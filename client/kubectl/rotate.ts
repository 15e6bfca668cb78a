/** `rotate token`: asks for a new generation of a token, and waits until every pod knows it. */
import { conditionOf } from '../../crds/conditions.ts';
import { type RuneVault, resource } from '../../crds/runevault.ts';
import { isConflict, isInvalid, isNotFound } from '../../kube/errors.ts';
import { resourcePath } from '../../kube/resources.ts';
import { isPaused } from './pause.ts';
import { CommandError } from './refusals.ts';
import { FIELD_MANAGER, type Session } from './session.ts';
import { oneLine } from './text.ts';
import { rotation } from './token-patch.ts';
import { noSuchVault, readVault } from './vaults.ts';
import { type Look, waitFor } from './wait.ts';

const LOOK_EVERY_MS = 1000;

/** @param waitMs how long to wait until the token is in force; undefined: not at all. */
export type Rotation = { name: string; token: string; waitMs: number | undefined };

/** What is asked of the operator: this generation of this token, by this generation of the spec. */
export type Goal = { token: string; generation: number; specGeneration: number };

/** @throws CommandError when the vault or the token is not there, somebody else changed the token, or the wait was in vain. */
export async function rotateToken(session: Session, { name, token, waitMs }: Rotation): Promise<void> {
	const vault = await readVault(session, name);
	if (waitMs !== undefined && isPaused(vault)) {
		throw new CommandError(`${name} is paused: resume it first, or ask with --no-wait for when it is resumed`);
	}
	const { patched, generation } = await raise(session, vault, token);
	session.print(`token ${token} of ${name}: generation ${generation} is asked for`);
	if (waitMs === undefined) return;
	const goal = { token, generation, specGeneration: patched.metadata.generation };
	const { status } = await waitFor(session, {
		look: () => look(session, name, goal),
		waitMs,
		everyMs: LOOK_EVERY_MS,
		late: last => `token ${token} of ${name}: not in force in time, and still asked for; last: ${last}`,
	});
	const until = status?.tokens?.find(each => each.name === token)?.previousUntil;
	const old = until === undefined ? 'refused' : oneLine(`accepted until ${until}`);
	session.print(`token ${token} of ${name}: generation ${generation} is in force on every pod; the old token is ${old}`);
}

async function raise(session: Session, vault: RuneVault, token: string): Promise<{ patched: RuneVault; generation: number }> {
	const { namespace, name } = vault.metadata;
	const { patch, generation } = rotation(vault, token);
	try {
		const patched = await session.transport.request<RuneVault>({
			method: 'PATCH',
			path: resourcePath(resource, { namespace, name }),
			query: { fieldManager: FIELD_MANAGER },
			contentType: 'application/json-patch+json',
			body: patch,
		});
		return { patched, generation };
	} catch (error) {
		if (isNotFound(error)) throw noSuchVault(session, name);
		if (isConflict(error) || (isInvalid(error) && (await hasChanged(session, vault)))) {
			throw new CommandError(`${name} was changed by somebody else meanwhile; nothing was done: look at it and try again`);
		}
		throw error;
	}
}

/** A failed `test` and an invalid value are the same 422: whether somebody wrote the spec meanwhile tells them apart. */
async function hasChanged(session: Session, { metadata }: RuneVault): Promise<boolean> {
	const after = await readVault(session, metadata.name);
	return after.metadata.uid !== metadata.uid || after.metadata.generation !== metadata.generation;
}

/** The vault in which the goal is reached, or what is being waited for. */
async function look(session: Session, name: string, goal: Goal): Promise<Look<RuneVault>> {
	const vault = await readVault(session, name);
	const missing = pending(vault, goal);
	return missing === undefined ? { done: vault } : { pending: missing };
}

/** What is still missing, or undefined when the goal is reached. */
export function pending({ status = {} }: RuneVault, { token, generation, specGeneration }: Goal): string | undefined {
	const current = conditionOf(status, 'TokensCurrent');
	if (current === undefined || current.observedGeneration < specGeneration) return 'waiting for the operator to see the change';
	if (current.status !== 'True') return oneLine(`${current.reason}: ${current.message}`);
	const made = status.tokens?.find(each => each.name === token)?.generation ?? 0;
	return made >= generation ? undefined : 'waiting for the token to be made';
}
