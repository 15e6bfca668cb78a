/**
 * Everything a RuneVault owns, as a list one can read. What is absent from it is pruned.
 *
 * Not in it: the token Secrets, whose text only `reconcile/tokens.ts` sees; those with certificates, which `tls/keeper.ts` keeps; and what the keygen Job makes (key, KEK, canaries), which the
 * operator neither writes nor removes.
 */
import type { KubeObject } from '../../kube/resources.ts';
import { buildCertificate } from './certificate.ts';
import { buildConfigMap } from './config-map.ts';
import { buildAuthorityMap, buildBackendTlsPolicy, buildHttpRoute } from './http-route.ts';
import { buildIngress } from './ingress.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { buildKeygenJob } from './keygen-job.ts';
import { buildLease } from './lease.ts';
import { buildLedger } from './ledger.ts';
import { buildNetworkPolicy } from './network-policy.ts';
import { buildPodDisruptionBudget } from './pod-disruption-budget.ts';
import { buildKeygenAccess, buildVaultAccess } from './rbac.ts';
import { buildServiceMonitor } from './service-monitor.ts';
import { buildEndpointSlice, buildPodService, buildService } from './services.ts';
import { buildStatefulSet } from './stateful-set.ts';
import { buildBodyLimit, buildServersTransport } from './traefik.ts';
import { buildVerifiers } from './verifiers.ts';

/** In the order they are applied: what pods need comes before the pods, and what an annotation or a route leads to before that. */
export function desired(vault: CheckedVault, inputs: Inputs): KubeObject[] {
	return [
		buildConfigMap(vault, inputs),
		buildLedger(vault, inputs),
		buildVerifiers(vault, inputs),
		...buildVaultAccess(vault, inputs),
		...buildKeygenAccess(vault, inputs),
		buildKeygenJob(vault, inputs),
		buildLease(vault, inputs),
		buildServersTransport(vault, inputs),
		buildBodyLimit(vault, inputs),
		buildAuthorityMap(vault, inputs),
		buildBackendTlsPolicy(vault, inputs),
		buildService(vault, inputs),
		buildPodService(vault, inputs),
		buildEndpointSlice(vault, inputs),
		buildNetworkPolicy(vault, inputs),
		buildCertificate(vault, inputs),
		buildPodDisruptionBudget(vault, inputs),
		buildStatefulSet(vault, inputs),
		buildIngress(vault, inputs),
		buildHttpRoute(vault, inputs),
		buildServiceMonitor(vault, inputs),
	].filter(object => object !== undefined);
}
