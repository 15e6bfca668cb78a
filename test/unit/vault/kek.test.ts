/** A key-encryption key that is not the operator's to make. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { loadSeal } from '../../../fhe/seal.ts';
import { ensureKeys } from '../../../vault/keys/generate.ts';
import { parseKek, withKekFile } from '../../../vault/keys/kek.ts';
import { KeygenError } from '../../../vault/keys/keygen-error.ts';
import { faultOf, memoryStore, mounted } from './memory-store.ts';

describe('a KEK in a file', () => {
	const request = { team: 'acme', version: 1, dimension: 1024 };

	it('[VLT-52] [VLT-53] seals the key, none is made, and it is wiped', async () => {
		const kek = randomBytes(32);
		const { store, content } = memoryStore();
		const { read, isWiped: areFilesWiped } = mounted({ '/kek': kek });
		const { made } = await ensureKeys(withKekFile(store, '/kek', read), await loadSeal(), request);
		assert.deepEqual(made, ['key', 'canaries']);
		assert.equal(content.kek, undefined);
		assert.ok(areFilesWiped());
		const again = await ensureKeys(
			withKekFile(store, '/kek', mounted({ '/kek': Buffer.from(kek.toString('hex')) }).read),
			await loadSeal(),
			request,
		);
		assert.deepEqual(again.made, []);
	});

	for (const [what, secret, fault, message] of [
		['that is missing', {}, 'KekFileMissing', /^key encryption key \/kek: cannot be read$/],
		['of 33 bytes', { '/kek': randomBytes(33) }, 'KekFileInvalid', /^key encryption key \/kek: must be 64 hex digits or 32 bytes$/],
		['of none', { '/kek': Buffer.alloc(0) }, 'KekFileInvalid', /must be 64 hex digits or 32 bytes$/],
	] as const) {
		it(`[VLT-52] [VLT-53] ${what}: one line, and nothing is written`, async () => {
			const { store, writes } = memoryStore();
			const { read, isWiped: areFilesWiped } = mounted(secret);
			await assert.rejects(ensureKeys(withKekFile(store, '/kek', read), await loadSeal(), request), (error: unknown) => {
				assert.ok(faultOf(fault)(error) && error instanceof KeygenError);
				assert.match(error.message, message);
				return true;
			});
			assert.equal(writes(), 0);
			assert.ok(areFilesWiped());
		});
	}

	it('[VLT-52] [VLT-53] is 32 bytes as they are, or 64 hex digits, and what it was read from is wiped', () => {
		const raw = randomBytes(32);
		assert.equal(parseKek(raw), raw);
		for (const text of [raw.toString('hex'), `${raw.toString('hex').toUpperCase()}\r\n`, ` \t${raw.toString('hex')} `]) {
			const bytes = Buffer.from(text);
			assert.deepEqual(parseKek(bytes), new Uint8Array(raw));
			assert.ok(bytes.every(byte => byte === 0));
		}
		const hex = raw.toString('hex');
		for (const text of [
			'',
			hex.slice(1),
			`${hex}0`,
			`${hex} 0`,
			`${hex.slice(0, 32)} ${hex.slice(32)}`,
			`g${hex.slice(1)}`,
			'x'.repeat(300),
		]) {
			const bytes = Buffer.from(text);
			assert.equal(parseKek(bytes), undefined, text);
			assert.ok(bytes.every(byte => byte === 0));
		}
	});
});
