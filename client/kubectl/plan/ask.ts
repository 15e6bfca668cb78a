/** What the API server says to a plan: the RuneVault as it would be, checked by its schema and rules in a dry run, and the objects there are. */
import { type RuneVault, resource } from '../../../crds/runevault.ts';
import { isConflict, isForbidden, isInvalid, KubeError } from '../../../kube/errors.ts';
import { get } from '../../../kube/objects.ts';
import { apiVersionOf, type KubeObject, type Resource, resourcePath, resources } from '../../../kube/resources.ts';
import { CommandError } from '../refusals.ts';
import { FIELD_MANAGER, type Session } from '../session.ts';
import { applyPatch, type Manifest, merged } from './manifest.ts';
import { idOf, type Present } from './present.ts';

/** `isChecked`: the API server has checked it. Otherwise whoever asks may not write RuneVaults, and it is what the file says. */
export type Verdict = { planned: RuneVault; isChecked: boolean };

const DRY_RUN = { dryRun: 'All', fieldManager: FIELD_MANAGER, fieldValidation: 'Strict' };

/**
 * Applies the file as `kubectl apply` would, without anything being stored. With `isServerSide`, as `kubectl apply --server-side` would.
 * @throws CommandError with every field that is refused.
 */
export async function dryRun(session: Session, manifest: Manifest, live: RuneVault | undefined, isServerSide: boolean): Promise<Verdict> {
	const { transport, namespace } = session;
	const { name } = manifest.metadata;
	const path = resourcePath(resource, { namespace, name });
	const body = { ...manifest, metadata: { ...manifest.metadata, namespace } };
	const patch = live === undefined ? {} : applyPatch(manifest, live);
	const request = isServerSide
		? { method: 'PATCH', path, body, contentType: 'application/apply-patch+yaml', query: { ...DRY_RUN, fieldManager: 'kubectl' } }
		: live === undefined
			? { method: 'POST', path: resourcePath(resource, { namespace }), body, query: DRY_RUN }
			: { method: 'PATCH', path, body: patch, contentType: 'application/merge-patch+json', query: DRY_RUN };
	try {
		const planned = await transport.request<RuneVault>(request as Parameters<typeof transport.request>[0]);
		return { planned, isChecked: true };
	} catch (error) {
		if (isInvalid(error) || isConflict(error)) throw new CommandError(`refused: ${refusalsOf(error)}`, { cause: error });
		if (!isForbidden(error)) throw error;
		const unchecked = live ?? { ...body, metadata: { ...body.metadata, uid: '', generation: 1, resourceVersion: '' } };
		return { planned: merged(unchecked, patch) as RuneVault, isChecked: false };
	}
}

type Cause = { field?: string; message?: string };

/** Each field and why, from the causes of a Status; its message where it names none. */
function refusalsOf(error: unknown): string {
	if (!(error instanceof KubeError)) return String(error);
	const causes: Cause[] = Object(error.details).causes ?? [];
	const named = causes.filter(({ field }) => field !== undefined && field !== '<nil>');
	// Of a field it does not know, the API server says so after quoting the whole object.
	const unknown = /strict decoding error: (.*)/s.exec(error.message)?.[1];
	if (unknown !== undefined) return unknown;
	return named.length === 0 ? error.message : named.map(({ field, message }) => `${field}: ${message}`).join('; ');
}

/** Where a kind lives. Of kinds that are not Kubernetes' own, the plural is the regular one. */
function resourceOf({ apiVersion, kind }: KubeObject): Resource {
	const known = Object.values(resources).find(each => each.kind === kind && apiVersionOf(each) === apiVersion);
	if (known !== undefined) return known;
	const [group = '', version = ''] = apiVersion.split('/');
	return { group, version, plural: `${kind.toLowerCase().replace(/y$/, 'ie')}s`, kind, namespaced: true };
}

/** Those of the objects that are there; never a Secret. */
export async function readPresent({ transport, namespace }: Session, objects: readonly KubeObject[]): Promise<Present> {
	const all = new Map(objects.filter(({ kind }) => kind !== 'Secret').map(object => [idOf(object), object]));
	const found = await Promise.all(
		[...all].map(async ([id, object]) => {
			try {
				return [id, await get(transport, resourceOf(object), { namespace, name: object.metadata.name })] as const;
			} catch (error) {
				if (isForbidden(error)) return [id, 'hidden'] as const;
				throw error;
			}
		}),
	);
	return new Map(found.flatMap(([id, object]) => (object === undefined ? [] : [[id, object] as const])));
}

/** Whether the cluster knows a kind of another project, such as Certificate of `cert-manager.io/v1`, so that the operator makes some. */
export async function knows({ transport }: Session, groupVersion: string, kind: string): Promise<boolean> {
	try {
		const { resources: served = [] } = await transport.request<{ resources?: { kind?: string }[] }>({
			method: 'GET',
			path: `/apis/${groupVersion}`,
		});
		return served.some(each => each.kind === kind);
	} catch (error) {
		if (error instanceof KubeError && (error.status === 404 || error.status === 403)) return false;
		throw error;
	}
}
