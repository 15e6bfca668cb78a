/**
 * Smudging: noise on every score before the best rows are chosen, so that neither the scores nor which rows are best tell the small
 * differences in which key bits can hide.
 *
 * Laplace, not Gaussian: the best ten of many rows are those with the most noise, and in the tail of a Gaussian a small difference
 * decides ever more often (four to sixteen times the information for the best ten of 4,000 to 380,000 rows). With Laplace noise of scale
 * β a difference d changes no odds by more than e^(d/β), wherever the threshold lies.
 *
 * The noise is derived from a key of the Vault and the ciphertext, so the same ciphertext gets the same answer, today, after a failover
 * and from any pod; a client may repeat a call. It is no defence against averaging: whoever changes a ciphertext by nothing that matters
 * gets fresh noise. That is what the ledger counts.
 */
import { createCipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import { wireOrder } from '../../fhe/formats/ciphertext.ts';
import type { DecryptedShard } from '../shards.ts';

const KEY_BYTES = 32;
const SALT = Buffer.from('runevault/smudge/1');

/** The smudging key of one key version; the caller wipes it. */
export function smudgeKey(teamSecret: Uint8Array, fingerprint: string): Uint8Array {
	return new Uint8Array(hkdfSync('sha256', teamSecret, SALT, Buffer.from(fingerprint), KEY_BYTES));
}

/** Adds Laplace noise of the given standard deviation to each score, in place. */
export function smudge(shard: DecryptedShard, key: Uint8Array, deviation: number): void {
	if (deviation === 0) return;
	const scale = deviation / Math.SQRT2;
	const { scores } = shard;
	const draws = uniform(scores.length, createHmac('sha256', key).update(digestOf(shard)).digest());
	for (let row = 0; row < scores.length; row++) scores[row] = (scores[row] ?? 0) + laplace(draws[row] ?? 0, scale);
	draws.fill(0);
}

/** A score as it leaves: within ±1, four decimals, and no negative zero. */
export function clampScore(score: number): number {
	return Math.round(Math.min(1, Math.max(-1, score)) * 10_000) / 10_000 + 0;
}

/** By inversion: u in (−1, 1) gives −sign(u)·β·ln(1 − |u|), which log1p computes well near zero. */
function laplace(u: number, scale: number): number {
	return -Math.sign(u) * scale * Math.log1p(-Math.abs(u));
}

/** Numbers in (−1, 1): 31 bits and a sign each, the middle of one of 2^32 equal steps. */
function uniform(count: number, seed: Uint8Array): Float64Array {
	const cipher = createCipheriv('aes-256-ctr', seed, new Uint8Array(16));
	const bytes = new Uint8Array(cipher.update(new Uint8Array(4 * count)));
	seed.fill(0);
	const words = new Uint32Array(bytes.buffer);
	return Float64Array.from(words, word => (word + 0.5) / 2 ** 31 - 1);
}

/** Of what is decrypted, and of nothing that a caller could change beside it. */
function digestOf({ dimension, ciphertexts }: DecryptedShard): Uint8Array {
	const hash = createHash('sha256').update(`${dimension}/${ciphertexts.length}\n`);
	for (const { buffer, byteOffset, byteLength } of wireOrder(ciphertexts)) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
	return hash.digest();
}
