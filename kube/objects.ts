/**
 * One call an operation, on any kind. `undefined` (or `false`) means that the object is not there; every other refusal is thrown.
 */
import { isNotFound } from './errors.ts';
import { apiVersionOf, type KubeList, type KubeObject, type Resource, resourcePath } from './resources.ts';
import type { Lane, Transport } from './transport.ts';

export type Name = { namespace?: string | undefined; name: string };
export type CallOptions = { lane?: Lane; signal?: AbortSignal; timeoutMs?: number };
/** `metadataOnly`: the server leaves out everything but the metadata, so that a Secret's content never gets here. */
export type ReadOptions = CallOptions & { metadataOnly?: boolean };

const PAGE = 500;
const PARTIAL = 'as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const PARTIAL_LIST = 'as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** What to send as Accept for full objects or their metadata. A watch takes the form of a single object. */
export function acceptFor(metadataOnly: boolean, form: 'object' | 'list' = 'object'): string {
	return metadataOnly ? `application/json;${form === 'list' ? PARTIAL_LIST : PARTIAL}` : 'application/json';
}

/** Items of built-in lists carry no kind, and partial ones carry a foreign one: every object we hand out says what it is. */
export function withType<T extends KubeObject>(object: T, resource: Resource): T {
	const apiVersion = apiVersionOf(resource);
	return object.kind === resource.kind && object.apiVersion === apiVersion ? object : { ...object, apiVersion, kind: resource.kind };
}

export async function get<T extends KubeObject = KubeObject>(
	transport: Transport,
	resource: Resource,
	place: Name,
	{ metadataOnly = false, ...call }: ReadOptions = {},
): Promise<T | undefined> {
	try {
		const path = resourcePath(resource, place);
		return withType(await transport.request<T>({ method: 'GET', path, accept: acceptFor(metadataOnly), ...call }), resource);
	} catch (error) {
		if (isNotFound(error)) return undefined;
		throw error;
	}
}

export type ListOptions = ReadOptions & {
	namespace?: string | undefined;
	labelSelector?: string | undefined;
	fieldSelector?: string | undefined;
};

/** Everything that matches, read in pages of 500. @throws KubeError 410 when a page token grew too old: list again. */
export async function list<T extends KubeObject = KubeObject>(
	transport: Transport,
	resource: Resource,
	{ namespace, labelSelector, fieldSelector, metadataOnly = false, ...call }: ListOptions = {},
): Promise<{ items: T[]; resourceVersion: string | undefined }> {
	const items: T[] = [];
	let next: string | undefined;
	for (;;) {
		const query = { limit: String(PAGE), ...selectors({ labelSelector, fieldSelector }), ...(next ? { continue: next } : {}) };
		const accept = acceptFor(metadataOnly, 'list');
		const page = await transport.request<KubeList<T>>({
			method: 'GET',
			path: resourcePath(resource, { namespace }),
			query,
			accept,
			...call,
		});
		items.push(...(page.items ?? []).map(item => withType(item, resource)));
		next = page.metadata.continue;
		if (!next) return { items, resourceVersion: page.metadata.resourceVersion };
	}
}

export function selectors(by: { labelSelector?: string | undefined; fieldSelector?: string | undefined }): Record<string, string> {
	return {
		...(by.labelSelector === undefined ? {} : { labelSelector: by.labelSelector }),
		...(by.fieldSelector === undefined ? {} : { fieldSelector: by.fieldSelector }),
	};
}

export type WriteOptions = CallOptions & { fieldManager?: string };

function writeQuery(fieldManager: string | undefined): Record<string, string> {
	return fieldManager === undefined ? {} : { fieldManager };
}

/** @throws KubeError `AlreadyExists`. */
export function create<T extends KubeObject>(
	transport: Transport,
	resource: Resource,
	object: T,
	{ fieldManager, ...call }: WriteOptions = {},
): Promise<T> {
	const path = resourcePath(resource, { namespace: object.metadata.namespace });
	return transport.request<T>({ method: 'POST', path, body: object, query: writeQuery(fieldManager), ...call });
}

/** Replaces the whole object. With a resourceVersion in its metadata, only if nobody wrote since. @throws KubeError `Conflict`. */
export function update<T extends KubeObject>(
	transport: Transport,
	resource: Resource,
	object: T,
	{ fieldManager, subresource, ...call }: WriteOptions & { subresource?: string } = {},
): Promise<T> {
	const { namespace, name } = object.metadata;
	const path = resourcePath(resource, { namespace, name, subresource });
	return transport.request<T>({ method: 'PUT', path, body: object, query: writeQuery(fieldManager), ...call });
}

export type RemoveOptions = CallOptions & {
	/** Delete this very object and no successor of the same name. */
	uid?: string | undefined;
	resourceVersion?: string | undefined;
	propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
	gracePeriodSeconds?: number;
};

/** True when there was something to delete. */
export async function remove(
	transport: Transport,
	resource: Resource,
	place: Name,
	{ uid, resourceVersion, propagationPolicy = 'Background', gracePeriodSeconds, ...call }: RemoveOptions = {},
): Promise<boolean> {
	const preconditions = { ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
	const body = {
		apiVersion: 'v1',
		kind: 'DeleteOptions',
		propagationPolicy,
		...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
		...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
	};
	try {
		await transport.request({ method: 'DELETE', path: resourcePath(resource, place), body, ...call });
		return true;
	} catch (error) {
		if (isNotFound(error)) return false;
		throw error;
	}
}

/** JSON merge patch (RFC 7386): null deletes a field, an array replaces. @throws KubeError `NotFound`. */
export function patchMerge<T extends KubeObject = KubeObject>(
	transport: Transport,
	resource: Resource,
	place: Name,
	patch: Readonly<Record<string, unknown>>,
	{ fieldManager, subresource, metadataOnly = false, ...call }: WriteOptions & { subresource?: string; metadataOnly?: boolean } = {},
): Promise<T> {
	return transport.request<T>({
		method: 'PATCH',
		accept: acceptFor(metadataOnly),
		path: resourcePath(resource, { ...place, subresource }),
		body: patch,
		contentType: 'application/merge-patch+json',
		query: writeQuery(fieldManager),
		...call,
	});
}
