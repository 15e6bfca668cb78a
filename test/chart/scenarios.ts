/** The shapes of the operator's chart that somebody installs, by name, with what Helm is told. */
import { join } from 'node:path';
import { checkout } from '../cluster/paths.ts';
import { set } from './render.ts';

export const DIGEST = `sha256:${'ab'.repeat(32)}`;
export const CLOUDS = ['oci', 'aws', 'gcp', 'on-premise'] as const;
export const cloudFile = (cloud: string, file: string): string => join(checkout, 'examples', 'clouds', cloud, file);
export const policies = set(...['ownedObjects', 'keySecrets', 'podAccess'].map(name => `admissionPolicies.${name}.enabled=true`));

const clouds = Object.fromEntries(CLOUDS.map(cloud => [cloud, ['--values', cloudFile(cloud, 'values.yaml')]]));

export const SCENARIOS: Record<string, readonly string[]> = {
	default: [],
	namespaced: set('watchNamespaces={one,two}'),
	'namespaced with cluster reads': set('watchNamespaces={one}', 'clusterReads=true'),
	digest: set(`image.digest=${DIGEST}`),
	single: set('replicas=1'),
	'highly available': set('replicas=3', 'priorityClassName=system-cluster-critical', 'podDisruptionBudget.maxUnavailable=50%'),
	closed: set('networkPolicy.egress.enabled=true'),
	open: set('networkPolicy.enabled=false', 'podDisruptionBudget.enabled=false', 'aggregateRoles=false'),
	'own account': set('serviceAccount.create=false', 'serviceAccount.name=mine', 'fullnameOverride=keeper'),
	policies,
	monitored: set(...['operator', 'shared', 'rules', 'dashboard'].map(part => `monitoring.${part}.enabled=true`)),
	...clouds,
};
