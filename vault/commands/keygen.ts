/** `vault keygen`: the operator's Job that makes a team's key inside the cluster, so that no other program ever sees it unsealed. */
import { VaultError } from '../../fhe/errors.ts';
import { loadSeal } from '../../fhe/seal.ts';
import { KubeError } from '../../kube/errors.ts';
import { createTransport } from '../../kube/transport.ts';
import { readConfig } from '../config.ts';
import { clusterKeyStore } from '../keys/cluster-store.ts';
import { ensureKeys } from '../keys/generate.ts';
import { readImport } from '../keys/import.ts';
import { withKekFile } from '../keys/kek.ts';
import { KeygenError } from '../keys/keygen-error.ts';
import { createLog } from '../log.ts';
import { findCluster } from './cluster.ts';
import { type Command, parseOptions, requiredEnv, UsageError } from './command.ts';
import { jsonEnv, labelsSchema, leaveWord, ownerSchema } from './job.ts';

const help = `vault keygen: make the team's key, once, and seal it into a Secret

Usage: vault keygen [--import FILE --import-kek FILE] [--kek FILE]

  --import FILE      begin with the key in this SecKey.json instead of a new one
  --import-kek FILE  opens a sealed one: 32 bytes, or 64 hex digits; needed only then
  --kek FILE         seal the key under this KEK instead of that of Secret <name>-kek: 32 bytes, or 64 hex digits

Reads VAULT_CONFIG (the configuration file), and from the environment:
  POD_NAMESPACE      where the objects go (default: the namespace of the configuration)
  OWNED_LABELS       JSON object: labels of what is created
  OWNER_REFERENCE    JSON object: owner of the canaries; keys have none
  TERMINATION_LOG    file that is left with one word when it fails for a reason its user can mend

Creates, where missing: Secret <name>-kek (without --kek), Secret <name>-keys-<version>, ConfigMap <name>-canaries. What exists is kept.
`;

export const keygen: Command = {
	help,
	async run(args) {
		const options = parseOptions(args, { import: { type: 'string' }, 'import-kek': { type: 'string' }, kek: { type: 'string' } });
		const { import: key, 'import-kek': importKek } = options;
		if ((key === undefined) !== (importKek === undefined)) throw new UsageError('--import and --import-kek need each other');
		const config = await readConfig(requiredEnv('VAULT_CONFIG', 'it names the configuration file'));
		const labels = jsonEnv('OWNED_LABELS', labelsSchema) ?? {};
		const owner = jsonEnv('OWNER_REFERENCE', ownerSchema);
		const version = config.keys.versions[0] ?? 1;
		const transport = createTransport(await findCluster(), { userAgent: 'runevault-keygen' });
		try {
			const namespace = process.env.POD_NAMESPACE ?? config.namespace;
			const store = clusterKeyStore({ transport, namespace, vault: config.vault, labels, ...(owner === undefined ? {} : { owner }) });
			const { team, dimension } = config;
			const { description, made } = await ensureKeys(
				options.kek === undefined ? store : withKekFile(store, options.kek),
				await loadSeal(),
				{
					...{ team, version, dimension },
					...(key === undefined || importKek === undefined ? {} : { importKey: () => readImport({ key, kek: importKek }, dimension) }),
				},
			);
			createLog().info({ made, version, fingerprint: description.fingerprint }, 'the keys are there');
			return 0;
		} catch (error) {
			if (error instanceof KeygenError) await leaveWord(error.fault);
			throw error instanceof KubeError ? new VaultError('internal', `Kubernetes: ${error.message}`, { cause: error }) : error;
		} finally {
			await transport.close();
		}
	},
};
