/** `status`: one block a vault, or its status as JSON. */
import type { RuneVault } from '../../crds/runevault.ts';
import { keyOf } from '../../kube/resources.ts';
import { renderVault } from './render-status.ts';
import type { Session } from './session.ts';
import { belongsTo, listPods, listVaults, readVault } from './vaults.ts';

export type StatusQuestion = { name: string | undefined; isEverywhere: boolean; isJson: boolean };

/** @throws CommandError when a name is given and there is no such RuneVault. */
export async function showStatus(session: Session, { name, isEverywhere, isJson }: StatusQuestion): Promise<void> {
	const { clock, print } = session;
	const namespace = isEverywhere ? undefined : session.namespace;
	const vaults = name === undefined ? await listVaults(session, namespace) : [await readVault(session, name)];
	if (isJson) return print(JSON.stringify(name === undefined ? vaults.map(statusOf) : (vaults[0]?.status ?? {}), undefined, 2));
	if (vaults.length === 0) return print(`there is no RuneVault in ${isEverywhere ? 'any namespace' : `namespace ${namespace}`}`);
	const pods = await listPods(session, { namespace, name });
	const blocks = vaults
		.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b), 'en'))
		.map(vault =>
			renderVault(
				vault,
				pods?.filter(pod => belongsTo(pod, vault)),
				clock.wall(),
			).join('\n'),
		);
	print(blocks.join('\n\n'));
}

const statusOf = ({ metadata: { namespace, name }, status = {} }: RuneVault) => ({ namespace, name, status });
