import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import type { TokenView } from '../../../operator/observe/observed.ts';
import { Applier } from '../../../operator/reconcile/apply.ts';
import type { WantedToken } from '../../../operator/reconcile/token-state.ts';
import { makeToken, tokenDigest } from '../../../operator/reconcile/token-text.ts';
import { ensureToken, type TokenEffects, verifiersOf } from '../../../operator/reconcile/tokens.ts';
import { NOW, vault } from './builders.ts';
import { FakeApi } from './fake-api.ts';

const KEY = 'rune/secrets/acme-token-team';

describe('a token Secret', () => {
	let api: FakeApi;
	let steps: string[];
	let effects: TokenEffects;
	let isAdopted: boolean;
	const acme = vault();
	const decoded = (field: string) => Buffer.from(Object(api.objects.get(KEY)?.data)[field] ?? '', 'base64').toString();
	const text = () => decoded('token');
	const ensure = (generation = 1, of = acme, over: Partial<WantedToken> = {}) =>
		ensureToken(of, { name: 'team', generation, overlap: '0s', ...over }, effects);
	const complete = (view: Awaited<ReturnType<typeof ensure>>): TokenView => {
		assert.ok(view !== undefined && 'sha256' in view);
		return view;
	};
	/** A new operator, which knows what the API server has. */
	const restart = () => {
		api.sync();
		effects = { ...effects, applier: new Applier({ transport: api, find: api.find, now: () => 0 }) };
	};

	beforeEach(() => {
		api = new FakeApi();
		steps = [];
		isAdopted = false;
		effects = {
			applier: new Applier({ transport: api, find: api.find, now: () => 0 }),
			inputs: { version: '0.1.0' },
			readTexts: async () => ({ token: text() || undefined, next: decoded('next') || undefined }),
			randomBytes,
			now: NOW,
			isAdopted: () => isAdopted,
			onStep: (step, token, until) => void steps.push([step, token, until].filter(Boolean).join(' ')),
		};
	});

	it('[OPR-12] is made once, and rotated once a generation', async () => {
		const made = await ensure();
		const first = text();
		assert.equal(complete(made).sha256, tokenDigest(first));
		for (const isSynced of [false, true]) {
			if (isSynced) api.sync();
			assert.deepEqual(await ensure(), made);
		}
		await ensure(2);
		isAdopted = true;
		const rotated = await ensure(2);
		assert.notEqual(text(), first);
		assert.equal(complete(rotated).sha256, tokenDigest(text()));
		assert.deepEqual(await ensure(2), rotated, 'although the cache still has the first generation');
		assert.deepEqual(steps, ['make team', 'switch team']);
	});

	it('[OPR-12] is not made twice when the cache does not show it yet', async () => {
		await ensure();
		const first = text();
		effects = { ...effects, applier: new Applier({ transport: api, find: api.find, now: () => 0 }) };
		await ensure();
		assert.equal(text(), first);
		assert.deepEqual(steps, ['make team']);
	});

	it('[OPR-40] keeps its token while the next one is staged, and then has that', async () => {
		await ensure();
		const first = text();
		const staged = complete(await ensure(2));
		const next = decoded('next');
		assert.deepEqual([text(), staged.generation, staged.next?.generation], [first, 1, 2]);
		assert.equal(staged.next?.sha256, tokenDigest(next));
		assert.deepEqual(await ensure(2), staged, 'pods do not know it yet');
		isAdopted = true;
		const switched = complete(await ensure(2));
		assert.deepEqual([text(), decoded('next')], [next, '']);
		assert.deepEqual([switched.generation, switched.next, switched.previous], [2, undefined, undefined]);
	});

	it('[OPR-40] is staged anew when another generation is asked for meanwhile', async () => {
		await ensure();
		await ensure(2);
		const abandoned = decoded('next');
		isAdopted = true;
		const again = complete(await ensure(3));
		assert.notEqual(decoded('next'), abandoned);
		assert.deepEqual([again.generation, again.next?.generation], [1, 3]);
		await ensure(3);
		assert.equal(decoded('token') === abandoned, false);
	});

	it('[OPR-41] notes the token before with the end of its overlap', async () => {
		const made = complete(await ensure());
		await ensure(2, acme, { overlap: '1h' });
		isAdopted = true;
		effects.now = NOW + 5_500;
		const { previous, rotatedAt } = complete(await ensure(2, acme, { overlap: '1h' }));
		assert.equal(rotatedAt, '2026-03-01T12:00:05Z');
		assert.deepEqual(previous, { generation: 1, sha256: made.sha256, until: '2026-03-01T13:00:05Z' });
		assert.deepEqual(steps, ['make team', 'switch team 2026-03-01T13:00:05Z']);
	});

	it('[OPR-43] is rotated at the same generation when it is due', async () => {
		await ensure();
		const first = text();
		const every = { rotateEvery: '1h' };
		await ensure(1, acme, every);
		assert.equal(decoded('next'), '');
		effects.now = NOW + 3_600_000;
		isAdopted = true;
		await ensure(1, acme, every);
		const { generation, rotatedAt } = complete(await ensure(1, acme, every));
		assert.notEqual(text(), first);
		assert.deepEqual([generation, rotatedAt], [1, '2026-03-01T13:00:00Z']);
	});

	it('[OPR-14] keeps its texts beside a new endpoint, and when other fields were edited', async () => {
		await ensure();
		const exposed = vault({ ingress: { state: 'Enabled', host: 'vault.example.com' } });
		for (const generation of [1, 2]) {
			const view = await ensure(generation);
			const [first, next] = [text(), decoded('next')];
			api.sync();
			assert.deepEqual(await ensure(generation, exposed), view);
			assert.deepEqual([text(), decoded('next')], [first, next]);
			assert.match(decoded('mcp.json'), /http:\/\/vault\.example\.com\/mcp/);
			api.edit(KEY, object => ({ ...object, data: { ...Object(object.data), endpoint: 'AAAA' } }));
			api.sync();
			await ensure(generation, exposed);
			assert.deepEqual([text(), decoded('next')], [first, next]);
		}
		assert.deepEqual(steps, ['make team', 'rewrite team', 'rewrite team']);
	});

	it('[OPR-14] gets a new text when somebody has put another in its place, also when one is staged', async () => {
		await ensure();
		for (const generation of [1, 2]) {
			await ensure(generation);
			const planted = makeToken('acme', randomBytes);
			api.edit(KEY, object => ({ ...object, data: { ...Object(object.data), token: Buffer.from(planted).toString('base64') } }));
			api.sync();
			const view = complete(await ensure(generation));
			assert.notEqual(text(), planted);
			assert.deepEqual([view.sha256, view.next, decoded('next')], [tokenDigest(text()), undefined, '']);
		}
		assert.deepEqual(steps, ['make team', 'rotate team', 'rotate team']);
	});

	it('[OPR-40] is staged anew when somebody has put another text in the place of the next one', async () => {
		await ensure();
		await ensure(2);
		const first = text();
		const planted = makeToken('acme', randomBytes);
		for (const adopted of [false, true]) {
			api.edit(KEY, object => ({ ...object, data: { ...Object(object.data), next: Buffer.from(planted).toString('base64') } }));
			api.sync();
			isAdopted = adopted;
			const { next } = complete(await ensure(2));
			assert.notEqual(decoded('next'), planted);
			assert.deepEqual([text(), next?.sha256], [first, tokenDigest(decoded('next'))]);
		}
	});

	it('[OPR-19] goes on from any step with an operator that is started anew', async () => {
		const wish = [2, acme, { overlap: '1h' }] as const;
		await ensure();
		restart();
		await ensure(...wish);
		const [first, next] = [text(), decoded('next')];
		restart();
		await ensure(...wish);
		assert.deepEqual([text(), decoded('next')], [first, next]);
		isAdopted = true;
		restart();
		const switched = await ensure(...wish);
		restart();
		assert.deepEqual(await ensure(...wish), switched);
		assert.equal(text(), next);
		assert.deepEqual(steps, ['make team', 'switch team 2026-03-01T13:00:00Z']);
	});

	it('[OPR-13] has the texts nowhere but in its data', async () => {
		await ensure();
		await ensure(2);
		const { data, applied, metadata, ...rest } = Object(api.objects.get(KEY));
		const { managedFields, ...told } = metadata;
		assert.ok(text().length > 32 && decoded('next').length > 32);
		assert.doesNotMatch(JSON.stringify({ ...rest, told }), /evt_acme_/);
	});
});

describe('verifiers', () => {
	const SHA256 = 'ab'.repeat(32);
	const view = (name: string): TokenView => ({ name, generation: 1, sha256: SHA256, rotatedAt: '2026-03-01T11:00:00Z' });

	it('[OPR-14] hold the tokens of the spec in its order, and leave out what could not be made', () => {
		const acme = vault({ access: { tokens: [{ name: 'b', role: 'Admin' }, { name: 'a' }, { name: 'c' }] } });
		const tokens = new Map([
			['a', view('a')],
			['b', view('b')],
			['c', { ...view('c'), sha256: undefined }],
			['former', view('former')],
		]);
		assert.deepEqual(
			verifiersOf(acme, tokens, NOW).map(({ name, role }) => [name, role]),
			[
				['b', 'Admin'],
				['a', 'Member'],
			],
		);
	});

	it('[OPR-41] hold the token before with the time from which on it is refused', () => {
		const acme = vault({ access: { tokens: [{ name: 'team', generation: 2, role: 'Admin', overlap: '2h' }] } });
		const previous = { generation: 1, sha256: 'cd'.repeat(32), until: '2026-03-01T13:00:00Z' };
		const tokens = new Map([['team', { ...view('team'), generation: 2, previous }]]);
		const present = { name: 'team', role: 'Admin', generation: 2, sha256: SHA256 };
		assert.deepEqual(verifiersOf(acme, tokens, NOW), [
			present,
			{ name: 'team', role: 'Admin', generation: 1, sha256: previous.sha256, expiresAt: previous.until },
		]);
		assert.deepEqual(verifiersOf(acme, tokens, NOW + 3_600_000), [present]);
	});
});
