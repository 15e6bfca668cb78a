/** Where the API server is, for the commands that need one. */
import { VaultError } from '../../fhe/errors.ts';
import { type ClusterConfig, loadClusterConfig } from '../../kube/config.ts';
import { KubeError } from '../../kube/errors.ts';

/** @throws VaultError `invalid_argument` when there is no cluster to be found. */
export async function findCluster(): Promise<ClusterConfig> {
	try {
		return await loadClusterConfig();
	} catch (cause) {
		throw cause instanceof KubeError ? new VaultError('invalid_argument', cause.message, { cause }) : cause;
	}
}
