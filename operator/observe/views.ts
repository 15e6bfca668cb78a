/**
 * What is kept of each watched object, and typed views on it.
 *
 * A projection keeps metadata and the few fields a reconcile reads, so that the caches of a large cluster stay small and hold no secret
 * bytes. Instead of `managedFields` it keeps a digest of the fields that are ours: when anyone takes one of them over or removes it, the
 * digest changes, and that is how an edit is told from a harmless change of status.
 */
import { type BackupOutcome, backupOutcomeOf } from '../../crds/backup-outcomes.ts';
import { type KeygenFault, keygenFaultOf } from '../../crds/keygen-faults.ts';
import { isLedgerField, type LedgerData } from '../../crds/ledger.ts';
import type { KubeObject } from '../../kube/resources.ts';
import { canonicalJson, digestOf } from '../desired/digest.ts';
import { ANNOTATIONS, FIELD_MANAGER, LABELS } from '../desired/names.ts';

type ManagedFields = { manager?: string; operation?: string; subresource?: string; fieldsV1?: unknown };

/** Digest of the fields the operator's apply owns in an object as the API server gave it; undefined when it owns none. */
export function ownFieldsDigest(object: KubeObject): string | undefined {
	const entries = (object.metadata.managedFields ?? []) as ManagedFields[];
	const own = entries.find(entry => entry.manager === FIELD_MANAGER && entry.operation === 'Apply' && entry.subresource === undefined);
	return own === undefined ? undefined : digestOf(canonicalJson(own.fieldsV1));
}

const KEPT_METADATA = [
	'name',
	'namespace',
	'uid',
	'resourceVersion',
	'generation',
	'creationTimestamp',
	'deletionTimestamp',
	'labels',
	'annotations',
	'ownerReferences',
] as const;

/** A projection that keeps metadata, the digest of our fields, and what `extra` picks. */
export function projection(extra: (object: KubeObject) => Record<string, unknown> = () => ({})): (object: KubeObject) => KubeObject {
	return object => {
		const metadata = Object.fromEntries(
			KEPT_METADATA.flatMap(key => (object.metadata[key] === undefined ? [] : [[key, object.metadata[key]]])),
		);
		return {
			apiVersion: object.apiVersion,
			kind: object.kind,
			metadata: metadata as KubeObject['metadata'],
			ownFields: ownFieldsDigest(object),
			...extra(object),
		};
	};
}

/** A field of an object, as an object; empty when it is not one. */
const part = (object: object | undefined, field: string): Record<string, unknown> => {
	const value = object === undefined ? undefined : (object as Record<string, unknown>)[field];
	return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
};
const items = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
const isConditionTrue = (status: Record<string, unknown>, type: string) =>
	items(status.conditions).some(condition => condition.type === type && condition.status === 'True');

export type PodView = {
	name: string;
	uid: string;
	ip: string | undefined;
	/** Undefined until it is scheduled. */
	node: string | undefined;
	createdAt: string | undefined;
	isReady: boolean;
	/** The kubelet has said that its container does not run, or is not ready. A node that fell silent says nothing. */
	hasStopped: boolean;
	isDeleting: boolean;
	/** Hash of the template the pod was made from. */
	revision: string | undefined;
	/** Whether its internal port speaks TLS. */
	hasTls: boolean;
	/** Digest of the verifiers and certificates its kubelet was last told of. */
	verifiers: string | undefined;
	/** The role it is labelled with. */
	role: string | undefined;
};

export const keepOfPod = (pod: KubeObject) => {
	const { podIP, phase, conditions, containerStatuses } = part(pod, 'status');
	const { nodeName } = part(pod, 'spec');
	return {
		spec: { nodeName },
		status: {
			podIP,
			phase,
			conditions: items(conditions).filter(condition => condition.type === 'Ready'),
			containerStatuses: items(containerStatuses).map(status => ({ ready: status.ready, ...faultIn(status), ...outcomeIn(status) })),
		},
	};
};

/** Of what a container said when it ended, only a word we know is kept. */
function faultIn(status: Record<string, unknown>): { fault?: KeygenFault } {
	const fault = keygenFaultOf(part(part(status, 'state'), 'terminated').message);
	return fault === undefined ? {} : { fault };
}

/** Of a Job of backup, drill or restore likewise a word we know, or numbers and digests. */
function outcomeIn(status: Record<string, unknown>): { outcome?: BackupOutcome } {
	const outcome = backupOutcomeOf(part(part(status, 'state'), 'terminated').message);
	return outcome === undefined ? {} : { outcome };
}

/** A Job of an operation, and the last thing one of its pods said. */
export type JobEnd = { name: string; uid: string; state: 'running' | 'complete' | 'failed'; outcome: BackupOutcome | undefined };

/** @param pods of the vault */
export function jobEnd(job: KubeObject, pods: readonly KubeObject[]): JobEnd {
	const { uid = '', name } = job.metadata;
	const state = isConditionTrue(part(job, 'status'), 'Complete')
		? 'complete'
		: isConditionTrue(part(job, 'status'), 'Failed')
			? 'failed'
			: 'running';
	const said = pods
		.filter(({ metadata }) => metadata.ownerReferences?.some(owner => owner.uid === uid))
		.sort((a, b) => Date.parse(a.metadata.creationTimestamp ?? '') - Date.parse(b.metadata.creationTimestamp ?? ''))
		.flatMap(pod => items(part(pod, 'status').containerStatuses))
		.map(({ outcome }) => outcome as BackupOutcome | undefined)
		.filter(outcome => outcome !== undefined);
	// A pod that a Job ran again may have said another thing than the one that did the work.
	const outcome = state === 'complete' ? said.findLast(each => 'done' in each) : said.at(-1);
	return { name, uid, state, outcome };
}

/** Why the newest of these pods that said so failed, of the pods of one Job; undefined when none said anything. */
export function keygenFault(pods: readonly KubeObject[], job: string): KeygenFault | undefined {
	return pods
		.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === job))
		.sort((a, b) => Date.parse(a.metadata.creationTimestamp ?? '') - Date.parse(b.metadata.creationTimestamp ?? ''))
		.flatMap(pod => items(part(pod, 'status').containerStatuses))
		.map(status => keygenFaultOf(status.fault))
		.findLast(fault => fault !== undefined);
}

export function podView(pod: KubeObject): PodView {
	const { metadata } = pod;
	const status = part(pod, 'status');
	const isDeleting = metadata.deletionTimestamp !== undefined;
	return {
		name: metadata.name ?? '',
		uid: metadata.uid ?? '',
		ip: text(status.podIP),
		node: text(part(pod, 'spec').nodeName),
		createdAt: text(metadata.creationTimestamp),
		isReady: isConditionTrue(status, 'Ready') && !isDeleting,
		hasStopped:
			['Failed', 'Succeeded'].includes(text(status.phase) ?? '') || items(status.containerStatuses).some(({ ready }) => ready === false),
		isDeleting,
		revision: metadata.labels?.['controller-revision-hash'],
		hasTls: metadata.annotations?.[ANNOTATIONS.internal] === 'TLS',
		verifiers: metadata.annotations?.[ANNOTATIONS.verifiers],
		role: metadata.labels?.[LABELS.role],
	};
}

export type WorkloadView = { isSettled: boolean; updateRevision: string | undefined; image: string | undefined };

export const keepOfStatefulSet = (set: KubeObject) => {
	const { observedGeneration, updateRevision } = part(set, 'status');
	const [container] = items(part(part(part(set, 'spec'), 'template'), 'spec').containers);
	return { status: { observedGeneration, updateRevision }, image: container?.image };
};

export function workloadView(set: KubeObject): WorkloadView {
	const status = part(set, 'status');
	return {
		isSettled: count(status.observedGeneration) >= count(set.metadata.generation),
		updateRevision: text(status.updateRevision),
		image: text(set.image),
	};
}

export type JobView = { uid: string; isFailed: boolean; failedAt: string | undefined };

export const keepOfJob = (job: KubeObject) => ({ status: { conditions: part(job, 'status').conditions } });

export function jobView(job: KubeObject): JobView {
	const failed = items(part(job, 'status').conditions).find(condition => condition.type === 'Failed' && condition.status === 'True');
	return { uid: job.metadata.uid ?? '', isFailed: failed !== undefined, failedAt: text(failed?.lastTransitionTime) };
}

export type LeaseView = {
	/** Name of a pod, '' when nobody holds it. */
	holder: string;
	epoch: number;
	/** When the holder took it or was appointed, by the clock of whoever wrote that. */
	acquiredAt: string | undefined;
};

export const keepOfLease = (lease: KubeObject) => {
	const { holderIdentity, leaseTransitions, acquireTime } = part(lease, 'spec');
	return { spec: { holderIdentity, leaseTransitions, acquireTime } };
};

/** The holder is a pod; what follows `_` in an identity only tells two lives of it apart. */
export function leaseView(lease: KubeObject): LeaseView {
	const { holderIdentity, leaseTransitions, acquireTime } = part(lease, 'spec');
	return { holder: text(holderIdentity)?.split('_', 1)[0] ?? '', epoch: count(leaseTransitions), acquiredAt: text(acquireTime) };
}

export const keepOfEndpointSlice = (slice: KubeObject) => ({ endpoints: slice.endpoints });

/** The addresses clients are sent to. */
export const routedAddresses = (slice: KubeObject): string[] =>
	items(slice.endpoints)
		.filter(endpoint => part(endpoint, 'conditions').ready !== false)
		.flatMap(endpoint => (Array.isArray(endpoint.addresses) ? endpoint.addresses : []));

/** Of ConfigMaps only the answers of the canaries matter. */
export const keepOfConfigMap = (map: KubeObject) => {
	const data = part(map, 'data');
	const ledger = Object.fromEntries(Object.entries(data).filter(([field]) => isLedgerField(field)));
	return { answers: data['answers.json'], ...(Object.keys(ledger).length === 0 ? {} : { ledger }) };
};

/** The account of released bits; empty when there is none. */
export const ledgerOf = (map: KubeObject): LedgerData =>
	Object.fromEntries(Object.entries(part(map, 'ledger')).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));

const ANSWER = /^[0-9a-f]{64}$/;

/** The answers of the canaries by index; empty when they are not readable. */
export function answersOf(map: KubeObject): ReadonlyMap<number, string> {
	const raw = text(map.answers);
	if (raw === undefined) return new Map();
	try {
		const entries = Object.entries(Object(JSON.parse(raw)));
		return new Map(
			entries.flatMap(([index, answer]) => (typeof answer === 'string' && ANSWER.test(answer) ? [[Number(index), answer]] : [])),
		);
	} catch (error) {
		if (error instanceof SyntaxError) return new Map();
		throw error;
	}
}
