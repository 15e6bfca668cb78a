/** `__complete`, which shells and kubectl call: one candidate a line, and on the last line `:4`, or `:0` when files may stand there too. */
import { type RuneVault, resource } from '../../../crds/runevault.ts';
import type { ClusterConfig } from '../../../kube/config.ts';
import { get, list } from '../../../kube/objects.ts';
import { type KubeObject, type Resource, resources } from '../../../kube/resources.ts';
import { createTransport, type Transport } from '../../../kube/transport.ts';
import { TERMS } from '../explain.ts';
import { vaultPods } from '../vaults.ts';
import { type Candidate, type Wanted, wantedAt } from './words.ts';

/** A person waits with a key pressed. */
const TIMEOUT_MS = 3000;

/** Never fails: without a cluster, or without the right to list, there is nothing to offer. */
export async function complete(words: readonly string[], findCluster: () => Promise<ClusterConfig>): Promise<string[]> {
	const wanted = wantedAt(words);
	const current = words.at(-1) ?? '';
	const all = [...wanted.candidates, ...(await namesFor(wanted, findCluster))];
	const fitting = all.filter(([word]) => word.startsWith(current));
	return [...fitting.map(([word, help]) => (help === undefined ? word : `${word}\t${help}`)), wanted.kind === 'FILE' ? ':0' : ':4'];
}

async function namesFor(wanted: Wanted, findCluster: () => Promise<ClusterConfig>): Promise<Candidate[]> {
	if (wanted.kind === undefined || wanted.kind === 'FILE') return [];
	if (wanted.kind === 'TERM') return TERMS.map(term => [term]);
	try {
		const config = await findCluster();
		const transport = createTransport(config, { userAgent: 'kubectl-runevault' });
		try {
			return (await lookUp(transport, wanted, wanted.namespace ?? config.namespace)).map(name => [name]);
		} finally {
			await transport.close();
		}
	} catch {
		return [];
	}
}

async function lookUp(transport: Transport, { kind, vault }: Wanted, namespace: string): Promise<string[]> {
	const call = { timeoutMs: TIMEOUT_MS };
	const names = async (of: Resource, where: { namespace?: string; labelSelector?: string }) =>
		(await list<KubeObject>(transport, of, { ...where, ...call, metadataOnly: true })).items.map(({ metadata }) => metadata.name);
	if (kind === 'NAMESPACE') return names(resources.namespaces, {});
	if (kind === 'NAME') return names(resource, { namespace });
	if (vault === undefined) return [];
	if (kind === 'POD') return names(resources.pods, { namespace, labelSelector: vaultPods(vault) });
	const found = await get<RuneVault>(transport, resource, { namespace, name: vault }, call);
	return (found?.status?.tokens ?? []).map(({ name }) => name);
}
