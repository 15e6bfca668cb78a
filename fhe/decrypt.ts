/**
 * Decryption: m = b + a·s, centred, divided by the scale. Modulo q through SEAL; results over both primes (level 1) by the ring of this
 * folder and the Chinese remainder theorem, which is rare enough to be slow. Scores agree bit for bit with the vendor's decryptor.
 */
import type { Ciphertext } from './formats/ciphertext.ts';
import type { QueryBlob } from './formats/query.ts';
import type { SearchResult } from './formats/result.ts';
import { ITEM_SCALE_BITS, layout, N, P, Q, QUERY_SCALE_BITS, rowCoefficient, SCORE_SCALE_BITS } from './params.ts';
import { centred, type Polynomial, power, type Ring, type RnsPolynomial, ringP, ringQ } from './ring.ts';
import { createPhaseReader, type Seal } from './seal.ts';
import type { SecretKey } from './secret-key.ts';

/**
 * How rows lie in the chunks of a result; the header does not say. RMP: NTT form, rows strided over vectors (`rowCoefficient`). MM:
 * coefficient form, row k at coefficient k.
 */
export type Packing = 'RMP' | 'MM';

export type Decryptor = Disposable & {
	/** The scores of a result in row order, `result.rows` of them, each the float32 the vendor's decryptor prints. */
	scores(result: SearchResult, packing?: Packing): Float32Array;
	/** The coordinates of an encrypted vector, `query.dimension` of them. */
	coordinates(query: QueryBlob): Float32Array;
};

/** @param key may be disposed of once this returns; the decryptor holds what it needs until it is disposed of itself. */
export function createDecryptor(seal: Seal, key: SecretKey): Decryptor {
	const secret: RnsPolynomial = { q: ringQ.transform(key.coefficients()), p: ringP.transform(key.coefficients()) };
	const reader = createPhaseReader(seal, secret);
	const phase = new Float64Array(N);

	/** Fills `phase` with the centred coefficients of b + a·s. */
	const read = (ciphertext: Ciphertext, isNtt: boolean): void => {
		const { level, a, b } = isNtt ? ciphertext : toNtt(ciphertext);
		if (level === 0) reader.read(a.q, b.q, phase);
		else readBothPrimes(a, b, secret, phase);
	};

	return {
		scores: (result, packing = 'RMP') => {
			const scores = new Float32Array(result.rows);
			const shape = layout(result.dimension);
			const unit = 2 ** -SCORE_SCALE_BITS;
			for (const [chunk, ciphertext] of result.chunks.entries()) {
				const start = chunk * N;
				if (start >= result.rows) break;
				read(ciphertext, packing === 'RMP');
				for (let row = 0; row < Math.min(N, result.rows - start); row++) {
					const coefficient = packing === 'RMP' ? rowCoefficient(row, shape) : row;
					scores[start + row] = (phase[coefficient] as number) * unit;
				}
			}
			phase.fill(0);
			return scores;
		},
		coordinates: query => {
			const { padRank } = layout(query.dimension);
			const coordinates = new Float32Array(query.dimension);
			const unit = 2 ** -(query.encoding === 'item' ? ITEM_SCALE_BITS : QUERY_SCALE_BITS);
			for (const [block, ciphertext] of query.blocks.entries()) {
				const start = block * padRank;
				read(ciphertext, true);
				for (let i = 0; i < Math.min(padRank, query.dimension - start); i++) {
					const coefficient = query.encoding === 'item' ? i : padRank - 1 - i;
					coordinates[start + i] = (phase[coefficient] as number) * unit;
				}
			}
			phase.fill(0);
			return coordinates;
		},
		[Symbol.dispose]: () => {
			reader[Symbol.dispose]();
			secret.q.fill(0n);
			secret.p.fill(0n);
		},
	};
}

const Q_INVERSE_MOD_P = power(Q, P - 2n, P);

/** Level 1: coefficients modulo q·p from those modulo each prime (Garner), centred, rounded to doubles. */
function readBothPrimes(a: RnsPolynomial, b: RnsPolynomial, secret: RnsPolynomial, target: Float64Array): void {
	const modQ = coefficients(ringQ, a.q, b.q, secret.q);
	const modP = coefficients(ringP, a.p, b.p, secret.p);
	for (let i = 0; i < N; i++) {
		const low = modQ[i] as bigint;
		const high = ((((modP[i] as bigint) - low) % P) + P) * Q_INVERSE_MOD_P;
		target[i] = Number(centred(low + Q * (high % P), Q * P));
	}
}

/** The coefficients of b + a·s. */
function coefficients(ring: Ring, a: Polynomial, b: Polynomial, secret: Polynomial): Polynomial {
	const sum = b.slice();
	ring.addProduct(sum, a, secret);
	ring.inverse(sum);
	return sum;
}

/** A transformed copy of a ciphertext in coefficient form. */
function toNtt(ciphertext: Ciphertext): Ciphertext {
	const transformed = (ring: Ring, polynomial: Polynomial): Polynomial => {
		const copy = polynomial.slice();
		ring.forward(copy);
		return copy;
	};
	const both = ({ q, p }: RnsPolynomial): RnsPolynomial => ({ q: transformed(ringQ, q), p: transformed(ringP, p) });
	const { level, a, b } = ciphertext;
	if (level === 1) return { level, a: both(a), b: both(b) };
	return { level, a: { q: transformed(ringQ, a.q) }, b: { q: transformed(ringQ, b.q) } };
}
