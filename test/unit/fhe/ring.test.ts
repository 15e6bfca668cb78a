import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { layout, N, P, PSI_P, PSI_Q, Q, rowCoefficient } from '../../../fhe/params.ts';
import { power, ringP, ringQ } from '../../../fhe/ring.ts';
import { loadSeal, transformToNtt } from '../../../fhe/seal.ts';

/** Residues that look random, the same in every run. */
function residues(modulus: bigint, start: bigint): BigUint64Array<ArrayBuffer> {
	let value = start;
	return BigUint64Array.from({ length: N }, () => (value = (value * 6364136223846793005n + 1442695040888963407n) % modulus));
}

describe('the ring', () => {
	for (const [name, ring, root] of [
		['q', ringQ, PSI_Q],
		['p', ringP, PSI_P],
	] as const) {
		it(`modulo ${name}: the root is a primitive 8192nd one`, () => assert.equal(power(root, 4096n, ring.modulus), ring.modulus - 1n));

		it(`modulo ${name}: inverse undoes forward`, () => {
			const x = residues(ring.modulus, 7n);
			const y = x.slice();
			ring.forward(y);
			assert.notDeepEqual(y, x);
			ring.inverse(y);
			assert.deepEqual(y, x);
		});

		it(`modulo ${name}: products of NTT forms are products modulo X^4096 + 1`, () => {
			const x = ring.transform([0, 0, 3]);
			const y = ring.transform(Array.from({ length: N }, (_, i) => (i === N - 1 ? 5 : 0)));
			const product = new BigUint64Array(N);
			ring.addProduct(product, x, y);
			ring.inverse(product);
			// 3X² · 5X^4095 = 15X^4097 = −15X
			assert.deepEqual(product, new BigUint64Array(N).fill(ring.modulus - 15n, 1, 2));
		});
	}

	it("modulo q: NTT values equal SEAL's, for 1, 2 and 17 polynomials at once", async () => {
		const seal = await loadSeal();
		for (const count of [1, 2, 17]) {
			const polynomials = Array.from({ length: count }, (_, i) => residues(Q, BigInt(i + 1)));
			const ours = polynomials.map(x => x.slice());
			for (const x of ours) ringQ.forward(x);
			assert.deepEqual(transformToNtt(seal, polynomials), ours);
		}
	});

	it('has coprime moduli of 51 and 55 bits', () => {
		assert.deepEqual(
			[Q, P].map(prime => prime.toString(2).length),
			[51, 55],
		);
		assert.deepEqual(
			[Q, P].map(prime => prime % 8192n),
			[1n, 1n],
		);
	});
});

describe('the layout', () => {
	for (const [dimension, expected] of [
		[32, { padRank: 32, itemsPerBlock: 128, blocks: 1 }],
		[100, { padRank: 32, itemsPerBlock: 128, blocks: 4 }],
		[1024, { padRank: 32, itemsPerBlock: 128, blocks: 32 }],
		[2048, { padRank: 32, itemsPerBlock: 128, blocks: 64 }],
		[4095, { padRank: 32, itemsPerBlock: 128, blocks: 128 }],
		[4096, { padRank: 64, itemsPerBlock: 64, blocks: 64 }],
	] as const) {
		it(`of dimension ${dimension}`, () => assert.deepEqual(layout(dimension), expected));
	}

	for (const dimension of [31, 4097, 0, -1, 512.5, Number.NaN]) {
		it(`refuses dimension ${dimension}`, () => assert.throws(() => layout(dimension), { code: 'invalid_argument', field: 'dimension' }));
	}

	it('gives each row of a chunk its own coefficient', () => {
		for (const dimension of [1024, 4096]) {
			const shape = layout(dimension);
			assert.equal(new Set(Array.from({ length: N }, (_, row) => rowCoefficient(row, shape))).size, N);
		}
	});
});
