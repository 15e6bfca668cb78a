/** `vault keygen`: the operator's Job that makes a team's key inside the cluster, so that no other program ever sees it unsealed. */
import { z } from 'zod';
import { VaultError } from '../../fhe/errors.ts';
import { loadSeal } from '../../fhe/seal.ts';
import { KubeError } from '../../kube/errors.ts';
import { createTransport } from '../../kube/transport.ts';
import { readConfig } from '../config.ts';
import { clusterKeyStore } from '../keys/cluster-store.ts';
import { ensureKeys } from '../keys/generate.ts';
import { createLog } from '../log.ts';
import { findCluster } from './cluster.ts';
import { type Command, parseOptions, requiredEnv } from './command.ts';

const help = `vault keygen: make the team's key, once, and seal it into a Secret

Usage: vault keygen

Reads VAULT_CONFIG (the configuration file), and from the environment:
  POD_NAMESPACE      where the objects go (default: the namespace of the configuration)
  OWNED_LABELS       JSON object: labels of what is created
  OWNER_REFERENCE    JSON object: owner of the canaries; keys have none

Creates, where missing: Secret <name>-kek, Secret <name>-keys-<version>, ConfigMap <name>-canaries. What exists is kept.
`;

const labelsSchema = z.record(z.string(), z.string());
const ownerSchema = z.object({
	apiVersion: z.string(),
	kind: z.string(),
	name: z.string(),
	uid: z.string(),
	controller: z.boolean().default(true),
	blockOwnerDeletion: z.boolean().default(true),
});

export const keygen: Command = {
	help,
	async run(args) {
		parseOptions(args, {});
		const config = await readConfig(requiredEnv('VAULT_CONFIG', 'it names the configuration file'));
		const labels = jsonEnv('OWNED_LABELS', labelsSchema) ?? {};
		const owner = jsonEnv('OWNER_REFERENCE', ownerSchema);
		const version = config.keys.versions[0] ?? 1;
		const transport = createTransport(await findCluster(), { userAgent: 'runevault-keygen' });
		try {
			const namespace = process.env.POD_NAMESPACE ?? config.namespace;
			const store = clusterKeyStore({ transport, namespace, vault: config.vault, labels, ...(owner === undefined ? {} : { owner }) });
			const { description, made } = await ensureKeys(store, await loadSeal(), { team: config.team, version, dimension: config.dimension });
			createLog().info({ made, version, fingerprint: description.fingerprint }, 'the keys are there');
			return 0;
		} catch (error) {
			throw error instanceof KubeError ? new VaultError('internal', `Kubernetes: ${error.message}`, { cause: error }) : error;
		} finally {
			await transport.close();
		}
	},
};

/** An environment variable that holds JSON; undefined when it is not set. */
function jsonEnv<T>(name: string, schema: z.ZodType<T>): T | undefined {
	const text = process.env[name];
	if (text === undefined || text === '') return undefined;
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw new VaultError('invalid_argument', `${name} is not JSON`, { field: name });
	}
	const parsed = schema.safeParse(value);
	if (!parsed.success)
		throw new VaultError('invalid_argument', `${name}: ${parsed.error.issues[0]?.path.join('.')} is not valid`, { field: name });
	return parsed.data;
}
