/** `status`: one block a vault, or its status as JSON. */
import type { RuneVault } from '../../crds/runevault.ts';
import { keyOf } from '../../kube/resources.ts';
import { renderVault } from './render-status.ts';
import type { Session } from './session.ts';
import { belongsTo, listPods, listVaults, type Pod, readVault } from './vaults.ts';

export type StatusQuestion = { name: string | undefined; isEverywhere: boolean; isJson: boolean };

/** @throws CommandError when a name is given and there is no such RuneVault. */
export async function showStatus(session: Session, { name, isEverywhere, isJson }: StatusQuestion): Promise<void> {
	const { clock, print } = session;
	const namespace = isEverywhere ? undefined : session.namespace;
	const vaults = name === undefined ? await listVaults(session, namespace) : [await readVault(session, name)];
	if (isJson) return print(JSON.stringify(name === undefined ? vaults.map(statusOf) : (vaults[0]?.status ?? {}), undefined, 2));
	if (vaults.length === 0) return print(noVault(namespace));
	print(renderVaults(vaults, await listPods(session, { namespace, name }), clock.wall()));
}

export const noVault = (namespace: string | undefined): string =>
	`there is no RuneVault in ${namespace === undefined ? 'any namespace' : `namespace ${namespace}`}`;

/** Blocks in the order of namespace and name. @param pods of any of them; undefined when they may not be listed. */
export function renderVaults(vaults: readonly RuneVault[], pods: readonly Pod[] | undefined, now: Date): string {
	const ordered = vaults.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b), 'en'));
	const ownPods = (vault: RuneVault) => pods?.filter(pod => belongsTo(pod, vault));
	return ordered.map(vault => renderVault(vault, ownPods(vault), now).join('\n')).join('\n\n');
}

const statusOf = ({ metadata: { namespace, name }, status = {} }: RuneVault) => ({ namespace, name, status });
