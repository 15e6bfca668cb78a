import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { ANNOTATIONS } from '../../../operator/desired/names.ts';
import type { TokenView } from '../../../operator/observe/observed.ts';
import { Applier } from '../../../operator/reconcile/apply.ts';
import { isToken, makeToken, tokenDigest } from '../../../operator/reconcile/token-text.ts';
import { ensureToken, type TokenEffects, tokenStep, tokenView, verifiersOf } from '../../../operator/reconcile/tokens.ts';
import { vault } from './builders.ts';
import { FakeApi } from './fake-api.ts';

const KEY = 'rune/secrets/acme-token-team';
const LATER = '2026-04-01T00:00:00Z';

describe('the text of a token', () => {
	it('[OPR-12] is evt_{team}_ and 32 characters of base62', () => {
		const text = makeToken('acme', randomBytes);
		assert.match(text, /^evt_acme_[0-9A-Za-z]{32}$/);
		assert.ok(isToken(text, 'acme'));
		assert.ok(!isToken(text, 'other'));
		assert.ok(!isToken(`${text}x`, 'acme'));
		assert.ok(!isToken(text.slice(0, -1), 'acme'));
	});

	it('[OPR-12] takes every character equally often: bytes that would favour some are thrown away', () => {
		const counts = new Map<string, number>();
		for (let byte = 0; byte < 256; byte++) {
			let calls = 0;
			// Bytes that are thrown away are followed by others.
			const text = makeToken('a', size => new Uint8Array(size).fill(calls++ === 0 ? byte : 0));
			const [character = ''] = text.slice('evt_a_'.length);
			assert.equal(text, `evt_a_${character.repeat(32)}`);
			if (calls === 1) counts.set(character, (counts.get(character) ?? 0) + 1);
			else assert.ok(byte >= 248, `${byte} was thrown away`);
		}
		assert.equal(counts.size, 62);
		assert.deepEqual(new Set(counts.values()), new Set([4]));
	});
});

describe('the step for a token', () => {
	const view = tokenView('team', {
		[ANNOTATIONS.generation]: '2',
		[ANNOTATIONS.tokenDigest]: 'ab'.repeat(32),
		[ANNOTATIONS.rotatedAt]: '2026-03-01T00:00:00Z',
	});
	const damaged = tokenView('team', { [ANNOTATIONS.generation]: '2', [ANNOTATIONS.tokenDigest]: 'xx' });

	it('[OPR-12] follows from the Secret and the generation', () => {
		assert.equal(
			tokenStep({ generation: 2 }, undefined, () => true),
			'make',
		);
		assert.equal(
			tokenStep({ generation: 2 }, view, () => true),
			'keep',
		);
		assert.equal(
			tokenStep({ generation: 2 }, view, () => false),
			'rewrite',
		);
		assert.equal(
			tokenStep({ generation: 3 }, view, () => true),
			'rotate',
		);
		assert.equal(
			tokenStep({ generation: 1 }, view, () => true),
			'rotate',
		);
		assert.equal(
			tokenStep({ generation: 2 }, damaged, () => true),
			'rotate',
		);
	});

	it('reads annotations as untrusted', () => {
		assert.deepEqual(damaged, { name: 'team', generation: 2, sha256: undefined, rotatedAt: undefined });
		for (const generation of ['', '0', '-1', '1.5', 'NaN', '9'.repeat(30)]) {
			assert.equal(tokenView('team', { [ANNOTATIONS.generation]: generation }).generation, undefined, generation);
		}
	});
});

describe('a token Secret', () => {
	let api: FakeApi;
	let steps: string[];
	let effects: TokenEffects;
	const acme = vault();
	const text = () => Buffer.from(Object(api.objects.get(KEY)?.data).token ?? '', 'base64').toString();
	const ensure = (generation = 1, of = acme) => ensureToken(of, { name: 'team', generation }, effects);
	const digestIn = (view: Awaited<ReturnType<typeof ensure>>) => (view !== undefined && 'sha256' in view ? view.sha256 : undefined);

	beforeEach(() => {
		api = new FakeApi();
		steps = [];
		const applier = new Applier({ transport: api, find: api.find, now: () => 0 });
		effects = {
			applier,
			version: '0.1.0',
			readToken: async () => text() || undefined,
			randomBytes,
			now: '2026-03-01T00:00:00Z',
			onStep: (step, token) => void steps.push(`${step} ${token}`),
		};
	});

	it('[OPR-12] is made once, and rotated once a generation', async () => {
		const made = await ensure();
		const first = text();
		assert.equal(digestIn(made), tokenDigest(first));
		for (const isSynced of [false, true]) {
			if (isSynced) api.sync();
			assert.deepEqual(await ensure(), made);
		}
		const rotated = await ensure(2);
		assert.notEqual(text(), first);
		assert.equal(digestIn(rotated), tokenDigest(text()));
		assert.deepEqual(await ensure(2), rotated, 'although the cache still has the first generation');
		assert.deepEqual(steps, ['make team', 'rotate team']);
	});

	it('[OPR-12] is not made twice when the cache does not show it yet', async () => {
		await ensure();
		const first = text();
		const { randomBytes: _random, ...rest } = effects;
		const restarted = { ...rest, randomBytes, applier: new Applier({ transport: api, find: api.find, now: () => 0 }) };
		await ensureToken(acme, { name: 'team', generation: 1 }, restarted);
		assert.equal(text(), first);
		assert.deepEqual(steps, ['make team']);
	});

	it('[OPR-14] keeps its text beside a new endpoint, and when other fields were edited', async () => {
		const made = await ensure();
		const first = text();
		api.sync();
		effects.now = LATER;
		const exposed = vault({ ingress: { state: 'Enabled', host: 'vault.example.com' } });
		assert.deepEqual(await ensure(1, exposed), made);
		assert.equal(text(), first);
		assert.match(Buffer.from(Object(api.objects.get(KEY)?.data)['mcp.json'], 'base64').toString(), /http:\/\/vault\.example\.com\/mcp/);
		api.edit(KEY, object => ({ ...object, data: { ...Object(object.data), endpoint: 'AAAA' } }));
		api.sync();
		await ensure(1, exposed);
		assert.equal(text(), first);
		assert.deepEqual(steps, ['make team', 'rewrite team']);
	});

	it('[OPR-14] gets a new text when somebody has put another in its place', async () => {
		await ensure();
		const planted = makeToken('acme', randomBytes);
		api.edit(KEY, object => ({ ...object, data: { token: Buffer.from(planted).toString('base64') } }));
		api.sync();
		const view = await ensure();
		assert.notEqual(text(), planted);
		assert.equal(digestIn(view), tokenDigest(text()));
		assert.deepEqual(steps, ['make team', 'rotate team']);
	});

	it('[OPR-13] has the text nowhere but in its data', async () => {
		await ensure();
		const { data, applied, metadata, ...rest } = Object(api.objects.get(KEY));
		const { managedFields, ...told } = metadata;
		assert.ok(text().length > 32 && !JSON.stringify({ ...rest, told }).includes(text()));
	});
});

describe('verifiers', () => {
	it('[OPR-14] hold the tokens of the spec in its order, and leave out what could not be made', () => {
		const acme = vault({ access: { tokens: [{ name: 'b', role: 'Admin' }, { name: 'a' }, { name: 'c' }] } });
		const view = (name: string): TokenView => ({ name, generation: 1, sha256: 'ab'.repeat(32), rotatedAt: LATER });
		const tokens = new Map([
			['a', view('a')],
			['b', view('b')],
			['c', { ...view('c'), sha256: undefined }],
			['former', view('former')],
		]);
		assert.deepEqual(
			verifiersOf(acme, tokens).map(({ name, role }) => [name, role]),
			[
				['b', 'Admin'],
				['a', 'Member'],
			],
		);
	});
});
