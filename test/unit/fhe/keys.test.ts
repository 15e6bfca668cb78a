import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { deriveEncKey, deriveEvalKey, fingerprint } from '../../../fhe/derive.ts';
import type { PublicPair } from '../../../fhe/formats/enc-key.ts';
import { parseEvalKey, writeEvalKey } from '../../../fhe/formats/eval-key.ts';
import { writeSecretKey } from '../../../fhe/formats/secret-key.ts';
import { HAMMING_WEIGHT, N, NOISE_SIGMA, P, Q } from '../../../fhe/params.ts';
import { centred, type Polynomial, type Ring, ringP, ringQ } from '../../../fhe/ring.ts';
import { createStream, NOISE_TABLE, noise, uniform } from '../../../fhe/sampler.ts';
import { generateSecretKey, SecretKey } from '../../../fhe/secret-key.ts';
import { encKey, secretKey } from './vectors.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Randomness that is the same in every run. */
function fixedBytes(label: string): (size: number) => Uint8Array {
	return createStream(Buffer.from('test'), label);
}

describe('generateSecretKey', () => {
	it('[FHE-6] gives 4,096 of −1, 0, 1 with Hamming weight 2,730', () => {
		for (let i = 0; i < 20; i++) {
			using key = generateSecretKey();
			const coefficients = [...key.coefficients()];
			assert.equal(coefficients.length, N);
			assert.equal(coefficients.filter(c => c === 1 || c === -1).length, HAMMING_WEIGHT);
			assert.equal(coefficients.filter(c => c === 0).length, N - HAMMING_WEIGHT);
		}
	});

	it('[FHE-6] prefers no position and no sign', () => {
		const runs = 150;
		const nonzero = new Uint32Array(N);
		let plus = 0;
		const random = fixedBytes('bias');
		for (let run = 0; run < runs; run++) {
			for (const [i, c] of generateSecretKey(random).coefficients().entries()) {
				nonzero[i] = (nonzero[i] ?? 0) + Math.abs(c);
				plus += c === 1 ? 1 : 0;
			}
		}
		const share = HAMMING_WEIGHT / N;
		const deviation = Math.sqrt(runs * share * (1 - share));
		// Chi-square over positions, one degree of freedom lost a run: mean N, standard deviation √(2N).
		const chiSquare = nonzero.reduce((sum, count) => sum + ((count - runs * share) / deviation) ** 2, 0);
		assert.ok(Math.abs(chiSquare - N) < 5 * Math.sqrt(2 * N), `chi-square ${chiSquare}`);
		assert.ok(Math.abs(plus - (runs * HAMMING_WEIGHT) / 2) < 5 * Math.sqrt((runs * HAMMING_WEIGHT) / 4), `${plus} of +1`);
	});

	it('[FHE-6] gives another key each time', () => {
		using one = generateSecretKey();
		using other = generateSecretKey();
		assert.notDeepEqual(one.coefficients(), other.coefficients());
	});

	it('[FHE-6] wipes on disposal and refuses use afterwards', () => {
		const coefficients = Int8Array.from({ length: N }, (_, i) => (i < HAMMING_WEIGHT ? 1 : 0));
		const key = new SecretKey(coefficients);
		key[Symbol.dispose]();
		assert.ok(coefficients.every(c => c === 0));
		assert.throws(() => key.coefficients(), { code: 'key_missing' });
	});

	for (const [name, coefficients] of [
		['another weight', Int8Array.from({ length: N }, (_, i) => (i < HAMMING_WEIGHT - 1 ? 1 : 0))],
		['a coefficient of 2', Int8Array.from({ length: N }, (_, i) => (i < HAMMING_WEIGHT - 2 ? 1 : i === N - 1 ? 2 : 0))],
		['another length', new Int8Array(N + 1).fill(1, 0, HAMMING_WEIGHT)],
	] as const) {
		it(`[FHE-6] [VLT-53] refuses ${name}, and wipes what it was given`, () => {
			assert.throws(() => new SecretKey(coefficients), { code: 'wrong_key' });
			assert.ok(coefficients.every(c => c === 0));
		});
	}
});

describe('sampling', () => {
	it('[FHE-8] the noise table is the discrete Gaussian of standard deviation 3.2', () => {
		const weight = (x: number) => Math.exp(-(x * x) / (2 * NOISE_SIGMA ** 2));
		const total = Array.from({ length: 199 }, (_, i) => weight(i - 99)).reduce((sum, w) => sum + w, 0);
		let below = 0;
		for (const [x, bound] of NOISE_TABLE.entries()) {
			below += x === 0 ? weight(0) : 2 * weight(x);
			assert.ok(Math.abs(bound - (below / total) * 2 ** 52) < 64, `entry ${x}`);
		}
	});

	it('[FHE-8] noise has mean 0 and standard deviation 3.2', () => {
		const stream = fixedBytes('noise');
		const samples = Array.from({ length: 64 }, () => [...noise(stream)]).flat();
		const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length;
		const deviation = Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
		assert.ok(Math.abs(mean) < (5 * NOISE_SIGMA) / Math.sqrt(samples.length), `mean ${mean}`);
		assert.ok(Math.abs(deviation - NOISE_SIGMA) < 0.03, `deviation ${deviation}`);
	});

	it('[FHE-8] uniform residues are below the modulus and spread evenly', () => {
		for (const modulus of [Q, P]) {
			const stream = fixedBytes(`uniform ${modulus}`);
			const buckets = new Uint32Array(16);
			for (let i = 0; i < 16; i++) {
				for (const value of uniform(stream, modulus)) {
					assert.ok(value < modulus);
					const bucket = Number((value * 16n) / modulus);
					buckets[bucket] = (buckets[bucket] ?? 0) + 1;
				}
			}
			const expected = N;
			const chiSquare = buckets.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
			assert.ok(chiSquare < 15 + 5 * Math.sqrt(30), `chi-square ${chiSquare}`);
		}
	});

	it('[FHE-7] a stream depends on seed and label only, whatever the size of the reads', () => {
		const whole = fixedBytes('a')(100);
		const parts = fixedBytes('a');
		assert.deepEqual(Buffer.concat([parts(1), parts(63), parts(36)]), Buffer.from(whole));
		assert.notDeepEqual(fixedBytes('b')(100), whole);
	});
});

describe('derived keys', () => {
	using key = secretKey();
	const derived = deriveEncKey(key);
	const evalBytes = deriveEvalKey(key, 1024);

	it("[FHE-7] are the same bytes in every process: golden digests for the vendor's secret key", () => {
		assert.equal(fingerprint(derived), 'sha256:907ca6b51ab304eaa838e2f7158ad50b91379f9f4548e6cdc809df630e486489');
		assert.equal(sha256(evalBytes), '064416ae48668e0bd17ddfcc6b286108b14c83666fcde402f7170a2107e9d53d');
	});

	it('[FHE-7] differ for another secret', () => {
		using other = generateSecretKey();
		assert.notEqual(fingerprint(deriveEncKey(other)), fingerprint(derived));
	});

	const secret = { q: ringQ.transform(secretKey().coefficients()), p: ringP.transform(secretKey().coefficients()) };

	/** Coefficients of b + a·s − factor·target modulo one prime, centred. */
	const error = (ring: Ring, a: Polynomial, b: Polynomial, s: Polynomial, target?: Polynomial): number[] => {
		const sum = b.slice();
		ring.addProduct(sum, a, s);
		if (target !== undefined) ring.subtractProduct(sum, new BigUint64Array(N).fill(P % ring.modulus), target);
		ring.inverse(sum);
		return [...sum].map(value => Number(centred(value, ring.modulus)));
	};
	const assertNoise = ({ a, b }: PublicPair, target?: Polynomial) => {
		const modQ = error(ringQ, a.q, b.q, secret.q, target);
		assert.deepEqual(error(ringP, a.p, b.p, secret.p), modQ);
		const deviation = Math.sqrt(modQ.reduce((sum, x) => sum + x * x, 0) / N);
		assert.ok(Math.abs(deviation - NOISE_SIGMA) < 0.3 && Math.max(...modQ.map(Math.abs)) <= 26, `deviation ${deviation}`);
	};

	it("[FHE-8] the encryption key is an encryption of zero, as the vendor's is", () => {
		assertNoise(derived);
		assertNoise(encKey());
	});

	it('[FHE-8] the evaluation key switches s² and the pieces of s', () => {
		const { rank, relin, modPack } = parseEvalKey(evalBytes);
		assert.deepEqual([rank, modPack.length], [32, 32]);
		const square = new BigUint64Array(N);
		ringQ.addProduct(square, secret.q, secret.q);
		assertNoise(relin, square);
		const coefficients = secretKey().coefficients();
		for (const i of [0, 13, 31]) {
			const piece = Int8Array.from({ length: N }, (_, at) => (at % 32 === 0 ? (coefficients[at + 31 - i] ?? 0) : 0));
			assertNoise(modPack[i] as PublicPair, ringQ.transform(piece));
		}
	});

	it('[FHE-8] no two pairs share randomness', () => {
		const { relin, modPack } = parseEvalKey(evalBytes);
		const digests = [derived, relin, ...modPack].map(({ a }) => sha256(new Uint8Array(a.q.buffer)));
		assert.equal(new Set(digests).size, digests.length);
	});

	it('[FHE-5] the evaluation key archive is written as it was read', () => {
		assert.ok(Buffer.from(writeEvalKey(parseEvalKey(evalBytes), 1024)).equals(evalBytes));
		assert.equal(evalBytes.length, 4_325_377 + 91 + 2 * 17 + 'metadata-eval.jsonEVIKeys32.bin'.length);
	});

	it('[FHE-8] dimension 4096 has 64 mod-pack keys', () => {
		using small = generateSecretKey();
		assert.equal(parseEvalKey(deriveEvalKey(small, 4096)).rank, 64);
		assert.equal(writeSecretKey(small).length, 1029);
	});
});
