/** Writes the status of backups and restores, only when it says something new, and remembers it until the cache has caught up. */
import type { BackupStatus, RestoreStatus, RuneVaultBackup, RuneVaultRestore } from '../../crds/operations.ts';
import { apply } from '../../kube/apply.ts';
import { isNewer } from '../../kube/resource-version.ts';
import type { KubeObject, Resource } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { canonicalJson } from '../desired/digest.ts';
import { STATUS_FIELD_MANAGER } from '../desired/names.ts';

type Operated = RuneVaultBackup | RuneVaultRestore;
/** How many are remembered: far more than are ever under way at once. */
const MEMORY = 10_000;

export class OperationWriter {
	readonly #transport: Transport;
	readonly #written = new Map<string, Operated>();

	constructor(transport: Transport) {
		this.#transport = transport;
	}

	/** As it was written last, while the cache has not caught up. */
	newest<T extends Operated>(operation: T): T {
		const { uid, resourceVersion = '' } = operation.metadata;
		const written = this.#written.get(uid);
		if (written === undefined) return operation;
		if (isNewer(written.metadata.resourceVersion ?? '', resourceVersion)) return written as T;
		this.#written.delete(uid);
		return operation;
	}

	/** @returns whether anything was written. */
	async write(resource: Resource, operation: Operated, status: BackupStatus | RestoreStatus): Promise<boolean> {
		if (canonicalJson(operation.status ?? {}) === canonicalJson(status)) return false;
		const { apiVersion, kind, metadata } = operation;
		const { name, namespace, uid } = metadata;
		const object: KubeObject = { apiVersion, kind, metadata: { name, namespace, uid }, status };
		const options = { fieldManager: STATUS_FIELD_MANAGER, force: true, subresource: 'status' } as const;
		const written = (await apply(this.#transport, resource, object, options)) as unknown as Operated;
		if (this.#written.size >= MEMORY) this.#written.clear();
		this.#written.set(uid, written);
		return true;
	}
}
