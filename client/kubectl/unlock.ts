/** `unlock`: a token that was locked because guard rows were damaged may call again, and its rejections count from nothing. */
import { type LedgerData, rejectedTokens, tokenField } from '../../crds/ledger.ts';
import { isNotFound } from '../../kube/errors.ts';
import { get, patchMerge } from '../../kube/objects.ts';
import { type KubeObject, resources } from '../../kube/resources.ts';
import { CommandError } from './refusals.ts';
import { FIELD_MANAGER, type Session } from './session.ts';
import { readVault } from './vaults.ts';

type Ledger = KubeObject & { data?: LedgerData };

/** @throws CommandError when there is no such RuneVault, or no account of it yet. */
export async function unlock(session: Session, name: string, token: string): Promise<void> {
	const { transport, namespace, print } = session;
	await readVault(session, name);
	const place = { namespace, name: `${name}-ledger` };
	const missing = () => new CommandError(`there is no ConfigMap ${place.name} in namespace ${namespace}; the operator makes it`);
	const ledger = await get<Ledger>(transport, resources.configMaps, place);
	if (ledger === undefined) throw missing();
	const rejected = rejectedTokens(ledger.data ?? {}).filter(each => each.name === token);
	if (rejected.length === 0) {
		print(`token ${token} of ${name}: no guard rows were damaged, it is not locked`);
		return;
	}
	const data = Object.fromEntries(rejected.map(({ id }) => [tokenField(id), null]));
	try {
		await patchMerge(transport, resources.configMaps, place, { data }, { fieldManager: FIELD_MANAGER });
	} catch (error) {
		throw isNotFound(error) ? missing() : error;
	}
	const count = rejected.reduce((sum, { rejections }) => sum + rejections, 0);
	print(`token ${token} of ${name}: unlocked on every pod within seconds; guard rows were damaged ${count} times`);
}
