/** What the operator owns, and how long each takes to come back when somebody deletes it. */
import type { VaultName } from './installation.ts';
import { getObject, type Kubectl } from './kubectl.ts';
import { until } from './run.ts';

/**
 * Every kind of owned object that may be deleted without loss, with its name for a RuneVault `name`. The key Secret and its key are
 * not here: they are never made twice. Nor is the authority of the certificates: another one is another one to trust.
 */
export const ownedObjects = (name: string): readonly { kind: string; name: string }[] => [
	{ kind: 'service', name },
	{ kind: 'service', name: `${name}-pods` },
	{ kind: 'endpointslice', name: `${name}-primary` },
	{ kind: 'lease', name: `${name}-primary` },
	{ kind: 'configmap', name: `${name}-config` },
	{ kind: 'configmap', name: `${name}-ledger` },
	{ kind: 'serviceaccount', name },
	{ kind: 'role', name },
	{ kind: 'rolebinding', name },
	{ kind: 'networkpolicy', name },
	{ kind: 'poddisruptionbudget', name },
	{ kind: 'secret', name: `${name}-verifiers` },
	{ kind: 'secret', name: `${name}-tls` },
	{ kind: 'secret', name: `${name}-token-admin` },
	{ kind: 'statefulset', name },
];

/** Deletes an object and waits for its successor. @returns the milliseconds from the deletion to the new object. */
export async function deleteAndTime(kubectl: Kubectl, vault: VaultName, object: { kind: string; name: string }): Promise<number> {
	const before = await getObject(kubectl, object.kind, object.name, vault.namespace);
	if (before === undefined) throw new Error(`${object.kind} ${object.name} is not there to be deleted`);
	const started = performance.now();
	await kubectl(['delete', object.kind, object.name, '-n', vault.namespace, '--wait=false']);
	return until(
		`${object.kind} ${object.name} back`,
		async () => {
			const after = await getObject(kubectl, object.kind, object.name, vault.namespace);
			return after !== undefined && after.metadata.uid !== before.metadata.uid && performance.now() - started;
		},
		30_000,
		50,
	);
}
