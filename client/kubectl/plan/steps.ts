/** What becomes of the objects of a vault when its spec changes: each of them created, changed, removed or left as it is. Pure. */
import type { RuneVaultSpec } from '../../../crds/runevault.ts';
import type { KubeObject } from '../../../kube/resources.ts';
import { namesOf } from '../../../operator/desired/names.ts';
import { type Change, changesOf } from './compare.ts';
import { idOf, type Present } from './present.ts';

export type Step = {
	kind: string;
	name: string;
	what: 'created' | 'changed' | 'removed' | 'unchanged';
	changes: readonly Change[];
	/** It may not be read: what is told is the difference between the two specs, whatever it is now. */
	isHidden: boolean;
};

type Token = RuneVaultSpec['access']['tokens'][number];

/**
 * @param before the objects of the spec in force; none when it is not valid.
 * @param after the objects of the spec to be.
 */
export function objectSteps(before: readonly KubeObject[], after: readonly KubeObject[], present: Present): Step[] {
	const wanted = new Set(after.map(idOf));
	const kept = after
		.filter(({ kind }) => kind !== 'Secret')
		.map(object =>
			stepOf(
				object,
				before.find(each => idOf(each) === idOf(object)),
				present,
			),
		);
	const gone = before
		.filter(object => !wanted.has(idOf(object)) && present.has(idOf(object)))
		.map(object => step(object, 'removed', present.get(idOf(object)) === 'hidden'));
	return [...kept, ...gone];
}

function stepOf(after: KubeObject, before: KubeObject | undefined, present: Present): Step {
	const found = present.get(idOf(after));
	if (found === undefined) return step(after, 'created', false);
	const isHidden = found === 'hidden';
	const changes = changesOf(isHidden ? before : found, before, after);
	return { ...step(after, changes.length === 0 ? 'unchanged' : 'changed', isHidden), changes };
}

const step = ({ kind, metadata: { name } }: Pick<KubeObject, 'kind' | 'metadata'>, what: Step['what'], isHidden: boolean): Step => ({
	kind,
	name,
	what,
	changes: [],
	isHidden,
});

/** The Secrets of tokens, and the one by which pods know them, from the two specs alone: no Secret is read. */
export function secretSteps(name: string, before: readonly Token[] | undefined, after: readonly Token[]): Step[] {
	const names = namesOf(name);
	const secret = (of: string, what: Step['what'], changes: readonly Change[] = []): Step => ({
		...{ kind: 'Secret', name: of, what, isHidden: false },
		changes,
	});
	const changed = (of: string, changes: readonly Change[]) => secret(of, changes.length === 0 ? 'unchanged' : 'changed', changes);
	const tokens = after.map(token => {
		const old = before?.find(each => each.name === token.name);
		if (old === undefined) return secret(names.tokenSecret(token.name), 'created');
		const changes = old.generation === token.generation ? [] : [{ path: 'token', from: generation(old), to: generation(token) }];
		return changed(names.tokenSecret(token.name), changes);
	});
	const gone = (before ?? []).filter(old => !after.some(token => token.name === old.name));
	const known = (token: Token | undefined) => token && `${token.role}, ${generation(token)}`;
	const all = [...after, ...gone].map(token => ({
		path: token.name,
		from: known(before?.find(({ name: of }) => of === token.name)),
		to: known(after.find(({ name: of }) => of === token.name)),
	}));
	const verifiers =
		before === undefined
			? secret(names.verifiers, 'created')
			: changed(
					names.verifiers,
					all.filter(({ from, to }) => from !== to),
				);
	return [verifiers, ...tokens, ...gone.map(token => secret(names.tokenSecret(token.name), 'removed'))];
}

const generation = (token: Token) => `generation ${token.generation}`;
