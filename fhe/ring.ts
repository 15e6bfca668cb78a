/**
 * Polynomials modulo X^4096 + 1 and one prime, written for reading: BigInt arithmetic, one negacyclic number theoretic transform of the
 * textbook form (Longa and Naehrig 2016, algorithms 1 and 2). Twiddles are powers of the least primitive 8192nd root in bit-reversed
 * order, so values equal SEAL's and the vendor's and need no conversion.
 *
 * Used where node-seal has no door: deriving keys, results over both primes, coefficient packing. The hot path of decryption is SEAL's.
 */
import { N, P, PSI_P, PSI_Q, Q } from './params.ts';

/** 4,096 residues, either coefficients or values at the roots (NTT form); which one is said by whoever holds it. */
export type Polynomial = BigUint64Array<ArrayBuffer>;

/** One polynomial over both primes. */
export type RnsPolynomial = { q: Polynomial; p: Polynomial };

export type Ring = {
	readonly modulus: bigint;
	/** Coefficients to NTT form, in place. */
	forward(x: Polynomial): void;
	/** NTT form to coefficients, in place. */
	inverse(x: Polynomial): void;
	/** sum += x·y, value by value: the ring product when all three are in NTT form. */
	addProduct(sum: Polynomial, x: Polynomial, y: Polynomial): void;
	/** sum -= x·y, value by value. */
	subtractProduct(sum: Polynomial, x: Polynomial, y: Polynomial): void;
	/** NTT form of a polynomial with small signed coefficients; positions beyond its length are zero. */
	transform(coefficients: ArrayLike<number>): Polynomial;
};

function createRing(modulus: bigint, root: bigint): Ring {
	const powers = powersInBitReversedOrder(root, modulus);
	const inversePowers = powersInBitReversedOrder(power(root, modulus - 2n, modulus), modulus);
	const inverseOfN = power(BigInt(N), modulus - 2n, modulus);

	const forward = (x: Polynomial): void => {
		for (let blocks = 1, half = N >> 1; blocks < N; blocks <<= 1, half >>= 1) {
			for (let block = 0; block < blocks; block++) {
				const twiddle = powers[blocks + block] as bigint;
				const start = 2 * block * half;
				for (let i = start; i < start + half; i++) {
					const u = x[i] as bigint;
					const v = ((x[i + half] as bigint) * twiddle) % modulus;
					const sum = u + v;
					const difference = u - v;
					x[i] = sum >= modulus ? sum - modulus : sum;
					x[i + half] = difference < 0n ? difference + modulus : difference;
				}
			}
		}
	};

	const inverse = (x: Polynomial): void => {
		for (let blocks = N >> 1, half = 1; blocks >= 1; blocks >>= 1, half <<= 1) {
			for (let block = 0; block < blocks; block++) {
				const twiddle = inversePowers[blocks + block] as bigint;
				const start = 2 * block * half;
				for (let i = start; i < start + half; i++) {
					const u = x[i] as bigint;
					const v = x[i + half] as bigint;
					const sum = u + v;
					x[i] = sum >= modulus ? sum - modulus : sum;
					x[i + half] = ((u - v + modulus) * twiddle) % modulus;
				}
			}
		}
		for (let i = 0; i < N; i++) x[i] = ((x[i] as bigint) * inverseOfN) % modulus;
	};

	return {
		modulus,
		forward,
		inverse,
		addProduct: (sum, x, y) => {
			for (let i = 0; i < N; i++) sum[i] = ((sum[i] as bigint) + (x[i] as bigint) * (y[i] as bigint)) % modulus;
		},
		subtractProduct: (sum, x, y) => {
			for (let i = 0; i < N; i++) sum[i] = ((sum[i] as bigint) + (modulus - (x[i] as bigint)) * (y[i] as bigint)) % modulus;
		},
		transform: coefficients => {
			const x = new BigUint64Array(N);
			for (let i = 0; i < coefficients.length; i++) x[i] = residue(coefficients[i] as number, modulus);
			forward(x);
			return x;
		},
	};
}

export const ringQ = createRing(Q, PSI_Q);
export const ringP = createRing(P, PSI_P);

/** A small signed integer as a residue in [0, modulus). */
export function residue(value: number, modulus: bigint): bigint {
	return value < 0 ? modulus + BigInt(value) : BigInt(value);
}

/** A residue as the nearest representative around zero. */
export function centred(value: bigint, modulus: bigint): bigint {
	return value > modulus >> 1n ? value - modulus : value;
}

/** base^exponent mod modulus, by squaring. */
export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
	let result = 1n;
	for (let square = base % modulus, rest = exponent; rest > 0n; rest >>= 1n) {
		if (rest & 1n) result = (result * square) % modulus;
		square = (square * square) % modulus;
	}
	return result;
}

function powersInBitReversedOrder(root: bigint, modulus: bigint): Polynomial {
	const powers = new BigUint64Array(N);
	let value = 1n;
	for (let exponent = 0; exponent < N; exponent++) {
		powers[reverseBits(exponent)] = value;
		value = (value * root) % modulus;
	}
	return powers;
}

function reverseBits(index: number): number {
	let reversed = 0;
	for (let bit = 1; bit < N; bit <<= 1) reversed = (reversed << 1) | (index & bit ? 1 : 0);
	return reversed;
}
