/**
 * Writes the status, apart from everything else and by its own field manager, and only when it says something new. `targetPrimary` is not
 * the operator's to say: somebody asks by writing it, and the operator only takes it out again.
 */
import { type RuneVault, resource } from '../../crds/runevault.ts';
import type { RuneVaultStatus } from '../../crds/status.ts';
import { apply } from '../../kube/apply.ts';
import { patchMerge } from '../../kube/objects.ts';
import { isNewer } from '../../kube/resource-version.ts';
import type { Transport } from '../../kube/transport.ts';
import { canonicalJson } from '../desired/digest.ts';
import { STATUS_FIELD_MANAGER } from '../desired/names.ts';

export class StatusWriter {
	readonly #transport: Transport;
	readonly #written = new Map<string, RuneVault>();

	constructor(transport: Transport) {
		this.#transport = transport;
	}

	/** The vault as it was written last, while the cache has not caught up. */
	newest(key: string, vault: RuneVault): RuneVault {
		const written = this.#written.get(key);
		if (written === undefined || written.metadata.uid !== vault.metadata.uid) return vault;
		return isNewer(written.metadata.resourceVersion, vault.metadata.resourceVersion) ? written : vault;
	}

	forget(key: string): void {
		this.#written.delete(key);
	}

	/** @returns whether anything was written. */
	async write(key: string, vault: RuneVault, status: RuneVaultStatus): Promise<boolean> {
		const { targetPrimary: _asked, ...before } = vault.status ?? {};
		if (canonicalJson(before) === canonicalJson(status)) return false;
		const { name, namespace, uid } = vault.metadata;
		const object = { apiVersion: vault.apiVersion, kind: vault.kind, metadata: { name, namespace, uid }, status };
		const options = { fieldManager: STATUS_FIELD_MANAGER, force: true, subresource: 'status' } as const;
		this.#written.set(key, await apply<RuneVault>(this.#transport, resource, object, options));
		return true;
	}

	/** Takes `targetPrimary` out. @throws KubeError `Conflict` when somebody has written the vault meanwhile, such as another target. */
	async clearTarget(key: string, { metadata: { name, namespace, resourceVersion } }: RuneVault): Promise<void> {
		const patch = { metadata: { resourceVersion }, status: { targetPrimary: null } };
		this.#written.set(key, await patchMerge<RuneVault>(this.#transport, resource, { namespace, name }, patch, { subresource: 'status' }));
	}
}
