/** Metadata envelopes, both versions. */
import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { VaultError } from '../../../fhe/errors.ts';
import { metadataAgent, metadataKey, openMetadata, sealMetadata } from '../../../fhe/formats/metadata.ts';

const teamSecret = Buffer.alloc(32, 7);
const key = metadataKey(teamSecret, 'team');
const place = { agent: 'team', index: 'decisions', record: 'r-1' };
const edit = (envelope: string, change: Record<string, unknown>) => JSON.stringify({ ...JSON.parse(envelope), ...change });

/** What the seed's clients wrote. */
function sealVersion1(agent: string, text: string): string {
	const iv = Buffer.alloc(16, 9);
	const cipher = createCipheriv('aes-256-ctr', metadataKey(teamSecret, agent), iv);
	return JSON.stringify({ a: agent, c: Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final()]).toString('base64') });
}

describe('metadata envelopes', () => {
	it('[VLT-22] the key of an agent is HKDF-SHA256 of the team secret', () => {
		// openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:0707…07 -kdfopt info:team HKDF
		assert.equal(Buffer.from(key).toString('hex'), 'fcfd47903c823c6eb64788be46c63f8bc47f029aeb7ea4721a1b120b276af2ab');
	});
	it('[VLT-22] any text goes through version 2 and back', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'grapheme' }), text => {
				assert.deepEqual(openMetadata(key, sealMetadata(key, place, text)), { agent: 'team', text });
			}),
		);
	});
	it('the envelope has the five fields of version 2', () => {
		const { c, ...rest } = JSON.parse(sealMetadata(key, place, 'x'));
		assert.deepEqual(rest, { v: 2, a: 'team', i: 'decisions', r: 'r-1' });
		assert.equal(Buffer.from(c, 'base64').length, 12 + 16 + 1);
	});
	it('[VLT-22] version 1 is read', () =>
		assert.deepEqual(openMetadata(key, sealVersion1('team', 'we chose Ü')), { agent: 'team', text: 'we chose Ü' }));
	it('[VLT-22] sealing twice gives two ciphertexts', () => assert.notEqual(sealMetadata(key, place, 'x'), sealMetadata(key, place, 'x')));
	it('tells whose it is without the key', () => assert.equal(metadataAgent(sealMetadata(key, place, 'x')), 'team'));

	const sealed = sealMetadata(key, place, 'we chose PostgreSQL');
	for (const field of ['a', 'i', 'r']) {
		it(`[VLT-22] an envelope moved to another "${field}" does not open`, () => {
			assert.throws(() => openMetadata(key, edit(sealed, { [field]: 'other' })), {
				code: 'deserialization_failed',
				message: 'Decryption failed',
			});
		});
	}
	it('[VLT-22] a changed ciphertext or another key does not open, and says no more', () => {
		const bytes = Buffer.from(JSON.parse(sealed).c, 'base64');
		bytes.writeUInt8(bytes.readUInt8(30) ^ 1, 30);
		assert.throws(() => openMetadata(key, edit(sealed, { c: bytes.toString('base64') })), { message: 'Decryption failed' });
		assert.throws(() => openMetadata(metadataKey(teamSecret, 'eve'), sealed), { message: 'Decryption failed' });
	});

	const malformed: [string, string][] = [
		['no JSON', '{'],
		['a list', '[]'],
		['null', 'null'],
		['no agent', edit(sealed, { a: undefined })],
		['an agent with NUL', edit(sealed, { a: 'te\0am' })],
		['an agent of 257 characters', edit(sealed, { a: 'a'.repeat(257) })],
		['no ciphertext', edit(sealed, { c: undefined })],
		['no base64', edit(sealed, { c: '****' })],
		['a ciphertext shorter than nonce and tag', edit(sealed, { c: Buffer.alloc(27).toString('base64') })],
	];
	for (const [name, envelope] of malformed) {
		it(`refuses ${name}`, () => assert.throws(() => openMetadata(key, envelope), { code: 'deserialization_failed' }));
	}
	it('refuses a version from the future', () =>
		assert.throws(() => openMetadata(key, edit(sealed, { v: 3 })), { code: 'unsupported_version' }));
	it('refuses to seal a place whose parts could be confused', () => {
		assert.throws(() => sealMetadata(key, { ...place, index: 'a\0b' }, 'x'), { code: 'invalid_argument', message: /^index: / });
	});
	it('any text is opened or is a VaultError', () => {
		const envelope = fc.oneof(
			fc.string(),
			fc.json(),
			fc
				.record({ v: fc.constantFrom(1, 2, 3), a: fc.string(), i: fc.string(), r: fc.string(), c: fc.base64String() })
				.map(e => JSON.stringify(e)),
		);
		fc.assert(
			fc.property(envelope, value => {
				try {
					openMetadata(key, value);
				} catch (error) {
					assert.ok(error instanceof VaultError);
				}
			}),
			{ numRuns: 2000 },
		);
	});
});
