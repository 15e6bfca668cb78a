/**
 * Encryption of vectors under a team's public key, into the vendor's blobs. Coordinates are rounded to multiples of 2^-24; each block of
 * coordinates becomes one fresh ciphertext modulo q. The same vector never gives the same bytes twice.
 *
 * Scores are right while an inner product stays within ±4, where the modulus ends; embeddings of unit length always do.
 */
import { VaultError } from './errors.ts';
import type { Ciphertext } from './formats/ciphertext.ts';
import type { EncKey } from './formats/enc-key.ts';
import { type QueryBlob, writeQuery } from './formats/query.ts';
import { ITEM_SCALE_BITS, layout, N, Q } from './params.ts';
import { type Polynomial, residue } from './ring.ts';
import { createSealEncryptor, exportCiphertext, importPlaintext, type Seal, transformToNtt } from './seal.ts';

export type Encryptor = Disposable & {
	/** An item blob: what is stored. @throws VaultError `invalid_argument` for another length or a value that is no number within ±2^20. */
	item(vector: Float32Array): Uint8Array;
	/** A query blob: what is searched for. Throws as `item`. */
	query(vector: Float32Array): Uint8Array;
};

/** 2^44 when scaled: far from the modulus, whatever the noise. */
const MAX_COORDINATE = 2 ** 20;
const SCALE = 2 ** ITEM_SCALE_BITS;

/** @throws VaultError `invalid_argument` for a dimension outside 32…4096. */
export function createEncryptor(seal: Seal, encKey: EncKey, dimension: number): Encryptor {
	layout(dimension);
	const encryptor = createSealEncryptor(seal, encKey);

	const encryptBlock = (message: Polynomial): Ciphertext => {
		using plaintext = importPlaintext(seal, message, SCALE);
		using ciphertext = new seal.library.Ciphertext();
		encryptor.encrypt(plaintext, ciphertext);
		const { a, b } = exportCiphertext(seal, ciphertext);
		return { level: 0, a: { q: a }, b: { q: b } };
	};

	const encrypt = (vector: Float32Array, encoding: QueryBlob['encoding']): Uint8Array => {
		checkVector(vector, dimension);
		const messages = transformToNtt(seal, encodeVector(vector, encoding));
		return writeQuery({ encoding, dimension, level: 0, blocks: messages.map(encryptBlock) });
	};

	return {
		item: vector => encrypt(vector, 'item'),
		query: vector => encrypt(vector, 'query'),
		[Symbol.dispose]: () => encryptor[Symbol.dispose](),
	};
}

/** One polynomial of scaled coordinates for each block, coefficients modulo q: an item's in order, a query's reversed. */
export function encodeVector(vector: Float32Array, encoding: QueryBlob['encoding']): Polynomial[] {
	const { padRank, blocks } = layout(vector.length);
	return Array.from({ length: blocks }, (_, block) => {
		const polynomial = new BigUint64Array(N);
		for (const [i, value] of vector.subarray(block * padRank, (block + 1) * padRank).entries()) {
			polynomial[encoding === 'item' ? i : padRank - 1 - i] = residue(Math.round(value * SCALE), Q);
		}
		return polynomial;
	});
}

function checkVector(vector: Float32Array, dimension: number): void {
	const refuse = (reason: string) => new VaultError('invalid_argument', `vector: ${reason}`, { field: 'vector' });
	if (vector.length !== dimension) throw refuse(`must have ${dimension} coordinates`);
	// Written so that NaN is refused as well.
	if (!vector.every(x => Math.abs(x) <= MAX_COORDINATE)) throw refuse('every coordinate must be a number within ±2^20');
}
