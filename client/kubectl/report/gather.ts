/** Everything a report is made of, read with the rights of whoever asks; what may not be read is noted and left out. */
import { type RuneVault, resource } from '../../../crds/runevault.ts';
import { KubeError } from '../../../kube/errors.ts';
import { list, selectors } from '../../../kube/objects.ts';
import { type KubeObject, type Resource, resourcePath, resources } from '../../../kube/resources.ts';
import { isForeign } from '../audit-chain.ts';
import { listEvents } from '../events.ts';
import type { Session } from '../session.ts';
import { oneLine } from '../text.ts';
import { type Pod, readVault } from '../vaults.ts';
import { pickObject, pickSecrets, type SecretTable } from './pick.ts';
import { redactText } from './redact.ts';

const claims: Resource = { group: '', version: 'v1', plural: 'persistentvolumeclaims', kind: 'PersistentVolumeClaim', namespaced: true };

/** The kinds that carry the label of a vault, but for Secrets and pods. */
const OWNED: readonly Resource[] = [
	resources.statefulSets,
	resources.jobs,
	resources.configMaps,
	resources.services,
	resources.endpointSlices,
	resources.leases,
	resources.networkPolicies,
	resources.podDisruptionBudgets,
	resources.ingresses,
	resources.serviceAccounts,
	resources.roles,
	resources.roleBindings,
	claims,
];

const TABLE = 'application/json;as=Table;g=meta.k8s.io;v=v1';
const TAIL_LINES = '200';
const LIMIT_BYTES = '262144';

export type Gathered = {
	apiServer: unknown;
	runevault: unknown;
	objects: unknown[];
	secrets: unknown[];
	pods: unknown[];
	events: unknown[];
	logs: Record<string, string>;
	/** What could not be read, and why. */
	notRead: string[];
};

/** @throws CommandError when there is no such RuneVault. */
export async function gatherReport(session: Session, name: string): Promise<Gathered> {
	const vault = await readVault(session, name);
	const { transport, namespace } = session;
	const notRead: string[] = [];
	const attempt = async <T>(what: string, read: () => Promise<T>, otherwise: T): Promise<T> => {
		try {
			return await read();
		} catch (error) {
			if (!(error instanceof KubeError)) throw error;
			notRead.push(oneLine(`${what}: ${error.message}`));
			return otherwise;
		}
	};
	const labelSelector = `runevault.io/vault=${name}`;
	const listed = await Promise.all(
		OWNED.map(kind => attempt(kind.plural, async () => (await list(transport, kind, { namespace, labelSelector })).items, [])),
	);
	const pods = await attempt('pods', async () => (await list<Pod>(transport, resources.pods, { namespace, labelSelector })).items, []);
	const logs: Record<string, string> = {};
	for (const pod of pods) Object.assign(logs, await readLogs(session, pod, attempt));
	return {
		apiServer: await attempt('version', () => transport.request({ method: 'GET', path: '/version' }), undefined),
		runevault: pickObject(asObject(vault)),
		objects: listed.flat().map(pickObject),
		secrets: await attempt('secrets', () => listSecrets(session, labelSelector), []),
		pods: pods.map(pickObject),
		events: (await attempt('events', () => listEvents(session, name), [])).map(pickObject),
		logs,
		notRead,
	};
}

const asObject = (vault: RuneVault): KubeObject => ({ ...vault, kind: resource.kind }) as KubeObject;

async function listSecrets({ transport, namespace }: Session, labelSelector: string): Promise<unknown[]> {
	const query = { ...selectors({ labelSelector }), includeObject: 'Metadata' };
	const path = resourcePath(resources.secrets, { namespace });
	return pickSecrets(await transport.request<SecretTable>({ method: 'GET', path, query, accept: TABLE }));
}

type Attempt = <T>(what: string, read: () => Promise<T>, otherwise: T) => Promise<T>;
type ContainerStatus = { name: string; restartCount?: number };

/** The last lines of each container, and of its life before when it was started anew. */
async function readLogs({ transport, namespace }: Session, pod: Pod, attempt: Attempt): Promise<Record<string, string>> {
	const statuses: ContainerStatus[] = Object(pod.status).containerStatuses ?? [];
	const { name } = pod.metadata;
	const path = resourcePath(resources.pods, { namespace, name, subresource: 'log' });
	const wanted = statuses.flatMap(({ name: container, restartCount = 0 }) => [
		{ title: `${name}/${container}`, query: { container } },
		...(restartCount > 0 ? [{ title: `${name}/${container} before its last restart`, query: { container, previous: 'true' } }] : []),
	]);
	const read = wanted.map(async ({ title, query }) => {
		const all = { ...query, tailLines: TAIL_LINES, limitBytes: LIMIT_BYTES };
		const text = await attempt(
			`log of ${title}`,
			() => transport.request<unknown>({ method: 'GET', path, query: all, accept: '*/*' }),
			undefined,
		);
		return text === undefined ? [] : [[title, withoutAudit(typeof text === 'string' ? text : JSON.stringify(text))] as const];
	});
	return Object.fromEntries((await Promise.all(read)).flat());
}

/** Who did what is for auditors and not for support. Redacted as a whole first: what spans lines would escape from them. */
function withoutAudit(log: string): string {
	const lines = redactText(log).split('\n');
	const kept = lines.filter(line => isForeign(Buffer.from(line)));
	const left = lines.length - kept.length;
	return [...kept, ...(left === 0 ? [] : [`(${left} audit records are left out)`])].join('\n').trim();
}
