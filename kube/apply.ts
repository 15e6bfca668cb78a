/**
 * Server-side apply: the object says exactly the fields its field manager wants; the server merges, and remembers who owns what. A field left
 * out that was applied before is removed. JSON is YAML, so raw JSON goes out and unknown fields survive.
 */
import { type KubeObject, type Resource, resourcePath } from './resources.ts';
import type { Lane, Transport } from './transport.ts';

export type ApplyOptions = {
	fieldManager: string;
	/** Take over fields that another manager owns, instead of failing with a conflict. */
	force?: boolean;
	subresource?: 'status';
	/** Apply only to this version of the object. @throws KubeError `Conflict` when it has changed, or is not there. */
	resourceVersion?: string | undefined;
	lane?: Lane;
	signal?: AbortSignal;
	timeoutMs?: number;
};

/** Returns the whole object as it is now. @throws KubeError `Conflict` for fields owned by others unless forced, `Invalid`. */
export function apply<T extends KubeObject = KubeObject>(
	transport: Transport,
	resource: Resource,
	object: KubeObject,
	{ fieldManager, force = false, subresource, resourceVersion, ...call }: ApplyOptions,
): Promise<T> {
	const { namespace, name } = object.metadata;
	// The server refuses an apply that states managedFields, and a stale resourceVersion must be asked for, not inherited.
	const { managedFields: _fields, resourceVersion: _version, ...metadata } = object.metadata;
	return transport.request<T>({
		method: 'PATCH',
		path: resourcePath(resource, { namespace, name, subresource }),
		query: { fieldManager, ...(force ? { force: 'true' } : {}) },
		contentType: 'application/apply-patch+yaml',
		body: { ...object, metadata: { ...metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) } },
		...call,
	});
}
