import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { decodeBase64, encodeBase64 } from '../../../fhe/formats/base64.ts';
import {
	parseEncKeyJson,
	parseEvalKeyJson,
	parseSecKeyJson,
	writeEncKeyJson,
	writeEvalKeyJson,
	writeSecKeyJson,
} from '../../../fhe/formats/envelope.ts';
import { openBytes, openSealedSecretKey, sealBytes, sealSecretKey } from '../../../fhe/formats/sealed.ts';
import { parseSecretKey, writeSecretKey } from '../../../fhe/formats/secret-key.ts';
import { generateSecretKey } from '../../../fhe/secret-key.ts';
import { encKey, file, kek, secretKey, text } from './vectors.ts';

/** What the vendor's envelopes say of themselves. */
const about = { kid: 'vault-key', keyVersion: 1, createdAt: '2026-11-23T15:49:12Z' };
const equal = (a: Uint8Array, b: Uint8Array) => assert.ok(Buffer.from(a).equals(b));

describe('envelopes', () => {
	it("[FHE-5] SecKey.json and EncKey.json are the vendor's, byte for byte", () => {
		equal(writeSecKeyJson(secretKey(), about), file('SecKey.json'));
		assert.equal(writeEncKeyJson(encKey(), about), text('EncKey.json'));
	});

	it('[FHE-5] EvalKey.json gives back its bytes', () => {
		const bytes = randomBytes(10_001);
		equal(parseEvalKeyJson(writeEvalKeyJson(bytes, about)), bytes);
	});

	it('[FHE-5] holds P in full, which no double can', () => assert.match(writeEncKeyJson(encKey(), about), /"P":36028797014376449,/));

	it('[FHE-5] writes whole seconds', () => {
		assert.equal(writeEncKeyJson(encKey(), { ...about, createdAt: '2026-11-23T15:49:12.345Z' }), text('EncKey.json'));
	});

	it('[FHE-4] opens a SecKey.json that holds a sealed key', () => {
		const sealed = file('sealed/SecKey_sealed.bin');
		const envelope = Buffer.from(writeEvalKeyJson(sealed, about).replaceAll('evalkey', 'seckey_sealed'));
		using key = parseSecKeyJson(envelope, kek());
		using expected = openSealedSecretKey(sealed, kek());
		assert.deepEqual(key.coefficients(), expected.coefficients());
		assert.throws(() => parseSecKeyJson(envelope), { code: 'invalid_argument', field: 'kek' });
		assert.throws(() => parseSecKeyJson(envelope, new Uint8Array(32)), { code: 'wrong_kek' });
	});

	const good = text('EncKey.json');
	for (const [name, altered, code] of [
		['not JSON', good.slice(0, -1), 'deserialization_failed'],
		['another key', text('SecKey.json'), 'deserialization_failed'],
		['a changed key', good.replace('"AklQMACU', '"AklQMACV'), 'deserialization_failed'],
		['a broken key', good.replace('"AklQMACU', '"AklQ*ACU'), 'deserialization_failed'],
		['two keys', good.replace('"key_data"', '"key_data":"","key_data"'), 'deserialization_failed'],
		['no key', '{"entries":[],"format_version":1}', 'deserialization_failed'],
		['an array', '["key_data",""]', 'deserialization_failed'],
		['an open string', '{"key_data":"abc', 'deserialization_failed'],
		['version 2', good.replace('"format_version":1', '"format_version":2'), 'unsupported_version'],
	] as const) {
		it(`[FHE-10] refuses ${name}`, () => assert.throws(() => parseEncKeyJson(altered), { name: 'VaultError', code }));
	}
});

describe('SecKey.bin', () => {
	it('[FHE-5] is written as it was read', () => {
		using key = generateSecretKey();
		using again = parseSecretKey(writeSecretKey(key));
		assert.deepEqual(again.coefficients(), key.coefficients());
	});

	it('[FHE-10] refuses another preset, an unknown coefficient, another length, another tag', () => {
		const bytes = writeSecretKey(secretKey());
		const altered = (at: number, value: number) => {
			const copy = bytes.slice();
			copy[at] = value;
			return copy;
		};
		assert.throws(() => parseSecretKey(altered(3, 0x31)), { code: 'unsupported_version' });
		assert.throws(() => parseSecretKey(altered(5, 0x80)), { code: 'deserialization_failed' });
		assert.throws(() => parseSecretKey(bytes.subarray(1)), { code: 'deserialization_failed' });
		assert.throws(() => parseSecretKey(altered(0, 2)), { code: 'deserialization_failed' });
		assert.throws(() => parseSecretKey(bytes.fill(0, 5)), { code: 'wrong_key' });
	});
});

describe('sealing', () => {
	it('[FHE-4] opens the vendor\'s sealed key; a wrong KEK is "wrong KEK"', () => {
		const sealed = file('sealed/SecKey_sealed.bin');
		using key = openSealedSecretKey(sealed, kek());
		assert.equal(key.coefficients().length, 4096);
		assert.throws(() => openSealedSecretKey(sealed, new Uint8Array(32)), { code: 'wrong_kek', message: 'wrong KEK' });
		assert.throws(() => openSealedSecretKey(sealed, new Uint8Array(31)), { code: 'invalid_argument', field: 'kek' });
	});

	it("[FHE-4][FHE-5] seals into the vendor's bytes, given its IV", () => {
		const sealed = file('sealed/SecKey_sealed.bin');
		using key = openSealedSecretKey(sealed, kek());
		equal(sealSecretKey(key, kek(), sealed.subarray(0x3f, 0x4b)), sealed);
	});

	it('[FHE-4] uses a fresh IV each time', () => {
		using key = generateSecretKey();
		assert.notDeepEqual(sealSecretKey(key, kek()), sealSecretKey(key, kek()));
	});

	it('[FHE-4] an altered tag or ciphertext does not open', () => {
		const sealed = file('sealed/SecKey_sealed.bin');
		for (const at of [0x3f, 0x4b, 0x60, sealed.length - 1]) {
			const altered = sealed.slice();
			altered[at] = (altered[at] ?? 0) ^ 1;
			assert.throws(() => openSealedSecretKey(altered, kek()), { code: 'wrong_kek' });
		}
	});

	it('[FHE-10] refuses another preset, seal type, object or length', () => {
		const sealed = Buffer.from(file('sealed/SecKey_sealed.bin'));
		const altered = (from: string, to: string) => Buffer.from(sealed.toString('latin1').replace(from, to), 'latin1');
		assert.throws(() => openSealedSecretKey(altered('IP0', 'IP1'), kek()), { code: 'unsupported_version' });
		assert.throws(() => openSealedSecretKey(altered('AES-KEK', 'AES-XXX'), kek()), { code: 'unsupported_version' });
		assert.throws(() => openSealedSecretKey(altered('}\0', '}\x01'), kek()), { code: 'deserialization_failed' });
		assert.throws(() => openSealedSecretKey(altered('{', '['), kek()), { code: 'deserialization_failed' });
		assert.throws(() => openSealedSecretKey(sealed.subarray(0, -1), kek()), { code: 'deserialization_failed' });
	});

	it('[FHE-5] other secrets open under their own label only', () => {
		const secret = randomBytes(32);
		const sealed = sealBytes(secret, kek(), 'team-secret');
		equal(openBytes(sealed, kek(), 'team-secret'), secret);
		assert.throws(() => openBytes(sealed, kek(), 'other'), { code: 'wrong_kek' });
		assert.throws(() => openBytes(sealed, new Uint8Array(32), 'team-secret'), { code: 'wrong_kek' });
		assert.throws(() => openBytes(sealed.subarray(0, 20), kek(), 'team-secret'), { code: 'deserialization_failed' });
	});
});

describe('base64', () => {
	it('[FHE-5] agrees with Node for every length', () => {
		for (let length = 0; length < 50; length++) {
			const bytes = randomBytes(length);
			const encoded = Buffer.from(encodeBase64(bytes)).toString('latin1');
			assert.equal(encoded, bytes.toString('base64'));
			equal(decodeBase64(Buffer.from(encoded)), bytes);
		}
	});

	for (const bad of ['A', 'AA', 'AAA', 'AA=A', '====', 'A===', 'AB==', 'AAB=', 'AA A', 'AA-_', 'AAAA====']) {
		it(`[FHE-10] refuses ${bad}`, () => assert.throws(() => decodeBase64(Buffer.from(bad)), { code: 'deserialization_failed' }));
	}
});
