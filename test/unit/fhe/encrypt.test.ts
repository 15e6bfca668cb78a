import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createDecryptor } from '../../../fhe/decrypt.ts';
import { deriveEncKey } from '../../../fhe/derive.ts';
import { createEncryptor } from '../../../fhe/encrypt.ts';
import { parseQuery } from '../../../fhe/formats/query.ts';
import { loadSeal } from '../../../fhe/seal.ts';
import { encKey, floats, secretKey } from './vectors.ts';

const seal = await loadSeal();
const decryptor = createDecryptor(seal, secretKey());
after(() => decryptor[Symbol.dispose]());

/** A vector of unit length. */
const vector = (dimension: number) => Float32Array.from({ length: dimension }, (_, i) => Math.sin(i + 1) * Math.sqrt(2 / dimension));

function assertClose(actual: Float32Array, expected: Float32Array): void {
	assert.equal(actual.length, expected.length);
	const distance = Math.max(...actual.map((x, i) => Math.abs(x - (expected[i] ?? Number.NaN))));
	assert.ok(distance < 1e-5, `differs by ${distance}`);
}

describe('encryption', () => {
	for (const dimension of [32, 100, 512, 1024, 4096]) {
		it(`[FHE-9] dimension ${dimension}: items and queries decrypt to the vector`, () => {
			using encryptor = createEncryptor(seal, deriveEncKey(secretKey()), dimension);
			for (const encoding of ['item', 'query'] as const) {
				const blob = parseQuery(encryptor[encoding](vector(dimension)));
				assert.deepEqual([blob.encoding, blob.dimension, blob.level], [encoding, dimension, 0]);
				assertClose(decryptor.coordinates(blob), vector(dimension));
			}
		});
	}

	it("[FHE-9] works with the vendor's own encryption key, for vectors longer than one", () => {
		using encryptor = createEncryptor(seal, encKey(), 384);
		assertClose(decryptor.coordinates(parseQuery(encryptor.item(floats('query-384.f32')))), floats('query-384.f32'));
	});

	it('[FHE-9] gives other bytes each time', () => {
		using encryptor = createEncryptor(seal, encKey(), 32);
		assert.notDeepEqual(encryptor.item(vector(32)), encryptor.item(vector(32)));
	});

	for (const [name, bad] of [
		['another length', vector(31)],
		['NaN', vector(32).fill(Number.NaN, 3, 4)],
		['infinity', vector(32).fill(Number.POSITIVE_INFINITY, 3, 4)],
		['a coordinate beyond 2^20', vector(32).fill(2 ** 21, 3, 4)],
	] as const) {
		it(`[FHE-9] refuses ${name}`, () => {
			using encryptor = createEncryptor(seal, encKey(), 32);
			assert.throws(() => encryptor.item(bad), { code: 'invalid_argument', field: 'vector' });
		});
	}

	it('[FHE-9] refuses a dimension the scheme has not', () => {
		assert.throws(() => createEncryptor(seal, encKey(), 5000), { code: 'invalid_argument', field: 'dimension' });
	});
});
