/**
 * The only writer of owned objects: server-side apply with one field manager, and removal of what is no longer wanted.
 *
 * A write happens only when one is needed. Needed means: the object is missing; or it was applied from something else (the digest in its
 * annotation); or somebody has changed a field of ours since (the API server then takes the field out of our `managedFields`). Comparing
 * with what the server returns would loop, because it fills in defaults. What an apply returned is remembered until the cache has caught
 * up, so that nothing is written twice; after a restart every object is applied once, which changes nothing in the store if it is right.
 */
import { apply } from '../../kube/apply.ts';
import { isConflict, isForbidden, isInvalid } from '../../kube/errors.ts';
import { get, patchMerge, remove } from '../../kube/objects.ts';
import { isNewer } from '../../kube/resource-version.ts';
import type { KubeObject } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { canonicalJson, digestOf } from '../desired/digest.ts';
import { ANNOTATIONS, FIELD_MANAGER } from '../desired/names.ts';
import type { WriteProblem } from '../observe/findings.ts';
import { claim, resourceOf } from '../observe/owned.ts';
import { ownFieldsDigest } from '../observe/views.ts';

export type Ref = { kind: string; namespace: string; name: string };
export type Owner = { name: string; namespace: string; uid: string };
/** `waiting`: an older object of this name has to go first; its deletion starts the next reconcile. */
export type Written = 'unchanged' | 'created' | 'updated' | 'healed' | 'waiting' | WriteProblem;

type Memory = { digest: string; version: string; ownFields: string | undefined; annotations: Record<string, string>; at: number };

/** How long a write may take to show in the cache. */
const CACHE_LAG_MS = 5_000;
/** Kinds whose content cannot be changed: a new one takes their place. */
const REPLACED: readonly string[] = ['Job'];

export type ApplierOptions = {
	transport: Transport;
	/** An object from the cache. */
	find: (ref: Ref) => KubeObject | undefined;
	/** Milliseconds. */
	now: () => number;
};

export class Applier {
	readonly #options: ApplierOptions;
	readonly #written = new Map<string, Memory>();

	constructor(options: ApplierOptions) {
		this.#options = options;
	}

	/** To be called when an object was seen to go: what was remembered of it no longer holds. */
	forget(ref: Ref): void {
		this.#written.delete(idOf(ref));
	}

	/** Annotations as last written or seen, whichever is newer; undefined when there is no such object. */
	annotations(ref: Ref): Record<string, string> | undefined {
		const observed = this.#options.find(ref);
		const record = this.#recordNewerThan(ref, observed);
		return record?.annotations ?? (observed === undefined ? undefined : (observed.metadata.annotations ?? {}));
	}

	/** Whether the object is there, was applied from what has this digest, and nobody has changed a field of ours since. */
	isCurrent(ref: Ref, digest: string): boolean {
		const observed = this.#options.find(ref);
		const newer = this.#recordNewerThan(ref, observed);
		if (newer !== undefined) return newer.digest === digest;
		const record = this.#written.get(idOf(ref));
		if (observed === undefined || record === undefined) return false;
		return observed.metadata.annotations?.[ANNOTATIONS.applied] === digest && observed.ownFields === record.ownFields;
	}

	/**
	 * Makes the object so.
	 * @param digest what tells one content from another; given where the content must not be digested, as with tokens.
	 * @throws KubeError when the API server did not do it and trying again may help.
	 */
	async apply(owner: Owner, object: KubeObject, digest: string = contentDigest(object)): Promise<Written> {
		const ref = refOf(object, owner.namespace);
		if (this.isCurrent(ref, digest)) return 'unchanged';
		const observed = this.#options.find(ref) ?? (await this.readMetadata(ref));
		if (observed !== undefined) {
			const verdict = claim(observed, owner);
			if (verdict === 'taken') return problem(object, 'NameTaken', 'exists and is not owned by this RuneVault; it is left alone');
			if (verdict === 'predecessor') await this.remove(ref, observed.metadata.uid);
			if (verdict === 'predecessor' || observed.metadata.deletionTimestamp !== undefined) return 'waiting';
		}
		try {
			const result = await this.#send(ref, object, digest);
			return outcomeOf(observed, result, digest);
		} catch (error) {
			// Rights do not come by trying again soon, and whoever installed us should read of it in the status.
			if (isForbidden(error)) return problem(object, 'ApplyFailed', refusalText(object.kind, error));
			if (!isInvalid(error)) throw error;
			if (observed === undefined) return problem(object, 'ApplyFailed', refusalText(object.kind, error));
			return REPLACED.includes(object.kind) ? this.#replace(ref, observed) : this.#overwrite(ref, object, digest, observed);
		}
	}

	async #replace(ref: Ref, observed: KubeObject): Promise<Written> {
		await this.remove(ref, observed.metadata.uid);
		return 'waiting';
	}

	/**
	 * Apply merges lists by key, so an item that somebody put into one can make the whole invalid, such as a second port of one name. Then
	 * our lists take the place of what is there, and everything outside of our fields still stays.
	 */
	async #overwrite(ref: Ref, object: KubeObject, digest: string, observed: KubeObject): Promise<Written> {
		const { apiVersion, kind, metadata, ...content } = object;
		const { namespace, name } = ref;
		try {
			const call = { fieldManager: FIELD_MANAGER };
			await patchMerge(this.#options.transport, resourceOf(kind), { namespace, name }, content, call);
			return outcomeOf(observed, await this.#send(ref, object, digest), digest);
		} catch (error) {
			if (!isInvalid(error)) throw error;
			return problem(object, 'ApplyFailed', refusalText(object.kind, error));
		}
	}

	/** Deletes the object, and only the one with this uid. One that is gone already, or has a successor, is fine. */
	async remove({ kind, namespace, name }: Ref, uid: string | undefined): Promise<void> {
		try {
			await remove(this.#options.transport, resourceOf(kind), { namespace, name }, { uid });
		} catch (error) {
			if (!isConflict(error)) throw error;
		}
		this.forget({ kind, namespace, name });
	}

	/** The object's metadata as the API server has it now; undefined when it is not there. */
	async readMetadata({ kind, namespace, name }: Ref): Promise<KubeObject | undefined> {
		const object = await get(this.#options.transport, resourceOf(kind), { namespace, name }, { metadataOnly: true });
		return object === undefined ? undefined : { ...object, ownFields: ownFieldsDigest(object) };
	}

	async #send(ref: Ref, object: KubeObject, digest: string): Promise<KubeObject> {
		const annotations = { ...object.metadata.annotations, [ANNOTATIONS.applied]: digest };
		const body = { ...object, metadata: { ...object.metadata, annotations } };
		const result = await apply(this.#options.transport, resourceOf(ref.kind), body, { fieldManager: FIELD_MANAGER, force: true });
		this.#written.set(idOf(ref), {
			digest,
			version: result.metadata.resourceVersion ?? '',
			ownFields: ownFieldsDigest(result),
			annotations,
			at: this.#options.now(),
		});
		return result;
	}

	#recordNewerThan(ref: Ref, observed: KubeObject | undefined): Memory | undefined {
		const record = this.#written.get(idOf(ref));
		if (record === undefined) return undefined;
		const isCacheBehind = observed === undefined || isNewer(record.version, observed.metadata.resourceVersion ?? '');
		return isCacheBehind && this.#options.now() - record.at < CACHE_LAG_MS ? record : undefined;
	}
}

/** The digest of all an object says. */
export const contentDigest = (object: KubeObject): string => digestOf(canonicalJson(object));

const idOf = ({ kind, namespace, name }: Ref) => `${kind}/${namespace}/${name}`;
const refOf = (object: KubeObject, namespace: string): Ref => ({ kind: object.kind, namespace, name: object.metadata.name });

function outcomeOf(before: KubeObject | undefined, after: KubeObject, digest: string): Written {
	if (before === undefined) return 'created';
	if (after.metadata.resourceVersion === before.metadata.resourceVersion) return 'unchanged';
	return before.metadata.annotations?.[ANNOTATIONS.applied] === digest ? 'healed' : 'updated';
}

function problem(object: KubeObject, reason: WriteProblem['reason'], message: string): WriteProblem {
	return { kind: object.kind, name: object.metadata.name, reason, message };
}

/** What the API server said, cut short; of a Secret nothing, since it may quote content. */
export function refusalText(kind: string, error: unknown): string {
	if (kind === 'Secret' || !(error instanceof Error)) return 'the API server refused it';
	return error.message.slice(0, 500);
}
