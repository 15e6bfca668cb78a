/** Writes the status, apart from everything else and by its own field manager, and only when it says something new. */
import { type RuneVault, resource } from '../../crds/runevault.ts';
import type { RuneVaultStatus } from '../../crds/status.ts';
import { apply } from '../../kube/apply.ts';
import { isNewer } from '../../kube/resource-version.ts';
import type { Transport } from '../../kube/transport.ts';
import { canonicalJson } from '../desired/digest.ts';
import { STATUS_FIELD_MANAGER } from '../desired/names.ts';

export class StatusWriter {
	readonly #transport: Transport;
	readonly #written = new Map<string, { uid: string; version: string; status: RuneVaultStatus }>();

	constructor(transport: Transport) {
		this.#transport = transport;
	}

	/** The vault with the newest status known: what was written last, while the cache has not caught up. */
	newest(key: string, vault: RuneVault): RuneVault {
		const written = this.#written.get(key);
		const isBehind = written?.uid === vault.metadata.uid && isNewer(written.version, vault.metadata.resourceVersion);
		return written !== undefined && isBehind ? { ...vault, status: written.status } : vault;
	}

	forget(key: string): void {
		this.#written.delete(key);
	}

	/** @returns whether anything was written. */
	async write(key: string, vault: RuneVault, status: RuneVaultStatus): Promise<boolean> {
		if (canonicalJson(vault.status ?? {}) === canonicalJson(status)) return false;
		const { name, namespace, uid } = vault.metadata;
		const object = { apiVersion: vault.apiVersion, kind: vault.kind, metadata: { name, namespace, uid }, status };
		const options = { fieldManager: STATUS_FIELD_MANAGER, force: true, subresource: 'status' } as const;
		const result = await apply(this.#transport, resource, object, options);
		this.#written.set(key, { uid, version: result.metadata.resourceVersion ?? '', status });
		return true;
	}
}
