/**
 * The tokens: one Secret each, and of each its SHA-256 for the pods.
 *
 * The Secret is the truth and everything else follows from its annotations (generation, SHA-256), so the order of writes is crash-safe:
 * Secret first, verifiers after. A crash between them leaves a Secret whose digest the verifiers do not hold yet, and the next reconcile
 * writes them. The text is read back only to write it again beside a new endpoint, or after somebody has edited the Secret; it is nowhere
 * but in the Secret.
 *
 * | Secret | generation | our fields | step |
 * |---|---|---|---|
 * | missing | – | – | make |
 * | there | not the spec's, or unreadable | – | rotate |
 * | there | the spec's | edited, or applied from something else | rewrite; rotate if the text is not the one whose digest is noted |
 * | there | the spec's | as applied | keep |
 */
import type { KubeObject } from '../../kube/resources.ts';
import type { CheckedVault, Verifier } from '../desired/inputs.ts';
import { ANNOTATIONS, namesOf } from '../desired/names.ts';
import { buildTokenSecret, type Token } from '../desired/token-secret.ts';
import type { WriteProblem } from '../observe/findings.ts';
import type { TokenView } from '../observe/observed.ts';
import { type Applier, contentDigest, type Ref } from './apply.ts';
import { isToken, makeToken, tokenDigest } from './token-text.ts';

export type TokenStep = 'make' | 'rotate' | 'rewrite' | 'keep';

/** What to do about one token. `isCurrent` tells whether a Secret with this digest of content is as it was applied. */
export function tokenStep(
	wanted: { generation: number },
	view: TokenView | undefined,
	isCurrent: (view: CompleteView) => boolean,
): TokenStep {
	if (view === undefined) return 'make';
	if (!isComplete(view) || view.generation !== wanted.generation) return 'rotate';
	return isCurrent(view) ? 'keep' : 'rewrite';
}

type CompleteView = { name: string; generation: number; sha256: string; rotatedAt: string };
const isComplete = (view: TokenView): view is CompleteView =>
	view.generation !== undefined && view.sha256 !== undefined && view.rotatedAt !== undefined;

/** The annotations of a token Secret, read as untrusted: what is not well-formed is undefined. */
export function tokenView(name: string, annotations: Record<string, string>): TokenView {
	const generation = Number(annotations[ANNOTATIONS.generation]);
	const sha256 = annotations[ANNOTATIONS.tokenDigest] ?? '';
	const rotatedAt = annotations[ANNOTATIONS.rotatedAt] ?? '';
	return {
		name,
		generation: Number.isSafeInteger(generation) && generation > 0 ? generation : undefined,
		sha256: /^[0-9a-f]{64}$/.test(sha256) ? sha256 : undefined,
		rotatedAt: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(rotatedAt) ? rotatedAt : undefined,
	};
}

export type TokenEffects = {
	applier: Applier;
	version: string;
	/** `token` of the Secret, decoded; undefined when it is not there. */
	readToken: (ref: Ref) => Promise<string | undefined>;
	randomBytes: (size: number) => Uint8Array;
	/** RFC 3339, whole seconds. */
	now: string;
	onStep: (step: Exclude<TokenStep, 'keep'>, token: string) => void;
};

/** The content of a token Secret with the digest in the place of the text. */
const digestWithoutText = (vault: CheckedVault, version: string, token: CompleteView) =>
	contentDigest(buildTokenSecret(vault, { version }, { ...token, text: token.sha256 }));

/**
 * Makes one token Secret what the spec says.
 * @returns its annotations as they are then, or why it could not be written.
 * @throws KubeError when trying again may help.
 */
export async function ensureToken(
	vault: CheckedVault,
	wanted: { name: string; generation: number },
	effects: TokenEffects,
): Promise<TokenView | WriteProblem | undefined> {
	const { applier, version } = effects;
	const ref: Ref = { kind: 'Secret', namespace: vault.namespace, name: namesOf(vault.name).tokenSecret(wanted.name) };
	const isCurrent = (view: CompleteView) => applier.isCurrent(ref, digestWithoutText(vault, version, view));
	const viewOf = (annotations: Record<string, string> | undefined) => annotations && tokenView(wanted.name, annotations);

	let view = viewOf(applier.annotations(ref));
	let step = tokenStep(wanted, view, isCurrent);
	if (step === 'keep') return view;
	// The cache may lag, and a token made twice is a token revoked: ask before making one.
	const live = await applier.readMetadata(ref);
	if (step !== 'rewrite') {
		view = viewOf(live === undefined ? undefined : (live.metadata.annotations ?? {}));
		step = tokenStep(wanted, view, isCurrent);
		if (step === 'keep') return view;
	}
	const kept = step === 'rewrite' && view !== undefined && isComplete(view) ? await keptToken(vault, view, ref, effects) : undefined;
	if (step === 'rewrite' && kept === undefined) step = 'rotate';
	const token = kept ?? newToken(vault, wanted, effects);
	const written = await writeToken(vault, token, effects);
	if (typeof written === 'object') return written;
	if (written === 'waiting') return undefined;
	if (kept === undefined || written === 'healed') effects.onStep(step, wanted.name);
	return { name: token.name, generation: token.generation, sha256: token.sha256, rotatedAt: token.rotatedAt };
}

/** The token in the Secret, if its text is the one whose digest is noted. */
async function keptToken(vault: CheckedVault, view: CompleteView, ref: Ref, { readToken }: TokenEffects): Promise<Token | undefined> {
	const text = await readToken(ref);
	return text !== undefined && isToken(text, vault.spec.team) && tokenDigest(text) === view.sha256 ? { ...view, text } : undefined;
}

function newToken(vault: CheckedVault, wanted: { name: string; generation: number }, { randomBytes, now }: TokenEffects): Token {
	const text = makeToken(vault.spec.team, randomBytes);
	return { name: wanted.name, generation: wanted.generation, text, sha256: tokenDigest(text), rotatedAt: now };
}

function writeToken(vault: CheckedVault, token: Token, { applier, version }: TokenEffects) {
	const secret: KubeObject = buildTokenSecret(vault, { version }, token);
	return applier.apply(vault, secret, digestWithoutText(vault, version, token));
}

/** What pods are told of the tokens, in the order of the spec; a token that could not be made is left out. */
export function verifiersOf(vault: CheckedVault, tokens: ReadonlyMap<string, TokenView>): Verifier[] {
	return vault.spec.access.tokens.flatMap(({ name, role }) => {
		const view = tokens.get(name);
		return view === undefined || !isComplete(view) ? [] : [{ name, role, generation: view.generation, sha256: view.sha256 }];
	});
}
