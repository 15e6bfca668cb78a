/**
 * The throw-away identity of one backup, by which the drill opens the archive. It lives in a Secret of its own that only the drill's pod mounts
 * and that is gone with the drill: of an archive that was proved, no identity is left in the cluster.
 */
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { isAlreadyExists } from '../../kube/errors.ts';
import { create, get } from '../../kube/objects.ts';
import { type OwnerReference, resources } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { BackupError } from './backup-error.ts';

export type DrillIdentityOptions = {
	transport: Transport;
	namespace: string;
	/** Of the Secret. */
	name: string;
	labels: Record<string, string>;
	owner: OwnerReference | undefined;
};

/**
 * Makes the identity, or takes the one that an earlier attempt at the same backup has made.
 * @returns its recipient
 * @throws BackupError `NameTaken`; KubeError
 */
export async function ensureDrillIdentity({ transport, namespace, name, labels, owner }: DrillIdentityOptions): Promise<string> {
	const identity = await generateX25519Identity();
	const metadata = { name, namespace, labels, ...(owner === undefined ? {} : { ownerReferences: [owner] }) };
	const data = { identity: Buffer.from(identity).toString('base64') };
	const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', immutable: true, data };
	try {
		await create(transport, resources.secrets, secret, { fieldManager: 'runevault-backup' });
		return await identityToRecipient(identity);
	} catch (error) {
		if (!isAlreadyExists(error)) throw error;
	}
	const existing = await get(transport, resources.secrets, { namespace, name });
	const isOurs = existing?.metadata.ownerReferences?.some(({ uid }) => uid === owner?.uid) === true;
	const found = Object(existing?.data).identity;
	if (!isOurs || typeof found !== 'string') throw new BackupError('NameTaken', `Secret ${name} exists and is not of this backup; it stays`);
	return identityToRecipient(Buffer.from(found, 'base64').toString());
}
