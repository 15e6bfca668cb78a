/** Who may call: bearer header, verifiers, lockout, token bucket. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { parseBearer } from '../../../vault/auth/bearer.ts';
import { createBuckets } from '../../../vault/auth/bucket.ts';
import { createLockout } from '../../../vault/auth/lockout.ts';
import { fixedVerifiers, parseVerifiers, verifyToken } from '../../../vault/auth/verifiers.ts';

const token = 'evt_acme_0123456789abcdefghijABCDEFGHIJ01';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('parseBearer', () => {
	const cases: [string, string[], ReturnType<typeof parseBearer>][] = [
		['no header', [], { kind: 'missing' }],
		['a token', [`Bearer ${token}`], { kind: 'token', token }],
		['scheme in another case, more spaces', [`bearer   ${token} `], { kind: 'token', token }],
		['another scheme', ['Basic dXNlcjpwYXNz'], { kind: 'malformed' }],
		['no token', ['Bearer '], { kind: 'malformed' }],
		['two tokens', [`Bearer ${token} ${token}`], { kind: 'malformed' }],
		['two headers', [`Bearer ${token}`, `Bearer ${token}`], { kind: 'malformed' }],
		['control characters', [`Bearer ${token}\u0000`], { kind: 'malformed' }],
		['512 characters', [`Bearer ${'a'.repeat(512)}`], { kind: 'token', token: 'a'.repeat(512) }],
		['513 characters', [`Bearer ${'a'.repeat(513)}`], { kind: 'malformed' }],
	];
	for (const [name, values, expected] of cases) it(name, () => assert.deepEqual(parseBearer(values), expected));
});

describe('verifiers', () => {
	const table = parseVerifiers(
		JSON.stringify({
			tokens: [
				{ name: 'team', role: 'Member', generation: 2, sha256: sha256(token) },
				{ name: 'guest', role: 'Member', generation: 1, sha256: sha256('guest'), expiresAt: '2026-01-01T00:00:00Z' },
			],
		}),
	);
	const expiry = Date.parse('2026-01-01T00:00:00Z');

	it('[VLT-2] knows a token by its hash, with its name, role and generation', () => {
		assert.deepEqual(verifyToken(table, token, 0), {
			ok: true,
			identity: { name: 'team', role: 'Member', generation: 2, id: sha256(token).slice(0, 16) },
		});
	});
	it('does not know another token', () => assert.deepEqual(verifyToken(table, `${token}x`, 0), { ok: false, reason: 'unknown' }));
	it('a token is good until the moment it expires', () => {
		assert.equal(verifyToken(table, 'guest', expiry - 1).ok, true);
		assert.deepEqual(verifyToken(table, 'guest', expiry), { ok: false, reason: 'expired' });
	});
	it('[OPR-42] tells the ids of the tokens it accepts, until the moment one expires', () => {
		const [team, guest] = [token, 'guest'].map(text => sha256(text).slice(0, 16));
		assert.deepEqual(fixedVerifiers(table, () => expiry - 1).ids(), { team: [team], guest: [guest] });
		assert.deepEqual(fixedVerifiers(table, () => expiry).ids(), { team: [team] });
	});
	for (const [name, text, message] of [
		['not JSON', '{', /^not JSON$/],
		[
			'a hash that is none',
			JSON.stringify({ tokens: [{ name: 'a', role: 'Member', generation: 1, sha256: token }] }),
			/^tokens\.0\.sha256/,
		],
		['an unknown role', JSON.stringify({ tokens: [{ name: 'a', role: 'Root', generation: 1, sha256: sha256('a') }] }), /^tokens\.0\.role/],
	] as const) {
		it(`refuses ${name} without repeating the value`, () => {
			assert.throws(() => parseVerifiers(text), { code: 'invalid_argument', message });
			assert.throws(
				() => parseVerifiers(text),
				(error: Error) => !error.message.includes(token),
			);
		});
	}
});

describe('lockout', () => {
	it('[VLT-4] locks an address after the limit and until its minute ends', () => {
		let time = 0;
		const lockout = createLockout({ limit: 3, now: () => time });
		assert.deepEqual(
			[1, 2, 3].map(() => lockout.fail('10.0.0.1')),
			[undefined, undefined, undefined],
		);
		assert.equal(lockout.fail('10.0.0.1'), 60);
		assert.equal(lockout.fail('10.0.0.2'), undefined);
		time = 59_500;
		assert.equal(lockout.fail('10.0.0.1'), 1);
		time = 60_000;
		assert.equal(lockout.fail('10.0.0.1'), undefined);
	});
	it('[VLT-4] remembers a bounded number of addresses, forgetting the oldest', () => {
		const lockout = createLockout({ limit: 1, capacity: 100, now: () => 0 });
		for (let i = 0; i < 10_000; i++) lockout.fail(`10.${i >> 8}.${i & 255}.1`);
		assert.equal(lockout.size, 100);
		assert.equal(lockout.fail('10.39.15.1'), 60, 'the newest is remembered');
		assert.equal(lockout.fail('10.0.0.1'), undefined, 'the oldest is not');
	});
});

describe('token bucket', () => {
	it('[VLT-5] admits a minute of work at once, then at the steady rate', () => {
		let time = 0;
		const buckets = createBuckets({ perMinute: 60, now: () => time });
		for (let i = 0; i < 60; i++) assert.equal(buckets.take('team', 1), undefined);
		assert.equal(buckets.take('team', 1), 1);
		time = 999;
		assert.equal(buckets.take('team', 1), 1);
		time = 1000;
		assert.equal(buckets.take('team', 1), undefined);
		assert.equal(buckets.take('admin', 1), undefined, 'each name has its own');
	});
	it('says how long to wait for work of several units', () => {
		const buckets = createBuckets({ perMinute: 60, now: () => 0 });
		buckets.take('team', 50);
		assert.equal(buckets.take('team', 16), 6);
	});
	it('work larger than a bucket goes when the bucket is full, and is owed', () => {
		let time = 0;
		const buckets = createBuckets({ perMinute: 6, now: () => time });
		assert.equal(buckets.take('team', 16), undefined);
		assert.equal(buckets.take('team', 1), 110);
		time = 110_000;
		assert.equal(buckets.take('team', 1), undefined);
	});
	it('a clock set back takes nothing away', () => {
		let time = 100_000;
		const buckets = createBuckets({ perMinute: 60, now: () => time });
		buckets.take('team', 10);
		time = 0;
		assert.equal(buckets.take('team', 50), undefined);
	});
});
