/** `pause` and `resume`: the annotation that stops the operator, from everything or only from choosing another primary. */
import { type RuneVault, resource } from '../../crds/runevault.ts';
import { isNotFound } from '../../kube/errors.ts';
import { patchMerge } from '../../kube/objects.ts';
import { FIELD_MANAGER, type Session } from './session.ts';
import { noSuchVault } from './vaults.ts';

const PAUSED = 'runevault.io/paused';

/** What the operator is kept from: any change, or choosing another primary. */
export type Pause = 'reconcile' | 'failover';

/** The pause that is in force; a value that the operator does not know stops nothing. */
export function pauseOf({ metadata }: RuneVault): Pause | undefined {
	const value = metadata.annotations?.[PAUSED];
	return value === 'reconcile' || value === 'failover' ? value : undefined;
}

/** Whether the operator does nothing at all. */
export const isPaused = (vault: RuneVault): boolean => pauseOf(vault) === 'reconcile';

const outcome = (name: string, pause: Pause | undefined): string => {
	if (pause === undefined) return `${name} is resumed: the operator goes on`;
	return pause === 'reconcile'
		? `${name} is paused: the operator changes nothing of it; its pods serve and fail over among themselves`
		: `${name} is paused for failover: the operator moves its primary only when promote asks for it; everything else goes on`;
};

/**
 * @param pause undefined takes either pause away; one pause replaces the other.
 * @throws CommandError when there is no such RuneVault.
 */
export async function setPause(session: Session, name: string, pause: Pause | undefined): Promise<void> {
	const { transport, namespace, print } = session;
	const patch = { metadata: { annotations: { [PAUSED]: pause ?? null } } };
	try {
		await patchMerge(transport, resource, { namespace, name }, patch, { fieldManager: FIELD_MANAGER });
	} catch (error) {
		throw isNotFound(error) ? noSuchVault(session, name) : error;
	}
	print(outcome(name, pause));
}
