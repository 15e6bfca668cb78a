/** What the operator watches of backups and restores: whole, and filed under the key of the vault they name, which need not be there. */
import { backupResource, type RuneVaultBackup, type RuneVaultRestore, restoreResource } from '../../crds/operations.ts';
import { createReflector, type Reflector } from '../../kube/reflector.ts';
import type { KubeObject, Resource } from '../../kube/resources.ts';
import type { WatchOptions } from './caches.ts';

type Options = Pick<WatchOptions, 'transport' | 'onChange' | 'onError'>;

const vaultOf = ({ metadata, spec }: KubeObject): string | undefined => {
	const name = Object(spec).vault;
	return typeof name === 'string' && metadata.namespace !== undefined ? `${metadata.namespace}/${name}` : undefined;
};

export class OperationCache {
	readonly #backups: Reflector[];
	readonly #restores: Reflector[];

	/** @param scopes namespaces, or undefined for all */
	constructor(options: Options, scopes: readonly (string | undefined)[]) {
		this.#backups = scopes.map(namespace => reflect(backupResource, namespace, options));
		this.#restores = scopes.map(namespace => reflect(restoreResource, namespace, options));
	}

	get reflectors(): Reflector[] {
		return [...this.#backups, ...this.#restores];
	}

	backups(key: string): RuneVaultBackup[] {
		return this.#backups.flatMap(reflector => reflector.store.list('vault', key)) as RuneVaultBackup[];
	}

	restores(key: string): RuneVaultRestore[] {
		return this.#restores.flatMap(reflector => reflector.store.list('vault', key)) as RuneVaultRestore[];
	}

	/** Of all vaults that one of them names. */
	keys(): string[] {
		return this.reflectors.flatMap(reflector => reflector.store.list()).flatMap(object => vaultOf(object) ?? []);
	}
}

function reflect(resource: Resource, namespace: string | undefined, { transport, onChange, onError }: Options): Reflector {
	const project = (object: KubeObject): KubeObject => {
		const { managedFields, ...metadata } = object.metadata;
		return { ...object, metadata };
	};
	return createReflector({
		...{ transport, resource, namespace, project, onError },
		indexers: { vault: object => [vaultOf(object) ?? ''] },
		onChange(object) {
			const key = vaultOf(object);
			if (key !== undefined) onChange(key, false);
		},
	});
}
