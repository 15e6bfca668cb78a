/** `pause` and `resume`: the annotation that stops the operator. */
import { type RuneVault, resource } from '../../crds/runevault.ts';
import { isNotFound } from '../../kube/errors.ts';
import { patchMerge } from '../../kube/objects.ts';
import { FIELD_MANAGER, type Session } from './session.ts';
import { noSuchVault } from './vaults.ts';

const PAUSED = 'runevault.io/paused';

export function isPaused({ metadata }: RuneVault): boolean {
	return metadata.annotations?.[PAUSED] === 'reconcile';
}

/** @throws CommandError when there is no such RuneVault. */
export async function setPaused(session: Session, name: string, isToPause: boolean): Promise<void> {
	const { transport, namespace, print } = session;
	const patch = { metadata: { annotations: { [PAUSED]: isToPause ? 'reconcile' : null } } };
	try {
		await patchMerge(transport, resource, { namespace, name }, patch, { fieldManager: FIELD_MANAGER });
	} catch (error) {
		throw isNotFound(error) ? noSuchVault(session, name) : error;
	}
	print(
		isToPause
			? `${name} is paused: the operator changes nothing of it; its pods serve and fail over among themselves`
			: `${name} is resumed: the operator goes on`,
	);
}
