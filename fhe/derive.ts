/**
 * The public keys of a team, derived from its secret key: the same secret gives the same bytes on every pod, so only the secret is stored,
 * and the SHA-256 of EncKey.bin names the key everywhere.
 *
 * Each pair is (a, b) with b = −a·s + e + P·target in NTT form: a uniform over both primes, e Gaussian. Target 0 makes the encryption key,
 * s² the relinearisation key, and pieces of s the mod-pack keys. P·target is 0 modulo p, so it is added modulo q only. Each a and each e has a
 * stream of its own, seeded by the secret key and a label (sampler.ts); that e can be computed from s tells nobody anything who has not s.
 */
import { createHash } from 'node:crypto';
import { type EncKey, type PublicPair, writeEncKey } from './formats/enc-key.ts';
import { type EvalKey, writeEvalKey } from './formats/eval-key.ts';
import { writeSecretKey } from './formats/secret-key.ts';
import { layout, N, P, Q } from './params.ts';
import { type Polynomial, type RnsPolynomial, ringP, ringQ } from './ring.ts';
import { createStream, noise, uniform } from './sampler.ts';
import type { SecretKey } from './secret-key.ts';

/** The encryption key, with its file. About 20 ms. */
export function deriveEncKey(key: SecretKey): EncKey {
	using derivation = startDerivation(key);
	const pair = derivation.pair('enc-key');
	return { ...pair, bytes: writeEncKey(pair) };
}

/**
 * EvalKey.bin for vectors of `dimension`: 4.3 MB, 8.5 MB for dimension 4096.
 *
 * @throws VaultError `invalid_argument` for a dimension outside 32…4096.
 */
export function deriveEvalKey(key: SecretKey, dimension: number): Uint8Array {
	const { padRank } = layout(dimension);
	using derivation = startDerivation(key);
	const evalKey: EvalKey = {
		rank: padRank,
		relin: derivation.pair('relin-key', derivation.square()),
		modPack: Array.from({ length: padRank }, (_, i) => derivation.pair(`mod-pack-key/${padRank}/${i}`, pieceOfSecret(key, padRank, i))),
	};
	return writeEvalKey(evalKey, dimension);
}

/** The identity of a key: `sha256:` and the hex SHA-256 of EncKey.bin. */
export function fingerprint(encKey: EncKey): `sha256:${string}` {
	return `sha256:${createHash('sha256').update(encKey.bytes).digest('hex')}`;
}

type Derivation = Disposable & {
	/** An encryption of P·target, or of zero. `target` is in NTT form modulo q, and is wiped. */
	pair(label: string, target?: Polynomial): PublicPair;
	/** s² in NTT form modulo q. */
	square(): Polynomial;
};

function startDerivation(key: SecretKey): Derivation {
	const seed = writeSecretKey(key);
	const secret: RnsPolynomial = { q: ringQ.transform(key.coefficients()), p: ringP.transform(key.coefficients()) };
	const factor = new BigUint64Array(N).fill(P % Q);
	return {
		pair: (label, target) => {
			const stream = createStream(seed, `${label}/a`);
			const a = { q: uniform(stream, Q), p: uniform(stream, P) };
			const error = noise(createStream(seed, `${label}/e`));
			const b = { q: ringQ.transform(error), p: ringP.transform(error) };
			error.fill(0);
			ringQ.subtractProduct(b.q, a.q, secret.q);
			ringP.subtractProduct(b.p, a.p, secret.p);
			if (target !== undefined) {
				ringQ.addProduct(b.q, factor, target);
				target.fill(0n);
			}
			return { a, b };
		},
		square: () => {
			const square = new BigUint64Array(N);
			ringQ.addProduct(square, secret.q, secret.q);
			return square;
		},
		[Symbol.dispose]: () => {
			seed.fill(0);
			secret.q.fill(0n);
			secret.p.fill(0n);
		},
	};
}

/**
 * The piece of s that mod-pack key `i` carries, in NTT form modulo q: coefficients j·rank + rank−1−i of s, at the powers j·rank. With
 * y = X^rank, coefficient rank−1 of each rank-block of a·s is the sum over i of aᵢ(y)·sᵢ(y), where aᵢ takes coefficients j·rank + i of a.
 */
function pieceOfSecret(key: SecretKey, rank: number, i: number): Polynomial {
	const coefficients = key.coefficients();
	const piece = new Int8Array(N);
	for (let j = 0; j < N; j += rank) piece[j] = coefficients[j + rank - 1 - i] as number;
	const transformed = ringQ.transform(piece);
	piece.fill(0);
	return transformed;
}
