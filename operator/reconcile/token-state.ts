/**
 * What the annotations of a token Secret mean at a given time: which step is next, which tokens are accepted, when to look again. Pure.
 *
 * A rotation is staged: the Secret keeps its token and gets the next one beside it; pods learn of the next one; only then the Secret is
 * switched. So whoever reads a token from its Secret is answered by every pod. With an overlap the pods accept both meanwhile, and the
 * former one until the overlap is over. Without one they accept the next one only: the present one is out with the first step.
 *
 * | Secret | next token | our fields | step |
 * |---|---|---|---|
 * | missing | – | – | make |
 * | there, unreadable | – | – | rotate: nothing is known to be switched from |
 * | another generation than the spec's, or past `rotateEvery` | none | – | stage |
 * | – | staged for another generation than the spec's | – | stage |
 * | – | staged, and known to the pods or staged long ago | – | switch |
 * | – | none, or staged | edited, or applied from something else | rewrite |
 * | – | none, or staged | as applied | keep |
 */
import { durationMs } from '../../crds/fields.ts';
import type { RuneVaultSpec } from '../../crds/runevault.ts';
import { ANNOTATIONS } from '../desired/names.ts';
import type { FormerToken, Observed, StagedToken, TokenView } from '../observe/observed.ts';

type TokenSpec = RuneVaultSpec['access']['tokens'][number];
/** Of the spec of a token, what its rotation depends on. */
export type WantedToken = Pick<TokenSpec, 'name' | 'generation' | 'rotateEvery' | 'overlap'>;
/** By token name. */
export type TokenViews = ReadonlyMap<string, TokenView>;

export type TokenStep = 'make' | 'rotate' | 'stage' | 'switch' | 'rewrite' | 'keep';
export type CompleteView = TokenView & { generation: number; sha256: string; rotatedAt: string };

/**
 * How long pods may take to learn of a token before the Secret is switched without them: one that lags must not keep a team from rotating.
 * Without an overlap the token in the Secret is refused already, so there is little to wait for.
 */
const lagMs = ({ overlap }: Pick<WantedToken, 'overlap'>): number => (durationMs(overlap) > 0 ? 30_000 : 5_000);
/** How late a rotation may be before it counts as overdue. */
const OVERDUE_MS = 60_000;

export const isComplete = (view: TokenView): view is CompleteView =>
	view.generation !== undefined && view.sha256 !== undefined && view.rotatedAt !== undefined;

/** The annotations of a token Secret, read as untrusted: what is not well-formed is left out. */
export function tokenView(name: string, annotations: Record<string, string>): TokenView {
	const read = <T>(annotation: string, parse: (text: string) => T | undefined) => parse(annotations[annotation] ?? '');
	const next = whole<StagedToken>({
		generation: read(ANNOTATIONS.nextGeneration, toGeneration),
		sha256: read(ANNOTATIONS.nextDigest, toDigest),
		stagedAt: read(ANNOTATIONS.nextAt, toInstant),
	});
	const previous = whole<FormerToken>({
		generation: read(ANNOTATIONS.previousGeneration, toGeneration),
		sha256: read(ANNOTATIONS.previousDigest, toDigest),
		until: read(ANNOTATIONS.previousUntil, toInstant),
	});
	return {
		name,
		generation: read(ANNOTATIONS.generation, toGeneration),
		sha256: read(ANNOTATIONS.tokenDigest, toDigest),
		rotatedAt: read(ANNOTATIONS.rotatedAt, toInstant),
		...(next === undefined ? {} : { next }),
		...(previous === undefined ? {} : { previous }),
	};
}

const toGeneration = (text: string) => (Number.isSafeInteger(Number(text)) && Number(text) > 0 ? Number(text) : undefined);
const toDigest = (text: string) => (/^[0-9a-f]{64}$/.test(text) ? text : undefined);
const toInstant = (text: string) => (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined);

/** All fields, or nothing: a half-written one has no meaning. */
function whole<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T | undefined {
	return Object.values(fields).includes(undefined) ? undefined : (fields as T);
}

/**
 * What to do about one token.
 * @param world `isCurrent` tells whether the Secret is as it was applied, `isAdopted` whether the pods know the token with this SHA-256.
 */
export function tokenStep(
	wanted: WantedToken,
	view: TokenView | undefined,
	world: { now: number; isCurrent: (view: CompleteView) => boolean; isAdopted: (sha256: string) => boolean },
): TokenStep {
	if (view === undefined) return 'make';
	if (!isComplete(view)) return 'rotate';
	const { next } = view;
	const isAsWanted =
		next === undefined ? view.generation === wanted.generation && !isDue(wanted, view, world.now) : next.generation === wanted.generation;
	if (!isAsWanted) return 'stage';
	// The distance, not the difference: a clock that was set back must not hold a rotation up.
	if (next !== undefined && (world.isAdopted(next.sha256) || Math.abs(world.now - Date.parse(next.stagedAt)) >= lagMs(wanted)))
		return 'switch';
	return world.isCurrent(view) ? 'keep' : 'rewrite';
}

/** When `rotateEvery` asks for the next token, in milliseconds since 1970. */
export function nextRotation({ rotateEvery }: Pick<WantedToken, 'rotateEvery'>, view: TokenView): number | undefined {
	return rotateEvery === undefined || view.rotatedAt === undefined ? undefined : Date.parse(view.rotatedAt) + durationMs(rotateEvery);
}

const isDue = (wanted: WantedToken, view: TokenView, now: number): boolean =>
	(nextRotation(wanted, view) ?? Number.POSITIVE_INFINITY) <= now;

export const isOverdue = (wanted: WantedToken, view: TokenView, now: number): boolean => isDue(wanted, view, now - OVERDUE_MS);

/** Until when the token before is accepted beside one that came at `rotatedAt`. Whole seconds, as instants have them. */
export const overlapEnd = (rotatedAt: string, overlap: string): number =>
	Math.ceil((Date.parse(rotatedAt) + durationMs(overlap)) / 1000) * 1000;

/**
 * Until when the former token is still accepted; undefined when it is not any more. An overlap that was shortened since holds at once: with
 * `overlap: 0s` a former token that leaked is out without another rotation.
 */
export function formerUntil({ overlap }: Pick<WantedToken, 'overlap'>, view: TokenView, now: number): number | undefined {
	if (view.previous === undefined || view.rotatedAt === undefined) return undefined;
	const until = Math.min(Date.parse(view.previous.until), overlapEnd(view.rotatedAt, overlap));
	return until > now ? until : undefined;
}

type Accepted = { generation: number; sha256: string; until: number | undefined };

/** What pods are to accept, the newest first. */
export function acceptedTokens(wanted: Pick<WantedToken, 'overlap'>, view: TokenView | undefined, now: number): Accepted[] {
	if (view === undefined || !isComplete(view)) return [];
	const { next, previous } = view;
	const until = formerUntil(wanted, view, now);
	const isPresentIn = next === undefined || durationMs(wanted.overlap) > 0;
	return [
		...(next === undefined ? [] : [{ generation: next.generation, sha256: next.sha256, until: undefined }]),
		...(isPresentIn ? [{ generation: view.generation, sha256: view.sha256, until: undefined }] : []),
		...(previous === undefined || until === undefined ? [] : [{ generation: previous.generation, sha256: previous.sha256, until }]),
	];
}

/** How a pod names a token it accepts. Unlike its generation, it says that the pod knows this very token. */
export const tokenId = (sha256: string): string => sha256.slice(0, 16);

/** What pods are to say they accept, by token name. */
export function wantedIds(
	wanted: readonly Pick<WantedToken, 'name' | 'overlap'>[],
	views: TokenViews,
	now: number,
): Record<string, string[]> {
	const named = wanted.map(
		each => [each.name, acceptedTokens(each, views.get(each.name), now).map(({ sha256 }) => tokenId(sha256))] as const,
	);
	return Object.fromEntries(named.filter(([, ids]) => ids.length > 0));
}

/** The ready pods that say they accept this very token. */
export const adopters = ({ pods, probes }: Pick<Observed, 'pods' | 'probes'>, name: string, sha256: string) =>
	pods.filter(pod => pod.isReady && probes.get(pod.uid)?.reply?.tokens[name]?.includes(tokenId(sha256)) === true);

/** Whether no ready pod is known to refuse the token: each that answers accepts it, or there is none. */
export function isAdopted(observed: Pick<Observed, 'pods' | 'probes'>, name: string, sha256: string): boolean {
	const ready = observed.pods.filter(pod => pod.isReady);
	const answering = ready.filter(pod => observed.probes.get(pod.uid)?.isDown !== true);
	const knowing = new Set(adopters(observed, name, sha256));
	// When none of them answers, it is the operator that cannot hear: they may well be at work, so they are given their time.
	return ready.length === 0 || (answering.length > 0 && answering.every(pod => knowing.has(pod)));
}

/** Milliseconds until the clock alone changes something about the tokens. */
export function tokensAgainAfterMs(wanted: readonly WantedToken[], views: TokenViews, now: number): number | undefined {
	const times = wanted.flatMap(each => {
		const view = views.get(each.name);
		if (view === undefined) return [];
		const due = nextRotation(each, view) ?? Number.POSITIVE_INFINITY;
		const late = view.next === undefined ? Number.POSITIVE_INFINITY : Date.parse(view.next.stagedAt) + lagMs(each);
		return [late, formerUntil(each, view, now) ?? Number.POSITIVE_INFINITY, due, due + OVERDUE_MS];
	});
	const soonest = Math.min(...times.filter(time => time > now));
	return soonest === Number.POSITIVE_INFINITY ? undefined : soonest - now;
}
