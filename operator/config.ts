/**
 * The operator's options: environment variables, read once at start into a frozen object. A bad one stops the process with its name.
 */
import { z } from 'zod';

/** Of the leader election, in the operator's own namespace. */
export const LEADER_LEASE = 'runevault-operator';

const name = z.string().min(1).max(253);

const configSchema = z.object({
	OPERATOR_IMAGE: z.string().min(1).max(512).describe('image of the Vault pods when their spec names none'),
	POD_NAME: name.describe('identity in the leader election'),
	POD_NAMESPACE: name.describe('where the Lease of the leader election is'),
	WATCH_NAMESPACES: z
		.string()
		.default('')
		.transform(text =>
			text
				.split(',')
				.map(each => each.trim())
				.filter(each => each !== ''),
		)
		.pipe(z.array(z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be names of namespaces, separated by commas')))
		.describe('all namespaces when empty'),
	CLUSTER_DOMAIN: name.default('cluster.local'),
	LEADER_ELECTION: z.enum(['Enabled', 'Disabled']).default('Enabled'),
	LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
	METRICS_PORT: z.coerce.number().pipe(z.int().min(0).max(65_535)).default(8080),
	WORKERS: z.coerce.number().pipe(z.int().min(1).max(64)).default(4),
});

export type OperatorConfig = {
	image: string;
	identity: string;
	namespace: string;
	/** Empty: all. */
	watchNamespaces: readonly string[];
	clusterDomain: string;
	hasLeaderElection: boolean;
	logLevel: 'debug' | 'info' | 'warn' | 'error';
	metricsPort: number;
	workers: number;
};

/** @throws Error with one line that names every bad option, and no value. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): OperatorConfig {
	const parsed = configSchema.safeParse(env);
	if (!parsed.success) {
		throw new Error(`bad option: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`);
	}
	const options = parsed.data;
	return Object.freeze({
		image: options.OPERATOR_IMAGE,
		identity: options.POD_NAME,
		namespace: options.POD_NAMESPACE,
		watchNamespaces: Object.freeze(options.WATCH_NAMESPACES),
		clusterDomain: options.CLUSTER_DOMAIN,
		hasLeaderElection: options.LEADER_ELECTION === 'Enabled',
		logLevel: options.LOG_LEVEL,
		metricsPort: options.METRICS_PORT,
		workers: options.WORKERS,
	});
}
