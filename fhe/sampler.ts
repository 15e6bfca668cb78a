/**
 * Deterministic randomness for derived keys: a byte stream from a seed and a label (HKDF-SHA256, then AES-256-CTR), uniform residues from
 * it by rejection, and Gaussian noise by inversion of the cumulative distribution. Integers only, so that every machine derives the same
 * bytes.
 */
import { createCipheriv, hkdfSync } from 'node:crypto';
import { N } from './params.ts';
import type { Polynomial } from './ring.ts';

/** The next `size` bytes of an endless stream. */
export type Stream = (size: number) => Uint8Array;

const SALT = Buffer.from('runevault/derive/1');
const KEY_BYTES = 32;
const COUNTER_BYTES = 16;

/** One stream for each label; streams of different labels of one seed are independent. */
export function createStream(seed: Uint8Array, label: string): Stream {
	const material = new Uint8Array(hkdfSync('sha256', seed, SALT, Buffer.from(label), KEY_BYTES + COUNTER_BYTES));
	const cipher = createCipheriv('aes-256-ctr', material.subarray(0, KEY_BYTES), material.subarray(KEY_BYTES));
	material.fill(0);
	return size => cipher.update(new Uint8Array(size));
}

/** 4,096 uniform residues: draws of exactly as many bits as the modulus has, those not below it thrown away. */
export function uniform(stream: Stream, modulus: bigint): Polynomial {
	const mask = (1n << BigInt(modulus.toString(2).length)) - 1n;
	const polynomial = new BigUint64Array(N);
	for (let filled = 0; filled < N; ) {
		for (const draw of words(stream, N - filled)) {
			const value = draw & mask;
			if (value < modulus) polynomial[filled++] = value;
		}
	}
	return polynomial;
}

/**
 * 2^52·Pr[|x| ≤ i] of the discrete Gaussian with standard deviation 3.2, rounded, for i = 0…25; beyond ±26 lies less than 2^-52. A test
 * computes the table anew.
 */
export const NOISE_TABLE = [
	561461345424446, 1630870930738688, 2554561940539319, 3278160661372714, 3792272131933690, 4123559766866483, 4317175920729791,
	4419804042420989, 4469141822153035, 4490653845101439, 4499160745202150, 4502211798839213, 4503204267454040, 4503497068180956,
	4503575414022320, 4503594426914117, 4503598611657525, 4503599447025690, 4503599598268743, 4503599623103584, 4503599626802171,
	4503599627301743, 4503599627362943, 4503599627369743, 4503599627370428, 4503599627370490,
] as const;

/** 4,096 samples of the noise: 52 bits choose the magnitude by the table, one more the sign. Zero has no sign, so its is ignored. */
export function noise(stream: Stream): Int8Array {
	const samples = new Int8Array(N);
	const bytes = new Uint8Array(stream(8 * N));
	const halves = new Uint32Array(bytes.buffer);
	for (let i = 0; i < N; i++) {
		const high = halves[2 * i + 1] as number;
		const draw = (high & 0xfffff) * 2 ** 32 + (halves[2 * i] as number);
		let magnitude = 0;
		for (const bound of NOISE_TABLE) magnitude += draw >= bound ? 1 : 0;
		samples[i] = high & 0x80000000 ? -magnitude : magnitude;
	}
	bytes.fill(0);
	return samples;
}

function words(stream: Stream, count: number): BigUint64Array {
	return new BigUint64Array(new Uint8Array(stream(8 * count)).buffer);
}
