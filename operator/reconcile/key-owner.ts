/**
 * `spec.keys.deletionPolicy`: whether key and KEK go with their RuneVault. They do when the RuneVault is their owner, so that no finalizer is
 * needed; and it is only while its name is typed in an annotation, because what is lost with a key cannot be had again.
 */

import { DELETE_KEYS } from '../../crds/keys.ts';
import { type RuneVault, resource as vaults } from '../../crds/runevault.ts';
import { patchMerge } from '../../kube/objects.ts';
import { apiVersionOf, type OwnerReference, resources } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { namesOf } from '../desired/names.ts';
import type { Caches } from '../observe/gather.ts';
import { claim } from '../observe/owned.ts';
import type { Note } from './notes.ts';

export type KeyOwnerEffects = { caches: Pick<Caches, 'find'>; transport: Transport; note: (note: Note) => void };

/** Of the spec as it came: a mistake elsewhere in it must not keep a key from being let go of. */
const areKeysToGo = ({ metadata, spec }: RuneVault): boolean =>
	Object(Object(spec).keys).deletionPolicy === 'Delete' && metadata.annotations?.[DELETE_KEYS] === metadata.name;

/** Makes the RuneVault the owner of its key Secrets, or no longer. Not their controller: they are never pruned or put back. */
export async function settleKeyOwner(vault: RuneVault, { caches, transport, note }: KeyOwnerEffects): Promise<void> {
	const { name: vaultName, namespace, uid } = vault.metadata;
	const areToGo = areKeysToGo(vault);
	const { keySecret, kekSecret } = namesOf(vaultName);
	for (const name of [keySecret, kekSecret]) {
		const secret = caches.find({ kind: 'Secret', namespace, name });
		if (secret === undefined || claim(secret, vault.metadata) !== 'ours') continue;
		const { resourceVersion, ownerReferences = [] } = secret.metadata;
		if (ownerReferences.some(owner => owner.uid === uid) === areToGo) continue;
		const others = ownerReferences.filter(owner => owner.uid !== uid);
		const owner: OwnerReference = { apiVersion: apiVersionOf(vaults), kind: vaults.kind, name: vaultName, uid };
		const metadata = { resourceVersion, ownerReferences: areToGo ? [...others, owner] : others };
		await patchMerge(transport, resources.secrets, { namespace, name }, { metadata }, { metadataOnly: true });
		note(areToGo ? goes(name) : stays(name));
	}
}

const goes = (name: string): Note => ({
	type: 'Warning',
	reason: 'KeysGoWithVault',
	action: 'Own',
	message: `Secret ${name} is deleted when this RuneVault is, as spec.keys.deletionPolicy says.`,
});

const stays = (name: string): Note => ({
	type: 'Normal',
	reason: 'KeysStay',
	action: 'Own',
	message: `Secret ${name} stays when this RuneVault is deleted.`,
});
