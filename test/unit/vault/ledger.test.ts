import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rejectedTokens } from '../../../crds/ledger.ts';
import { identity, KEY, LedgerWorld, settle } from './ledger-world.ts';

const LIMIT = 1000;
const refuse = { limitPerKey: LIMIT, onLimit: 'Refuse' } as const;

describe('the account of released bits', () => {
	it('[VLT-91] bits are on account before they are spent, and a restart remembers them', async () => {
		const world = new LedgerWorld();
		await world.pod().reserve(100, identity(), KEY);
		const after = world.onAccount;
		assert.ok(after >= 100);
		const restarted = world.pod();
		await restarted.refresh();
		assert.equal(restarted.balance(identity(), KEY).released, after);
		await restarted.reserve(100, identity(), KEY);
		assert.ok(world.onAccount >= after + 100, 'what the pod before had left is lost, not spent');
	});

	it('[VLT-92] Refuse refuses when the bits are spent, and says what to do; nothing is asked of the account from then on', async () => {
		const world = new LedgerWorld();
		const pods = [world.pod(refuse), world.pod(refuse)];
		let spent = 0;
		const errors = new Set<string>();
		for (let call = 0; call < 40; call++) {
			await pods[call % 2]?.reserve(50, identity(), KEY).then(
				() => (spent += 50),
				error => errors.add(`${error.code}: ${error.message}`),
			);
		}
		assert.ok(spent > LIMIT - 100 && spent <= LIMIT, 'but for what is less than a call, in each pod');
		assert.equal(world.onAccount, LIMIT);
		assert.deepEqual(
			[...errors],
			['budget_spent: The key may give away no more than 1000 bits, and has: an administrator has to rotate it'],
		);
		const { writes } = world;
		await assert.rejects(pods[0]?.reserve(50, identity(), KEY) ?? Promise.resolve(), { code: 'budget_spent' });
		assert.equal(world.writes, writes);
		await pods[0]?.reserve(1, identity(), { fingerprint: 'sha256:other' });
	});

	it('[VLT-92] Alert goes on when the bits are spent, and the account tells', async () => {
		const world = new LedgerWorld();
		const pod = world.pod({ limitPerKey: LIMIT });
		for (let call = 0; call < 40; call++) await pod.reserve(50, identity(), KEY);
		assert.ok(world.onAccount >= 2000);
		const { left, limit, released } = pod.balance(identity(), KEY);
		assert.deepEqual([left, limit, released], [0, LIMIT, world.onAccount]);
	});

	it('[VLT-91] two pods that reserve at once each have bits of their own', async () => {
		const world = new LedgerWorld();
		const pods = [world.pod(refuse), world.pod(refuse)];
		const calls = Array.from({ length: 30 }, (_, call) => pods[call % 2]?.reserve(50, identity(), KEY));
		const kept = (await Promise.allSettled(calls)).filter(({ status }) => status === 'fulfilled').length;
		assert.ok(kept * 50 <= world.onAccount, `${kept * 50} spent, ${world.onAccount} on account`);
		assert.ok(world.onAccount <= LIMIT);
	});

	it('[VLT-93] Alert does not wait for an account that is away: it owes, and pays when it is back', async () => {
		const world = new LedgerWorld();
		const pod = world.pod();
		world.isAway = true;
		for (let call = 0; call < 5; call++) {
			await pod.reserve(100, identity(), KEY);
			await settle();
		}
		assert.equal(world.onAccount, 0);
		assert.equal(pod.totals.failures, 1, 'tried once, and not with every call');
		world.isAway = false;
		await world.clock.advance(2000);
		await pod.refresh();
		assert.ok(world.onAccount >= 500);
		assert.deepEqual(world.told, ['Error: away', 'reached'], 'one line when it goes and one when it comes');
	});

	it('[VLT-93] Alert waits a quarter of a second for an account that does not answer', async () => {
		const world = new LedgerWorld();
		const { promise, resolve } = Promise.withResolvers<void>();
		const { update } = world.store;
		world.store.update = async change => {
			await promise;
			return update(change);
		};
		const pod = world.pod();
		let isDone = false;
		const call = pod.reserve(100, identity(), KEY).then(() => (isDone = true));
		await world.clock.advance(249);
		assert.equal(isDone, false);
		await world.clock.advance(1);
		await call;
		resolve();
		await settle();
		assert.ok(world.onAccount >= 100);
	});

	it('[VLT-93] Refuse spends the block it has, then refuses until the account is back', async () => {
		const world = new LedgerWorld();
		const pod = world.pod({ limitPerKey: 3000, onLimit: 'Refuse' });
		await pod.reserve(1, identity(), KEY);
		const block = world.onAccount;
		assert.ok(block >= 10, 'ten calls of the first');
		world.isAway = true;
		for (let bits = 1; bits < Math.floor(block); bits++) await pod.reserve(1, identity(), KEY);
		await assert.rejects(pod.reserve(block, identity(), KEY), { code: 'not_ready' });
		world.isAway = false;
		await world.clock.advance(2000);
		await pod.reserve(block, identity(), KEY);
	});

	it('[VLT-91] a write of which no answer came is taken for one that failed', async () => {
		const world = new LedgerWorld();
		const pod = world.pod(refuse);
		world.faults = ['lost'];
		await assert.rejects(pod.reserve(100, identity(), KEY), { code: 'not_ready' });
		const lost = world.onAccount;
		await world.clock.advance(2000);
		await pod.reserve(100, identity(), KEY);
		assert.ok(world.onAccount >= lost + 100);
	});

	for (const perSecond of [0.1, 2, 30]) {
		it(`[VLT-94] at ${perSecond} calls a second a pod writes once in ten seconds at most`, async () => {
			const world = new LedgerWorld();
			const pod = world.pod({ limitPerKey: 1e9 });
			const drive = async (seconds: number) => {
				for (let call = 0; call < seconds * perSecond; call++) {
					await pod.reserve(0.6, identity(), KEY);
					await world.clock.advance(1000 / perSecond);
				}
			};
			await drive(60);
			const before = world.writes;
			await drive(300);
			assert.ok(world.writes - before <= 30, `${world.writes - before} writes in 300 s`);
			assert.ok(world.onAccount >= 0.6 * Math.floor(360 * perSecond));
			assert.ok(world.onAccount <= 0.6 * 400 * perSecond + 30, 'and does not hoard');
		});
	}

	it('[VLT-94] while the rate grows, nothing but calls that wait makes it write sooner', async () => {
		const world = new LedgerWorld();
		const pod = world.pod({ limitPerKey: 100 });
		await pod.reserve(0.1, identity(), KEY);
		for (let call = 0; call < 7; call++) {
			await pod.reserve(0.1, identity(), KEY);
			await settle();
		}
		assert.equal(world.writes, 1);
	});

	it('[VLT-96] tells bits by token and day, of eight days', async () => {
		const world = new LedgerWorld();
		const pod = world.pod();
		for (let day = 0; day < 10; day++) {
			await pod.reserve(2, identity('team'), KEY);
			await pod.reserve(1, identity('guest'), KEY);
			await world.clock.advance(10_000);
			await pod.refresh();
			assert.equal(pod.balance(identity('team'), KEY).today, 2);
			await world.clock.advance(86_400_000 - 10_000);
		}
		const days = Object.entries(world.snapshot.data).filter(([field]) => field.startsWith('day.'));
		assert.equal(days.length, 8);
		assert.deepEqual(JSON.parse(days.at(-1)?.[1] ?? ''), { team: 2, guest: 1 });
	});

	it('[VLT-91] what somebody edits down, or deletes, is put back by the pods', async () => {
		const world = new LedgerWorld();
		const pod = world.pod();
		await pod.reserve(500, identity(), KEY);
		const before = world.onAccount;
		world.set({}, 'second');
		await pod.reserve(10_000, identity(), KEY);
		assert.ok(world.onAccount >= before + 10_000 - 500);
	});

	it('[OPR-93] a pod that never saw the former account goes by the floor that the operator keeps', async () => {
		const world = new LedgerWorld();
		world.set({ 'floor.abababababababab': '900', 'bits.abababababababab': 'nonsense' });
		const pod = world.pod(refuse);
		await pod.reserve(100, identity(), KEY);
		await assert.rejects(pod.reserve(1, identity(), KEY), { code: 'budget_spent' });
	});
});

describe('the lock of a token', () => {
	const [bad, good] = [identity('team', 'bad'), identity('team', 'good')];

	it('[VLT-95] comes with the third rejection, on this pod at once and on others when they look', async () => {
		const world = new LedgerWorld();
		const [one, other] = [world.pod(), world.pod()];
		for (let rejection = 0; rejection < 3; rejection++) {
			one.admit(bad);
			await one.guardRejected(bad, KEY);
		}
		const locked = { code: 'token_locked', message: /guard rows were damaged 3 times\. An administrator unlocks it$/ };
		assert.throws(() => one.admit(bad), locked);
		await other.refresh();
		assert.throws(() => other.admit(bad), locked);
		one.admit(good);
		assert.equal(one.totals.guardRejections, 3);
		assert.ok(world.onAccount >= 60, 'a refusal tells something as well');
	});

	it('[VLT-95] counts rejections of all pods, and survives their restart', async () => {
		const world = new LedgerWorld();
		for (let restart = 0; restart < 3; restart++) {
			const pod = world.pod();
			await pod.refresh();
			pod.admit(bad);
			await pod.guardRejected(bad, KEY);
		}
		const pod = world.pod();
		await pod.refresh();
		assert.throws(() => pod.admit(bad), { code: 'token_locked' });
		assert.deepEqual(rejectedTokens(world.snapshot.data), [{ id: 'bad', name: 'team', rejections: 3 }]);
	});

	it('[VLT-95] holds while the account is away, and is told when it is back', async () => {
		const world = new LedgerWorld();
		const pod = world.pod();
		world.isAway = true;
		for (let rejection = 0; rejection < 3; rejection++) await pod.guardRejected(bad, KEY);
		assert.throws(() => pod.admit(bad), { code: 'token_locked' });
		world.isAway = false;
		await world.clock.advance(2000);
		await pod.refresh();
		assert.equal(rejectedTokens(world.snapshot.data)[0]?.rejections, 3);
	});

	it('[VLT-95] ends when the field is taken out, and not when the object is replaced', async () => {
		const world = new LedgerWorld();
		const pod = world.pod();
		for (let rejection = 0; rejection < 3; rejection++) await pod.guardRejected(bad, KEY);
		world.set({}, 'second');
		await pod.refresh();
		assert.throws(() => pod.admit(bad), { code: 'token_locked' });
		await pod.refresh();
		assert.equal(rejectedTokens(world.snapshot.data)[0]?.rejections, 3, 'told to the new object');
		const { 'token.bad': _, ...rest } = world.snapshot.data;
		world.set(rest);
		await pod.refresh();
		pod.admit(bad);
	});
});
