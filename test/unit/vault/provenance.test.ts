/** Envelopes: signed with a real key, checked with its public half. */
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { CompactSign, UnsecuredJWT } from 'jose';
import { createProvenance } from '../../../vault/protect/provenance.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z');
const blob = new Uint8Array([1, 2, 3]);
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const key = publicKey.export({ type: 'spki', format: 'pem' }).toString();

const claims = (change: Record<string, unknown> = {}) => ({
	sub: 'team',
	idx: 'memory',
	jti: randomUUID(),
	exp: NOW / 1000 + 60,
	sha256: createHash('sha256').update(blob).digest('hex'),
	...change,
});
const header = { alg: 'EdDSA', kid: 'k1', typ: 'runevault-result+jws' };
const sign = (payload: unknown, change: Record<string, unknown> = {}, by: KeyObject = privateKey) =>
	new CompactSign(Buffer.from(JSON.stringify(payload))).setProtectedHeader({ ...header, ...change }).sign(by);

const open = (change: Partial<Parameters<typeof createProvenance>[0]> = {}) =>
	createProvenance({ mode: 'Required', publicKeys: [{ kid: 'k1', key }], indexName: 'memory', now: () => NOW, ...change });
const TEXT = 'The provenance of the result was refused: search again';
const refused = (work: Promise<unknown>) => assert.rejects(work, { code: 'provenance_refused', message: TEXT });

describe('provenance', () => {
	it('[VLT-73] takes what the search service signed for this token, this index and this blob', async () => {
		await open().claim([{ blob, envelope: await sign(claims()) }], 'team');
		await open({ indexName: undefined }).claim([{ blob, envelope: await sign(claims({ idx: 'any' })) }], 'team');
	});

	const bad: [string, () => Promise<string | undefined> | string | undefined][] = [
		['none', () => undefined],
		['no JWS', () => 'x'],
		["another token's", () => sign(claims({ sub: 'guest' }))],
		['another index', () => sign(claims({ idx: 'other' }))],
		['another blob', () => sign(claims({ sha256: createHash('sha256').update('other').digest('hex') }))],
		['one that has expired', () => sign(claims({ exp: NOW / 1000 }))],
		['one that lives too long', () => sign(claims({ exp: NOW / 1000 + 331 }))],
		['one that never expires', () => sign(claims({ exp: undefined }))],
		['one without a nonce', () => sign(claims({ jti: undefined }))],
		['one with a nonce too short to be one', () => sign(claims({ jti: '1' }))],
		['an unknown key', () => sign(claims(), { kid: 'k2' })],
		['no kid', () => sign(claims(), { kid: undefined })],
		['another type', () => sign(claims(), { typ: 'JWT' })],
		['the key of somebody else', () => sign(claims(), {}, generateKeyPairSync('ed25519').privateKey)],
		['another algorithm', () => sign(claims(), { alg: 'ES256' }, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)],
		['no signature at all', () => new UnsecuredJWT(claims()).encode()],
		['a payload that is no object', () => sign('x')],
		[
			'a changed payload',
			async () => (await sign(claims())).replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify(claims())).toString('base64url')}.`),
		],
	];
	for (const [name, make] of bad) {
		it(`[VLT-74] refuses ${name}, always with the same words`, async () => {
			await refused(open().claim([{ blob, envelope: await make() }], 'team'));
		});
	}

	it('[VLT-75] takes a nonce once, and gives it back for a call without an answer', async () => {
		const provenance = open();
		const envelope = await sign(claims());
		const giveBack = await provenance.claim([{ blob, envelope }], 'team');
		await refused(provenance.claim([{ blob, envelope }], 'team'));
		giveBack();
		await provenance.claim([{ blob, envelope }], 'team');
		await refused(provenance.claim([{ blob, envelope }], 'team'));
	});

	it('[VLT-75] of two calls at once one is refused', async () => {
		const provenance = open();
		const envelope = await sign(claims());
		const calls = await Promise.allSettled([1, 2].map(() => provenance.claim([{ blob, envelope }], 'team')));
		assert.deepEqual(calls.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
	});

	it('[VLT-75] one bad envelope among several costs no nonce of the others', async () => {
		const provenance = open();
		const envelope = await sign(claims());
		await refused(
			provenance.claim(
				[
					{ blob, envelope },
					{ blob, envelope: 'x' },
				],
				'team',
			),
		);
		await provenance.claim([{ blob, envelope }], 'team');
	});

	it('[VLT-76] Optional takes results without an envelope, and no bad envelope', async () => {
		const optional = open({ mode: 'Optional' });
		await optional.claim([{ blob, envelope: undefined }], 'team');
		await refused(optional.claim([{ blob, envelope: await sign(claims({ sub: 'guest' })) }], 'team'));
	});

	it('[VLT-76] Optional without keys looks at no envelope', async () => {
		await open({ mode: 'Optional', publicKeys: [] }).claim([{ blob, envelope: 'x' }], 'team');
	});

	it('[VLT-74] a configured key that cannot be read refuses its envelopes', async () => {
		await refused(open({ publicKeys: [{ kid: 'k1', key: 'x' }] }).claim([{ blob, envelope: await sign(claims()) }], 'team'));
	});
});
