/**
 * Canaries: ciphertexts whose decryption the operator can check without knowing it. The operator keeps
 * answer = SHA-256("runevault-canary\n" ‖ scores as float32 little-endian) and a pod answers SHA-256(nonce ‖ ':' ‖ answer).
 *
 * A canary encrypts nothing: both its polynomials are random, so its "scores" look random too, to anyone but the key's holder, and
 * nobody, who makes it included, knows them beforehand. Only their hash is ever stored: a ciphertext with its exact decryption would
 * be one step towards the key.
 */
import { createHash, randomBytes, randomFillSync } from 'node:crypto';
import type { Decryptor } from '../../fhe/decrypt.ts';
import { VaultError } from '../../fhe/errors.ts';
import { parseBlob } from '../../fhe/formats/blob.ts';
import { writeResult } from '../../fhe/formats/result.ts';
import { N, Q } from '../../fhe/params.ts';

const MASK = (1n << 51n) - 1n;

/** One canary for each probe of a challenge, so that an answer is not the same each time. */
export const CANARIES = 4;

/** A SearchResult of 4,096 rows made of random residues. */
export function newCanary(dimension: number): Uint8Array {
	return writeResult({ rows: N, dimension, level: 0, chunks: [{ level: 0, a: { q: uniform() }, b: { q: uniform() } }] });
}

/** @throws VaultError when the bytes are no SearchResult. */
export function canaryAnswer(blob: Uint8Array, decryptor: Decryptor): string {
	const parsed = parseBlob(blob);
	if (parsed.kind !== 'result') throw new VaultError('deserialization_failed', 'a canary is a SearchResult');
	const scores = decryptor.scores(parsed.result);
	const bytes = new DataView(new ArrayBuffer(scores.length * 4));
	for (const [at, score] of scores.entries()) bytes.setFloat32(at * 4, score, true);
	const plain = new Uint8Array(bytes.buffer);
	try {
		return createHash('sha256').update('runevault-canary\n').update(plain).digest('hex');
	} finally {
		scores.fill(0);
		plain.fill(0);
	}
}

/** What a pod returns for a nonce. */
export function canaryDigest(nonce: string, answer: string): string {
	return createHash('sha256').update(`${nonce}:${answer}`, 'utf8').digest('hex');
}

/** 4,096 residues modulo q, each equally likely: 51 random bits, drawn again in the rare case that they reach q. */
function uniform(): BigUint64Array<ArrayBuffer> {
	const residues = randomFillSync(new BigUint64Array(N));
	for (let i = 0; i < N; i++) {
		let residue = (residues[i] ?? 0n) & MASK;
		while (residue >= Q) residue = randomBytes(8).readBigUInt64LE() & MASK;
		residues[i] = residue;
	}
	return residues;
}
