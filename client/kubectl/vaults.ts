/** RuneVaults and their pods as the API server gives them. */
import { type RuneVault, resource } from '../../crds/runevault.ts';
import { isForbidden } from '../../kube/errors.ts';
import { get, list } from '../../kube/objects.ts';
import { type KubeObject, resources } from '../../kube/resources.ts';
import { CommandError } from './refusals.ts';
import type { Session } from './session.ts';

/** The labels under which the operator makes Vault pods: part of the API, as people select by them. */
const VAULT_LABEL = 'runevault.io/vault';
const VAULT_PODS = 'app.kubernetes.io/component=vault';

export type Pod = KubeObject & { status?: { phase?: string; conditions?: { type: string; status: string }[] } };

/** For sorting: acme-2 before acme-10. */
export const byOrdinal = (a: Pod, b: Pod): number => a.metadata.name.localeCompare(b.metadata.name, 'en', { numeric: true });

export const isReady = ({ status }: Pod): boolean =>
	status?.conditions?.some(condition => condition.type === 'Ready' && condition.status === 'True') ?? false;

export const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

/** `yes`, or why not. */
export function readinessOf(pod: Pod): string {
	if (isLeaving(pod)) return 'leaving';
	return isReady(pod) ? 'yes' : `no (${pod.status?.phase ?? 'Unknown'})`;
}

/** The error for a RuneVault that is not there. */
export function noSuchVault({ namespace }: Session, name: string): CommandError {
	return new CommandError(`there is no RuneVault ${name} in namespace ${namespace}`);
}

/** @throws CommandError when it is not there. */
export async function readVault(session: Session, name: string): Promise<RuneVault> {
	const vault = await get<RuneVault>(session.transport, resource, { namespace: session.namespace, name });
	if (vault === undefined) throw noSuchVault(session, name);
	return vault;
}

/** @param namespace of all namespaces when undefined. */
export async function listVaults({ transport }: Session, namespace: string | undefined): Promise<RuneVault[]> {
	return (await list<RuneVault>(transport, resource, { namespace })).items;
}

/** Selects the Vault pods of one vault, or of all. */
export const vaultPods = (name: string | undefined): string =>
	`${name === undefined ? VAULT_LABEL : `${VAULT_LABEL}=${name}`},${VAULT_PODS}`;

/** The Vault pods, of one vault or of all; undefined when the user may not list pods. */
export async function listPods(
	{ transport }: Session,
	{ namespace, name }: { namespace: string | undefined; name: string | undefined },
): Promise<Pod[] | undefined> {
	try {
		return (await list<Pod>(transport, resources.pods, { namespace, labelSelector: vaultPods(name) })).items;
	} catch (error) {
		if (isForbidden(error)) return undefined;
		throw error;
	}
}

export function belongsTo(pod: Pod, { metadata }: RuneVault): boolean {
	return pod.metadata.namespace === metadata.namespace && pod.metadata.labels?.[VAULT_LABEL] === metadata.name;
}
