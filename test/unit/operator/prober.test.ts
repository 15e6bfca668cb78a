import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { beforeEach, describe, it, type TestContext } from 'node:test';
import { systemClock } from '../../../kube/clock.ts';
import { type Ask, judge, type ProbeReply, parseReply } from '../../../operator/observe/probe.ts';
import { hasAdopted, type ProbePlan, Prober } from '../../../operator/observe/prober.ts';
import { FINGERPRINT, TOKEN_ID as ID, reply } from './builders.ts';

const OTHER_ID = '00ff'.repeat(4);
const ANSWER = 'a0'.repeat(32);
const question = { canary: 2, nonce: 'ff00' };
const digest = createHash('sha256').update(`ff00:${ANSWER}`).digest('hex');

describe('the proof in a reply', () => {
	const said = (over: Partial<ProbeReply>) => judge(reply({ canary: { index: 2, digest }, ...over }), question, ANSWER, FINGERPRINT);

	it('[OPR-16] is the digest over nonce and answer, by the recorded key', () => {
		assert.equal(said({}), 'proved');
		assert.equal(said({ canary: { index: 2, digest: digest.replace(/^./, '0') } }), digest.startsWith('0') ? 'proved' : 'wrong-answer');
		assert.equal(said({ canary: { index: 1, digest } }), 'wrong-answer');
		assert.equal(said({ keys: { version: 1, fingerprint: 'sha256:00' } }), 'wrong-key');
	});

	it('[OPR-16] is missing without a key, without a canary, or when the operator has no answer', () => {
		const { keys, ...keyless } = reply();
		assert.equal(judge(keyless, question, ANSWER, FINGERPRINT), 'unproved');
		assert.equal(judge(reply(), question, ANSWER, FINGERPRINT), 'unproved');
		assert.equal(judge(reply({ canary: { index: 2, digest } }), question, undefined, FINGERPRINT), 'unproved');
	});

	it('[OPR-16] is not taken from an answer to another nonce', () => {
		assert.equal(judge(reply({ canary: { index: 2, digest } }), { canary: 2, nonce: '00ff' }, ANSWER, FINGERPRINT), 'wrong-answer');
	});

	it('refuses replies that are none, naming the field', () => {
		assert.throws(() => parseReply('<html>'), /not JSON/);
		assert.throws(() => parseReply('{}'), /malformed/);
		assert.throws(() => parseReply(JSON.stringify(reply({ epoch: -1 }))), /epoch/);
		assert.deepEqual(parseReply(JSON.stringify(reply())), reply());
	});

	it('[OPR-42] knows whether a pod accepts exactly the tokens wanted, in any order', () => {
		const has = (tokens: Record<string, string[]>, wanted: Record<string, string[]>) => hasAdopted(reply({ tokens }), wanted);
		assert.ok(has({ team: [ID], admin: [OTHER_ID] }, { admin: [OTHER_ID], team: [ID] }));
		assert.ok(has({ team: [ID, OTHER_ID] }, { team: [OTHER_ID, ID] }));
		assert.ok(!has({ team: [ID] }, { admin: [ID], team: [ID] }));
		assert.ok(!has({ team: [ID], former: [OTHER_ID] }, { team: [ID] }));
		assert.ok(!has({ team: [ID] }, { team: [OTHER_ID] }), 'made anew at the same generation');
		assert.ok(!has({ team: [ID, OTHER_ID] }, { team: [ID] }));
	});

	it('[OPR-42] takes generations, as pods of an older image tell them, for no proof of adoption', () => {
		const older = parseReply(JSON.stringify({ ...reply(), tokens: { team: 1 } }));
		assert.ok(!hasAdopted(older, { team: [ID] }));
	});
});

describe('the prober', () => {
	let asked: string[];
	let changed: number;
	let prober: Prober;
	let behave: Ask;
	const plan = (over: Partial<ProbePlan> = {}): ProbePlan => ({
		targets: [{ uid: 'pod-0', name: 'acme-0', ip: '10.0.0.1', wantsPrimary: false, isReady: true }],
		periodMs: 10_000,
		silenceMs: 5_000,
		answers: new Map([[2, ANSWER]]),
		fingerprint: FINGERPRINT,
		tokens: { team: [ID] },
		...over,
	});
	const honest: Ask = async (_ip, { nonce }) =>
		reply({ canary: { index: 2, digest: createHash('sha256').update(`${nonce}:${ANSWER}`).digest('hex') } });

	beforeEach(() => {
		asked = [];
		changed = 0;
		behave = honest;
	});

	/** Starts a prober on a clock that the test drives. */
	function begin(t: TestContext): (ms: number) => Promise<void> {
		t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
		prober = new Prober({
			ask: (ip, asking, signal) => {
				asked.push(ip);
				return behave(ip, asking, signal);
			},
			onChange: () => {
				changed += 1;
			},
			randomBytes: size => Buffer.alloc(size, 7),
			random: () => 0.5,
			clock: { ...systemClock, now: () => Date.now() },
		});
		t.after(() => prober.stop());
		return async ms => {
			for (let passed = 0; passed < ms; passed += 100) {
				t.mock.timers.tick(100);
				await new Promise(resolve => setImmediate(resolve));
			}
		};
	}

	it('[OPR-16] asks a new pod at once, and then each period while it is as wanted', async t => {
		const pass = begin(t);
		prober.plan('rune/acme', plan());
		await pass(100);
		assert.equal(asked.length, 1);
		assert.equal(prober.known('pod-0')?.proof, 'proved');
		await pass(30_000);
		assert.equal(asked.length, 4);
		assert.equal(changed, 1, 'the same answer is no news');
	});

	it('[OPR-17] asks sooner as long as the pod is not as wanted, and at once when something else is wanted', async t => {
		const pass = begin(t);
		prober.plan('rune/acme', plan());
		await pass(100);
		prober.plan('rune/acme', plan({ tokens: { team: [OTHER_ID] } }));
		await pass(2_000);
		assert.ok(asked.length >= 5, `${asked.length}`);
		behave = async (...args) => ({ ...(await honest(...args)), tokens: { team: [OTHER_ID] } });
		await pass(500);
		const settled = asked.length;
		assert.deepEqual(prober.known('pod-0')?.reply?.tokens, { team: [OTHER_ID] });
		await pass(5_000);
		assert.equal(asked.length, settled);
	});

	it('[OPR-17] does not hurry for ever', async t => {
		const pass = begin(t);
		prober.plan('rune/acme', plan({ tokens: { team: [OTHER_ID] } }));
		await pass(15_000);
		const hurried = asked.length;
		await pass(20_000);
		assert.ok(asked.length - hurried <= 3);
	});

	it('[OPR-17] counts a pod as down after three failures a second apart, and as up after one answer', async t => {
		const pass = begin(t);
		prober.plan('rune/acme', plan());
		await pass(100);
		behave = async () => Promise.reject(new Error('refused'));
		await pass(10_100);
		assert.equal(prober.known('pod-0')?.isDown, false);
		await pass(1_000);
		assert.equal(prober.known('pod-0')?.isDown, false);
		await pass(1_100);
		assert.equal(prober.known('pod-0')?.isDown, true);
		assert.ok((prober.known('pod-0')?.failures ?? 0) >= 3);
		behave = honest;
		await pass(11_000);
		assert.deepEqual([prober.known('pod-0')?.isDown, prober.known('pod-0')?.failures], [false, 0]);
	});

	it('[OPR-17] is not held up by a pod that hangs', async t => {
		const pass = begin(t);
		behave = ip => (ip === '10.0.0.9' ? new Promise(() => undefined) : honest(ip, question, new AbortController().signal));
		prober.plan('rune/hung', plan({ targets: [{ uid: 'hung', name: 'hung-0', ip: '10.0.0.9', wantsPrimary: false, isReady: true }] }));
		prober.plan('rune/acme', plan());
		await pass(30_000);
		assert.equal(asked.filter(ip => ip === '10.0.0.9').length, 1);
		assert.ok(asked.filter(ip => ip === '10.0.0.1').length >= 3);
	});

	const primary = (): ProbePlan => plan({ targets: [{ uid: 'pod-0', name: 'acme-0', ip: '10.0.0.1', wantsPrimary: true, isReady: true }] });
	const leading: Ask = async (...args) => ({ ...(await honest(...args)), role: 'primary' });
	const silent: Ask = (_ip, _question, signal) =>
		new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('late'))));

	it('[OPR-30] suspects a primary that leaves its Lease unrenewed, and knows within nine seconds that it hangs', async t => {
		const pass = begin(t);
		behave = leading;
		prober.plan('rune/acme', primary());
		for (let renewals = 0; renewals < 18; renewals++) {
			prober.renewed('rune/acme');
			await pass(2_000);
		}
		assert.equal(asked.length, 4, 'while it renews, it is asked each period');
		behave = silent;
		await pass(2_900);
		assert.equal(prober.known('pod-0')?.failures, 0);
		await pass(4_200);
		assert.equal(prober.known('pod-0')?.isDown, true);
	});

	it('[OPR-30] lets a primary go on that answers although its Lease is silent, and no standby is suspected', async t => {
		const pass = begin(t);
		behave = (ip, ...rest) => (ip === '10.0.0.1' ? leading : honest)(ip, ...rest);
		prober.plan('rune/acme', primary());
		prober.plan('rune/other', plan({ targets: [{ uid: 'pod-1', name: 'other-1', ip: '10.0.0.2', wantsPrimary: false, isReady: true }] }));
		await pass(5_300);
		assert.deepEqual(asked, ['10.0.0.1', '10.0.0.2', '10.0.0.1']);
		assert.deepEqual([prober.known('pod-0')?.failures, prober.known('pod-0')?.isDown], [0, false]);
	});

	it('[OPR-30] asks the standbys too when it suspects the primary: who was lost with it is not to be appointed', async t => {
		const pass = begin(t);
		const standby = { uid: 'pod-1', name: 'acme-1', ip: '10.0.0.2', wantsPrimary: false, isReady: true };
		behave = (ip, ...rest) => (ip === '10.0.0.1' ? leading : honest)(ip, ...rest);
		prober.plan('rune/acme', { ...primary(), targets: [...primary().targets, standby] });
		await pass(100);
		behave = silent;
		await pass(9_000);
		assert.equal(prober.known('pod-0')?.isDown, true);
		assert.ok((prober.known('pod-1')?.failures ?? 0) > 0);
	});

	it('[OPR-30] asks a pod at once when the kubelet calls it not ready', async t => {
		const pass = begin(t);
		behave = leading;
		prober.plan('rune/acme', primary());
		await pass(100);
		prober.plan('rune/acme', { ...primary(), targets: primary().targets.map(target => ({ ...target, isReady: false })) });
		await pass(100);
		assert.equal(asked.length, 2);
	});

	it('forgets pods that are no longer in the plan, and asks no more after stop', async t => {
		const pass = begin(t);
		prober.plan('rune/acme', plan());
		await pass(100);
		prober.plan('rune/acme', plan({ targets: [] }));
		assert.equal(prober.known('pod-0'), undefined);
		await pass(30_000);
		assert.equal(asked.length, 1);
		prober.stop();
		prober.plan('rune/acme', plan());
		await pass(1_000);
		assert.equal(asked.length, 1);
	});
});
