/**
 * The tokens: one Secret each, and of each its SHA-256 for the pods.
 *
 * The Secret is the truth and everything else follows from its annotations, so every step of a rotation (reconcile/token-state.ts) is one
 * write that may be repeated, and whoever leads after a crash goes on from what is there. Texts are read back only to write them again:
 * beside a new endpoint, after somebody has edited the Secret, or to switch it. They are nowhere but in the Secret.
 */
import type { KubeObject } from '../../kube/resources.ts';
import type { CheckedVault, Verifier } from '../desired/inputs.ts';
import { namesOf } from '../desired/names.ts';
import { buildTokenSecret, type Token, type TokenInputs } from '../desired/token-secret.ts';
import type { WriteProblem } from '../observe/findings.ts';
import { instant } from '../observe/instant.ts';
import type { TokenView } from '../observe/observed.ts';
import { type Applier, contentDigest, type Ref } from './apply.ts';
import type { CompleteView, TokenStep, TokenViews, WantedToken } from './token-state.ts';
import * as state from './token-state.ts';
import { isToken, makeToken, tokenDigest } from './token-text.ts';

/** The texts in a token Secret, decoded; undefined what is not there. */
export type TokenTexts = { token: string | undefined; next: string | undefined };

export type TokenEffects = {
	applier: Applier;
	inputs: TokenInputs;
	readTexts: (ref: Ref) => Promise<TokenTexts>;
	randomBytes: (size: number) => Uint8Array;
	/** Milliseconds since 1970. */
	now: number;
	/** Whether the pods know the token of this name with this SHA-256. */
	isAdopted: (name: string, sha256: string) => boolean;
	/** @param formerUntil until when the token before is accepted. */
	onStep: (step: Exclude<TokenStep, 'keep' | 'stage'>, token: string, formerUntil: string | undefined) => void;
};

/** The content of a token Secret with digests in the place of texts. */
const digestWithoutText = (vault: CheckedVault, inputs: TokenInputs, { next, ...token }: CompleteView) =>
	contentDigest(buildTokenSecret(vault, inputs, { ...token, text: token.sha256, ...(next && { next: { ...next, text: next.sha256 } }) }));

/**
 * Makes one token Secret what the spec says, or brings it one step nearer.
 * @returns its annotations as they are then, or why it could not be written.
 * @throws KubeError when trying again may help.
 */
export async function ensureToken(
	vault: CheckedVault,
	wanted: WantedToken,
	effects: TokenEffects,
): Promise<TokenView | WriteProblem | undefined> {
	const { applier, inputs, now } = effects;
	const ref: Ref = { kind: 'Secret', namespace: vault.namespace, name: namesOf(vault.name).tokenSecret(wanted.name) };
	const isCurrent = (view: CompleteView) => applier.isCurrent(ref, digestWithoutText(vault, inputs, view));
	const isAdopted = (sha256: string) => effects.isAdopted(wanted.name, sha256);
	const stepFrom = (view: TokenView | undefined) => state.tokenStep(wanted, view, { now, isCurrent, isAdopted });
	const viewOf = (annotations: Record<string, string> | undefined) => annotations && state.tokenView(wanted.name, annotations);

	const cached = viewOf(applier.annotations(ref));
	if (stepFrom(cached) === 'keep') return cached;
	// The cache may lag, and a token made twice is a token revoked: ask before making one.
	const live = await applier.readMetadata(ref);
	const view = viewOf(live === undefined ? undefined : (live.metadata.annotations ?? {}));
	const wish = stepFrom(view);
	if (wish === 'keep') return view;
	const { step, token } = await take(wish, view, { vault, wanted, ref, effects });
	const written = await writeToken(vault, token, effects);
	if (typeof written === 'object') return written;
	if (written === 'waiting') return undefined;
	if (step !== 'stage' && (step !== 'rewrite' || written === 'healed')) effects.onStep(step, wanted.name, token.previous?.until);
	return withoutTexts(token);
}

type Task = { vault: CheckedVault; wanted: WantedToken; ref: Ref; effects: TokenEffects };
type Taken = { step: Exclude<TokenStep, 'keep'>; token: Token };

/** The token to write, and the step that really is: a text that is lost or was replaced makes it another. */
async function take(step: Exclude<TokenStep, 'keep'>, view: TokenView | undefined, task: Task): Promise<Taken> {
	const { vault, wanted, ref, effects } = task;
	const { overlap } = wanted;
	const rotatedAt = instant(effects.now);
	const anew = (): Taken => ({ step: step === 'make' ? 'make' : 'rotate', token: { name: wanted.name, rotatedAt, ...newText(task) } });
	if (step === 'make' || view === undefined || !state.isComplete(view)) return anew();

	const texts = await effects.readTexts(ref);
	const { next, ...present } = view;
	const nextText = next && genuine(texts.next, next.sha256, vault);
	if (step === 'switch' && next !== undefined && nextText !== undefined) {
		const { generation, sha256 } = next;
		const until = state.overlapEnd(rotatedAt, overlap);
		const previous = { generation: present.generation, sha256: present.sha256, until: instant(until) };
		const token = { name: wanted.name, generation, sha256, rotatedAt, text: nextText };
		return { step, token: until > Date.parse(rotatedAt) ? { ...token, previous } : token };
	}
	const text = genuine(texts.token, present.sha256, vault);
	if (text === undefined) return anew();
	if (step === 'rewrite' && next === undefined) return { step, token: { ...present, text } };
	if (step === 'rewrite' && next !== undefined && nextText !== undefined)
		return { step, token: { ...present, text, next: { ...next, text: nextText } } };
	return { step: 'stage', token: { ...present, text, next: { ...newText(task), stagedAt: rotatedAt } } };
}

/** A text, if it is the one whose digest is noted. */
const genuine = (text: string | undefined, sha256: string, { spec }: CheckedVault): string | undefined =>
	text !== undefined && isToken(text, spec.team) && tokenDigest(text) === sha256 ? text : undefined;

function newText({ vault, wanted, effects }: Task): { generation: number; text: string; sha256: string } {
	const text = makeToken(vault.spec.team, effects.randomBytes);
	return { generation: wanted.generation, text, sha256: tokenDigest(text) };
}

function writeToken(vault: CheckedVault, token: Token, { applier, inputs }: TokenEffects) {
	const secret: KubeObject = buildTokenSecret(vault, inputs, token);
	return applier.apply(vault, secret, digestWithoutText(vault, inputs, withoutTexts(token)));
}

function withoutTexts({ text: _text, next, ...token }: Token): CompleteView {
	if (next === undefined) return token;
	const { text: _next, ...staged } = next;
	return { ...token, next: staged };
}

/** What pods are told of the tokens, in the order of the spec; a token that could not be made is left out. */
export function verifiersOf({ spec }: CheckedVault, tokens: TokenViews, now: number): Verifier[] {
	return spec.access.tokens.flatMap(token => {
		const { name, role } = token;
		return state.acceptedTokens(token, tokens.get(name), now).map(({ generation, sha256, until }) => ({
			...{ name, role, generation, sha256 },
			...(until === undefined ? {} : { expiresAt: instant(until) }),
		}));
	});
}
