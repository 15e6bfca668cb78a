import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import type { LedgerData } from '../../../crds/ledger.ts';
import { buildLedger } from '../../../operator/desired/ledger.ts';
import { computeStatus } from '../../../operator/observe/status.ts';
import { notesOf } from '../../../operator/reconcile/notes.ts';
import * as build from './builders.ts';
import { FINGERPRINT, facts, type Modifier, NOW, TOKEN_ID } from './builders.ts';

const KEY = FINGERPRINT.slice('sha256:'.length, 'sha256:'.length + 16);
const key = String(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }));
const signed = { provenance: { mode: 'Required', publicKeys: [{ kid: 'a', key }] } };
const withLedger =
	(ledger: LedgerData): Modifier =>
	before => ({ ...before, ledger });
const withBits = (bits: number) => withLedger({ [`bits.${KEY}`]: String(bits) });
const withProtection = (protection: Record<string, unknown>) => build.withSpec({ protection: { ...signed, ...protection } });
const statusOf = (...modifiers: Modifier[]) => computeStatus(facts(withProtection({}), ...modifiers));
const protectedOf = (status: ReturnType<typeof computeStatus>) => {
	const found = status.conditions?.find(({ type }) => type === 'Protected');
	return { is: `${found?.status} ${found?.reason}`, message: found?.message ?? '' };
};
const locked = (rejections: number, id = TOKEN_ID) => withLedger({ [`token.${id}`]: JSON.stringify({ name: 'team', rejections }) });

describe('the condition Protected', () => {
	const rows: [string, Modifier[], string, RegExp][] = [
		['all on', [], 'True AllOn', /0 of 3000 bits \(0 %\)/],
		[
			'results unsigned',
			[withProtection({ provenance: { mode: 'Optional' } })],
			'False UnsignedResults',
			/Not on: results need not be signed/,
		],
		['no guard rows', [withProtection({ guardRows: 0 })], 'False NoGuardRows', /Not on: guard rows are not checked/],
		['no noise', [withProtection({ smudge: '0' })], 'False NoSmudge', /Not on: scores carry no noise/],
		[
			'nothing on',
			[withProtection({ provenance: {}, guardRows: 0, smudge: '0' })],
			'False NoGuardRows',
			/guard rows .*; results need not .*; scores carry no noise/,
		],
		['less than half of the bits', [withBits(1499)], 'True AllOn', /1499 of 3000 bits \(49 %\)/],
		['half', [withBits(1500)], 'False BudgetHalfSpent', /1500 of 3000 bits \(50 %\)\. Rotate the key\./],
		['four fifths', [withBits(2400)], 'False BudgetNearlySpent', /2400 of 3000/],
		['all of them', [withBits(3000)], 'False BudgetSpent', /3000 of 3000/],
		['two rejections', [locked(2)], 'True AllOn', /./],
		['a locked token', [locked(3)], 'False TokenLocked', /^Locked, because guard rows were damaged: team\. /],
		['a lock of a token that was rotated away', [locked(3, 'ffffffffffffffff')], 'True AllOn', /./],
		['an account that cannot be read', [withLedger({ [`bits.${KEY}`]: 'much', 'token.x': '{' })], 'True AllOn', /0 of 3000/],
	];
	for (const [what, modifiers, is, message] of rows) {
		it(`[OPR-91] ${what}: ${is}`, () => {
			const status = statusOf(...modifiers);
			assert.equal(protectedOf(status).is, is);
			assert.match(protectedOf(status).message, message);
			assert.equal(status.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
		});
	}

	it('[OPR-91] tells how many days are left at the rate of the days before today', () => {
		const days = { 'day.2026-02-27': '{"team":90,"admin":10}', 'day.2026-02-28': '{"team":200}', 'day.2026-03-01': '{"team":5000}' };
		const { message } = protectedOf(statusOf(withLedger({ ...days, [`bits.${KEY}`]: '300' })));
		assert.match(message, /300 of 3000 bits \(10 %\), enough for 18 more days like the last\./);
	});
});

describe('status.keys.releasedBits', () => {
	const bits = (status: ReturnType<typeof computeStatus>) => status.keys?.releasedBits;
	const after = (before: number, now: number) => bits(statusOf(build.withStatus(statusOf(withBits(before))), withBits(now)));

	it('[OPR-92] follows the account by hundredths of the limit, and to every threshold at once', () => {
		assert.equal(bits(statusOf(withBits(12.3))), 0);
		assert.equal(bits(statusOf(withBits(30.2))), 31);
		assert.equal(after(300, 329), 300);
		assert.equal(after(300, 330), 330);
		for (const threshold of [1500, 2400, 3000]) assert.equal(after(threshold - 3, threshold), threshold);
	});

	it('[OPR-92] the status does not change with an account that moves less', () => {
		const first = statusOf(withBits(300));
		const second = computeStatus({ ...facts(withProtection({}), build.withStatus(first), withBits(329)), now: NOW + 60_000 });
		assert.deepEqual(second, first);
	});

	it('[OPR-93] never falls, whatever becomes of the account, and is the floor of the next one', () => {
		const status = statusOf(withBits(300));
		for (const ledger of [{}, { [`bits.${KEY}`]: '1' }]) {
			assert.equal(bits(statusOf(build.withStatus(status), withLedger(ledger))), 300);
		}
		const object = buildLedger(build.vault(), build.inputs({ releasedBits: 300 }));
		assert.deepEqual(object.data, { [`floor.${KEY}`]: '300' });
		assert.equal(buildLedger(build.vault(), build.inputs({ fingerprint: undefined })).data, undefined);
	});
});

describe('events of the account', () => {
	const reasons = (before: Modifier[], after: Modifier[]) =>
		notesOf(statusOf(...before), statusOf(...after), 3000)
			.filter(({ action }) => action === 'Account')
			.map(({ type, reason }) => `${type} ${reason}`);

	it('[OPR-94] come once for each threshold, and for a lock', () => {
		assert.deepEqual(reasons([withBits(1400)], [withBits(1500)]), ['Warning BudgetHalfSpent']);
		assert.deepEqual(reasons([withBits(1500)], [withBits(1600)]), []);
		assert.deepEqual(reasons([withBits(1600)], [withBits(2400)]), ['Warning BudgetNearlySpent']);
		assert.deepEqual(reasons([withBits(2400)], [withBits(3100)]), ['Warning BudgetSpent']);
		assert.deepEqual(reasons([], [locked(3)]), ['Warning TokenLocked']);
		assert.deepEqual(reasons([locked(3)], [locked(3)]), []);
	});
});
