import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ANNOTATIONS } from '../../../operator/desired/names.ts';
import type { TokenView } from '../../../operator/observe/observed.ts';
import * as state from '../../../operator/reconcile/token-state.ts';
import * as build from './builders.ts';
import { NOW } from './builders.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const at = (time: number): string => new Date(time).toISOString().replace('.000Z', 'Z');
const digest = (pair: string): string => pair.repeat(32);
const [PRESENT, NEXT, FORMER] = [digest('cc'), digest('dd'), digest('bb')];

const wanted = (over: Partial<state.WantedToken> = {}): state.WantedToken => ({ name: 'team', generation: 2, overlap: '0s', ...over });
/** A token of generation 2 that came an hour ago. */
const view = (over: Partial<TokenView> = {}): TokenView => ({
	...{ name: 'team', generation: 2, sha256: PRESENT, rotatedAt: at(NOW - HOUR) },
	...over,
});
const staged = (agoMs: number, generation = 2) => view({ next: { generation, sha256: NEXT, stagedAt: at(NOW - agoMs) } });
const overlapping = (untilMs: number, over: Partial<TokenView> = {}) =>
	view({ previous: { generation: 1, sha256: FORMER, until: at(NOW + untilMs) }, ...over });

describe('the step for a token', () => {
	type World = { isCurrent?: boolean; isAdopted?: boolean };
	const EVERY = { rotateEvery: '1h' };
	const rows: [what: string, wanted: state.WantedToken, view: TokenView | undefined, world: World, step: state.TokenStep][] = [
		['no Secret', wanted(), undefined, {}, 'make'],
		['a Secret without a digest', wanted(), view({ sha256: undefined }), {}, 'rotate'],
		['a Secret without a generation', wanted(), view({ generation: undefined }), {}, 'rotate'],
		['a Secret as it was applied', wanted(), view(), {}, 'keep'],
		['one that was edited', wanted(), view(), { isCurrent: false }, 'rewrite'],
		['a higher generation asked for', wanted({ generation: 3 }), view(), {}, 'stage'],
		['a lower one, of a vault that was made anew', wanted({ generation: 1 }), view(), {}, 'stage'],
		['a generation asked for of one that was edited', wanted({ generation: 3 }), view(), { isCurrent: false }, 'stage'],
		['rotateEvery, a second before it is due', wanted(EVERY), view({ rotatedAt: at(NOW - HOUR + SECOND) }), {}, 'keep'],
		['rotateEvery, when it is due', wanted(EVERY), view(), {}, 'stage'],
		['rotateEvery, when the next one is staged', wanted(EVERY), staged(SECOND), {}, 'keep'],
		['a staged one that pods do not know yet', wanted({ overlap: '1m' }), staged(29 * SECOND), {}, 'keep'],
		['the same without an overlap', wanted(), staged(4 * SECOND), {}, 'keep'],
		['a staged one without an overlap that pods had 5 s to learn of', wanted(), staged(5 * SECOND), {}, 'switch'],
		['a staged one that pods know', wanted(), staged(SECOND), { isAdopted: true }, 'switch'],
		['a staged one that pods know, edited', wanted(), staged(SECOND), { isAdopted: true, isCurrent: false }, 'switch'],
		['a staged one that pods had 30 s to learn of', wanted({ overlap: '1m' }), staged(30 * SECOND), {}, 'switch'],
		['a staged one of the future: the clock was set back', wanted(), staged(-HOUR), {}, 'switch'],
		['a staged one that was edited', wanted(), staged(SECOND), { isCurrent: false }, 'rewrite'],
		['another generation than the staged one', wanted({ generation: 3 }), staged(SECOND), { isAdopted: true }, 'stage'],
		['an overlap that goes on', wanted({ overlap: '2h' }), overlapping(MINUTE), {}, 'keep'],
		['an overlap that is over', wanted({ overlap: '1h' }), overlapping(-MINUTE), {}, 'keep'],
	];
	for (const [what, asked, seen, { isCurrent = true, isAdopted = false }, step] of rows) {
		it(`[OPR-12] [OPR-40] ${what}: ${step}`, () => {
			const world = { now: NOW, isCurrent: () => isCurrent, isAdopted: (sha256: string) => isAdopted && sha256 === NEXT };
			assert.equal(state.tokenStep(asked, seen, world), step);
		});
	}
});

describe('the tokens that pods accept', () => {
	const LONG = wanted({ overlap: '2h' });
	const rows: [what: string, wanted: state.WantedToken, view: TokenView | undefined, accepted: [string, number | undefined][]][] = [
		['the present one', wanted(), view(), [[PRESENT, undefined]]],
		['none that was not made', wanted(), undefined, []],
		['none that is not whole', wanted(), view({ rotatedAt: undefined }), []],
		['without an overlap the staged one only', wanted(), staged(SECOND), [[NEXT, undefined]]],
		[
			'with an overlap the staged one and the present one',
			LONG,
			staged(SECOND),
			[
				[NEXT, undefined],
				[PRESENT, undefined],
			],
		],
		[
			'the former one until the overlap is over',
			LONG,
			overlapping(MINUTE),
			[
				[PRESENT, undefined],
				[FORMER, NOW + MINUTE],
			],
		],
		['the former one no longer than that', LONG, overlapping(0), [[PRESENT, undefined]]],
		[
			'the former one no longer than an overlap that was shortened',
			wanted({ overlap: '61m' }),
			overlapping(HOUR),
			[
				[PRESENT, undefined],
				[FORMER, NOW + MINUTE],
			],
		],
		['no former one when the overlap was taken out', wanted(), overlapping(HOUR), [[PRESENT, undefined]]],
		[
			'all three when one is staged in an overlap',
			LONG,
			overlapping(MINUTE, { next: { generation: 3, sha256: NEXT, stagedAt: at(NOW) } }),
			[
				[NEXT, undefined],
				[PRESENT, undefined],
				[FORMER, NOW + MINUTE],
			],
		],
	];
	for (const [what, asked, seen, accepted] of rows) {
		it(`[OPR-41] are ${what}`, () => {
			const told = state.acceptedTokens(asked, seen, NOW);
			assert.deepEqual(
				told.map(({ sha256, until }) => [sha256, until]),
				accepted,
			);
		});
	}

	it('[OPR-42] are wanted of pods by their ids', () => {
		const views = new Map([['team', staged(SECOND)]]);
		assert.deepEqual(state.wantedIds([LONG, wanted({ name: 'unmade' })], views, NOW), {
			team: [state.tokenId(NEXT), state.tokenId(PRESENT)],
		});
	});
});

describe('whether pods have adopted a token', () => {
	const knows = (...shas: string[]) => ({ reply: build.reply({ tokens: { team: shas.map(state.tokenId) } }) });
	const everyPod = (...shas: string[]) => [0, 1, 2].map(ordinal => build.withProbe(ordinal, knows(...shas)));
	const rows: [what: string, modifiers: build.Modifier[], isAdopted: boolean][] = [
		['every ready pod says so', everyPod(PRESENT, NEXT), true],
		['one knows another token of the same generation', [...everyPod(NEXT), build.withProbe(2, knows(PRESENT))], false],
		['one was not asked yet', [...everyPod(NEXT), build.unasked(2)], false],
		['one failed to answer just now', [...everyPod(NEXT), build.withProbe(2, { ...knows(PRESENT), failures: 2 })], false],
		['one is down', [...everyPod(NEXT), build.withProbe(2, { ...knows(PRESENT), isDown: true })], true],
		['one is not ready', [...everyPod(NEXT), build.withProbe(2, knows(PRESENT)), build.withPod(2, { isReady: false })], true],
		[
			'all are down: the operator cannot hear them',
			[0, 1, 2].map(ordinal => build.withProbe(ordinal, { ...knows(NEXT), isDown: true })),
			false,
		],
		['there is no pod', [build.withoutPods()], true],
	];
	for (const [what, modifiers, isAdopted] of rows) {
		it(`[OPR-40] [OPR-42] ${what}: ${isAdopted}`, () => {
			assert.equal(state.isAdopted(build.facts(...modifiers), 'team', NEXT), isAdopted);
		});
	}
});

describe('when to look at tokens again', () => {
	const EVERY = wanted({ rotateEvery: '2h', overlap: '90m' });
	const rows: [what: string, wanted: state.WantedToken, view: TokenView, afterMs: number | undefined][] = [
		['nothing is to come', wanted(), view(), undefined],
		['a token is to be rotated', EVERY, view(), HOUR],
		['a rotation is late', EVERY, view({ rotatedAt: at(NOW - 2 * HOUR - SECOND) }), 59 * SECOND],
		['a rotation is very late', EVERY, view({ rotatedAt: at(NOW - 3 * HOUR) }), undefined],
		['pods are to learn of a staged token', EVERY, staged(10 * SECOND), 20 * SECOND],
		['an overlap is to end', EVERY, overlapping(MINUTE), MINUTE],
		['an overlap is over', wanted({ overlap: '1h' }), overlapping(-MINUTE), undefined],
	];
	for (const [what, asked, seen, afterMs] of rows) {
		it(`[OPR-43] ${what}: ${afterMs} ms`, () => assert.equal(state.tokensAgainAfterMs([asked], new Map([['team', seen]]), NOW), afterMs));
	}

	it('the soonest of all counts', () => {
		const views = new Map([
			['team', view()],
			['admin', staged(SECOND)],
		]);
		assert.equal(state.tokensAgainAfterMs([EVERY, wanted({ name: 'admin' })], views, NOW), 4 * SECOND);
	});
});

describe('annotations of a token Secret', () => {
	const annotations = {
		...{ [ANNOTATIONS.generation]: '2', [ANNOTATIONS.tokenDigest]: PRESENT, [ANNOTATIONS.rotatedAt]: at(NOW) },
		...{ [ANNOTATIONS.nextGeneration]: '3', [ANNOTATIONS.nextDigest]: NEXT, [ANNOTATIONS.nextAt]: at(NOW) },
		...{ [ANNOTATIONS.previousGeneration]: '1', [ANNOTATIONS.previousDigest]: FORMER, [ANNOTATIONS.previousUntil]: at(NOW) },
	};
	const read = (over: Record<string, string> = {}) => state.tokenView('team', { ...annotations, ...over });

	it('tell the present, the next and the former token', () => {
		assert.deepEqual(read(), {
			...{ name: 'team', generation: 2, sha256: PRESENT, rotatedAt: at(NOW) },
			next: { generation: 3, sha256: NEXT, stagedAt: at(NOW) },
			previous: { generation: 1, sha256: FORMER, until: at(NOW) },
		});
	});

	it('are read as untrusted', () => {
		for (const generation of ['', '0', '-1', '1.5', 'NaN', '9'.repeat(30)])
			assert.equal(read({ [ANNOTATIONS.generation]: generation }).generation, undefined, generation);
		for (const sha256 of ['', 'xx', PRESENT.toUpperCase()]) assert.equal(read({ [ANNOTATIONS.tokenDigest]: sha256 }).sha256, undefined);
		for (const rotatedAt of ['', 'soon', '2026-13-01T00:00:00Z'])
			assert.equal(read({ [ANNOTATIONS.rotatedAt]: rotatedAt }).rotatedAt, undefined);
	});

	it('leave out a next or a former token that is not whole', () => {
		for (const name of [ANNOTATIONS.nextGeneration, ANNOTATIONS.nextDigest, ANNOTATIONS.nextAt])
			assert.equal(read({ [name]: 'x' }).next, undefined, name);
		for (const name of [ANNOTATIONS.previousGeneration, ANNOTATIONS.previousDigest, ANNOTATIONS.previousUntil])
			assert.equal(read({ [name]: 'x' }).previous, undefined, name);
	});
});
