/**
 * The writing half of a reconcile: tokens, owned objects, what is to go, and the pods. Every step is tried; what fails is collected, so
 * that one refused object does not keep the others from being put right, nor the status from telling of it.
 */
import { isConflict, isTransient, KubeError } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { wantsAuthority } from '../desired/http-route.ts';
import { desired } from '../desired/index.ts';
import type { CheckedVault } from '../desired/inputs.ts';
import { namesOf } from '../desired/names.ts';
import type { WriteProblem } from '../observe/findings.ts';
import type { Caches } from '../observe/gather.ts';
import type { Observed, TokenView } from '../observe/observed.ts';
import { OWNED_KINDS } from '../observe/owned.ts';
import { IssueError } from '../tls/certificate.ts';
import type { CertificateKeeper, Credentials } from '../tls/keeper.ts';
import { type Applier, refusalText } from './apply.ts';
import type { Note } from './notes.ts';
import { inputsOf, type Settings } from './plan.ts';
import { keygenRetryAfter, markPods, mountsDigest, retryKeygen, rollOut } from './pods.ts';
import { isAdopted } from './token-state.ts';
import { ensureToken, type TokenEffects, verifiersOf } from './tokens.ts';

export type WriteEffects = {
	applier: Applier;
	keeper: CertificateKeeper;
	caches: Caches;
	transport: Transport;
	settings: Settings;
	readTexts: TokenEffects['readTexts'];
	randomBytes: TokenEffects['randomBytes'];
	note: (note: Note) => void;
	/** Milliseconds since 1970. */
	now: number;
};

/** What a write is about, for problems. */
type Target = { kind: string; name: string };

export type WriteResult = {
	/** The tokens as they are now. */
	tokens: ReadonlyMap<string, TokenView>;
	problems: WriteProblem[];
	/** What may succeed when tried again. */
	errors: unknown[];
	/** When to look again although nothing changes. */
	againAfterMs: number | undefined;
	/** What is shown to the pods, when it is known. */
	credentials: Credentials | undefined;
};

export const nothingWritten = ({ tokens }: Observed): WriteResult => ({
	tokens,
	problems: [],
	errors: [],
	againAfterMs: undefined,
	credentials: undefined,
});

export async function writeAll(vault: CheckedVault, observed: Observed, effects: WriteEffects): Promise<WriteResult> {
	const result = nothingWritten(observed);
	const attempt = async (what: Target, work: () => Promise<WriteProblem | undefined>) => {
		try {
			const problem = await work();
			if (problem !== undefined) result.problems.push(problem);
		} catch (error) {
			result.errors.push(error);
			if (isLasting(error)) result.problems.push({ ...what, reason: 'ApplyFailed', message: failureText(what.kind, error) });
		}
	};
	const names = namesOf(vault.name);
	let mounted: string | undefined;
	await attempt({ kind: 'Secret', name: names.serverSecret }, async () => {
		const kept = await effects.keeper.ensure(vault, effects);
		result.credentials = kept.credentials;
		mounted = kept.mounted;
		return kept.problem;
	});
	const tokens = new Map<string, TokenView>();
	const clientCa = vault.spec.tls.type === 'SelfSigned' ? result.credentials?.ca : undefined;
	for (const wanted of vault.spec.access.tokens) {
		await attempt({ kind: 'Secret', name: names.tokenSecret(wanted.name) }, async () => {
			const before = observed.tokens.get(wanted.name);
			if (before !== undefined) tokens.set(wanted.name, before);
			const made = await ensureToken(vault, wanted, tokenEffects(observed, effects, clientCa));
			if (made !== undefined && 'kind' in made) return made;
			if (made === undefined) tokens.delete(wanted.name);
			else tokens.set(wanted.name, made);
			return undefined;
		});
	}
	result.tokens = tokens;
	const inputs = inputsOf(observed, effects.settings, verifiersOf(vault, tokens, effects.now), result.credentials?.ca);
	const wanted = desired(vault, inputs);
	for (const object of wanted) {
		await attempt({ kind: object.kind, name: object.metadata.name }, async () => {
			const written = await effects.applier.apply(vault, object);
			if (typeof written === 'object') return written;
			if (written === 'healed') effects.note(healed(object.kind, object.metadata.name));
			return undefined;
		});
	}
	const keep = [...wanted.map(({ kind, metadata: { name } }) => ({ kind, name })), ...keptBesides(vault)];
	const unwantedObjects = [...unwanted(vault, keep, effects.caches), ...strayRoutes(vault, observed)];
	for (const old of unwantedObjects) await attempt(old, () => prune(vault, old, effects));
	result.againAfterMs = keygenRetryAfter(observed, effects.now);
	await attempt({ kind: 'Job', name: names.keygen }, () => retryKeygen(vault, observed, effects));
	await attempt({ kind: 'Pod', name: names.workload }, () => markPods(vault, observed, mountsDigest(inputs.verifiers, mounted), effects));
	await attempt({ kind: 'Pod', name: names.workload }, () => rollOut(vault, observed, effects));
	return result;
}

/** Whether an error is worth telling in the status: not one that the next try is likely to settle. */
const isLasting = (error: unknown): boolean => !isTransient(error) && !isConflict(error);

/** Of what is no refusal the message stays in the log: it was not written to be shown. */
function failureText(kind: string, error: unknown): string {
	if (error instanceof IssueError) return error.message;
	return error instanceof KubeError ? refusalText(kind, error) : 'the operator failed at it; its log says how';
}

const healed = (kind: string, name: string): Note => ({
	type: 'Normal',
	reason: 'Healed',
	action: 'Apply',
	message: `${kind} ${name} had been changed by others and is put back.`,
});

function tokenEffects(
	observed: Observed,
	{ applier, settings, readTexts, randomBytes, note, now }: WriteEffects,
	ca: string | undefined,
): TokenEffects {
	const rotated = (token: string, until: string | undefined) =>
		`Token ${token} was made anew; the old one is ${until === undefined ? 'refused' : `accepted until ${until}`}.`;
	const told = {
		make: { type: 'Normal', reason: 'TokenCreated', message: (token: string) => `Token ${token} was made.` },
		rotate: { type: 'Normal', reason: 'TokenRotated', message: rotated },
		switch: { type: 'Normal', reason: 'TokenRotated', message: rotated },
		rewrite: {
			type: 'Normal',
			reason: 'Healed',
			message: (token: string) => `The Secret of token ${token} had been changed and is put back.`,
		},
	} as const;
	return {
		applier,
		inputs: { version: settings.version, ca },
		readTexts,
		randomBytes,
		now,
		isAdopted: (name, sha256) => isAdopted(observed, name, sha256),
		onStep: (step, token, until) =>
			note({ type: told[step].type, reason: told[step].reason, action: 'Rotate', message: told[step].message(token, until) }),
	};
}

/**
 * What is ours and not in the desired list: the token Secrets, those with certificates, the canaries that the keygen Job made, and the
 * authority for Gateways also while it is not known.
 */
function keptBesides({ name, spec }: CheckedVault): Target[] {
	const names = namesOf(name);
	const tokens = spec.access.tokens.map(token => ({ kind: 'Secret', name: names.tokenSecret(token.name) }));
	const certificates = [names.authority, names.serverSecret].map(each => ({ kind: 'Secret', name: each }));
	const maps = [names.canaries, ...(wantsAuthority(spec) ? [names.authority] : [])].map(each => ({ kind: 'ConfigMap', name: each }));
	return [...tokens, ...certificates, ...maps];
}

/** What this vault controls and no longer wants. What it does not control, as the key Secrets, is never among it. */
function unwanted(vault: CheckedVault, keep: readonly Target[], caches: Caches): (Target & { uid: string | undefined })[] {
	const kept = new Set(keep.map(({ kind, name }) => `${kind}/${name}`));
	const isOurs = ({ metadata }: KubeObject) =>
		metadata.ownerReferences?.some(owner => owner.uid === vault.uid && owner.controller === true) === true &&
		metadata.deletionTimestamp === undefined;
	return OWNED_KINDS.filter(kind => kind !== 'Pod').flatMap(kind =>
		caches
			.labelled(kind, `${vault.namespace}/${vault.name}`)
			.filter(object => isOurs(object) && !kept.has(`${kind}/${object.metadata.name}`))
			.map(({ metadata: { name, uid } }) => ({ kind, name, uid })),
	);
}

/** With `routing: Primary`, the slices that Kubernetes made while the Service had a selector: it leaves them behind, as they are. */
function strayRoutes({ spec }: CheckedVault, { podRoutes, hasOwnRoute }: Observed): (Target & { uid: string | undefined })[] {
	return spec.routing === 'Primary' && hasOwnRoute ? podRoutes.map(({ name, uid }) => ({ kind: 'EndpointSlice', name, uid })) : [];
}

/** What the keygen Job leaves is expected to go, and no news. */
async function prune(
	{ namespace, name: vault }: CheckedVault,
	{ kind, name, uid }: Target & { uid: string | undefined },
	{ applier, note }: WriteEffects,
): Promise<undefined> {
	await applier.remove({ kind, namespace, name }, uid);
	if (name === namesOf(vault).keygen) return;
	note({ type: 'Normal', reason: 'Pruned', action: 'Delete', message: `${kind} ${name} is no longer wanted and was removed.` });
}
