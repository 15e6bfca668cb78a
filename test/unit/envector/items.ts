/** Vectors for the stand-in's tests: a repeatable source of unit vectors, and a fast way to encrypt thousands of them. */
import { deriveEncKey, deriveEvalKey } from '../../../fhe/derive.ts';
import { encodeVector } from '../../../fhe/encrypt.ts';
import type { QueryBlob } from '../../../fhe/formats/query.ts';
import { ITEM_SCALE_BITS } from '../../../fhe/params.ts';
import { createStream } from '../../../fhe/sampler.ts';
import { createSealEncryptor, exportCiphertext, importPlaintext, type Seal, transformToNtt } from '../../../fhe/seal.ts';
import { generateSecretKey, type SecretKey } from '../../../fhe/secret-key.ts';

const SCALE = 2 ** ITEM_SCALE_BITS;
const POOL = 16;

/** Unit vectors that point anywhere, the same for the same label. */
export function unitVectors(label: string, count: number, dimension: number): Float32Array[] {
	const stream = createStream(Buffer.from(label), 'vectors');
	return Array.from({ length: count }, () => {
		const draws = new Int16Array(new Uint8Array(stream(2 * dimension)).buffer);
		const norm = Math.sqrt(draws.reduce((sum, x) => sum + x * x, 0));
		return Float32Array.from(draws, x => x / norm);
	});
}

export type Keys = { secretKey: SecretKey; encKey: ReturnType<typeof deriveEncKey>; evalKey: (dimension: number) => Uint8Array };

export function newKeys(): Keys {
	const secretKey = generateSecretKey();
	return { secretKey, encKey: deriveEncKey(secretKey), evalKey: dimension => deriveEvalKey(secretKey, dimension) };
}

/**
 * Encrypts as `createEncryptor` does, but takes its encryptions of zero from a small pool instead of making one for each block: five times
 * faster, and worthless as encryption. The arithmetic that a search meets is the same.
 */
export function createPooledEncryptor(seal: Seal, { encKey }: Keys): (vector: Float32Array) => QueryBlob {
	using encryptor = createSealEncryptor(seal, encKey);
	const pool = Array.from({ length: POOL }, () => {
		const zero = new seal.library.Ciphertext();
		encryptor.encryptZero(zero);
		zero.setScale(SCALE);
		return zero;
	});
	let next = 0;
	return vector => ({
		encoding: 'item',
		dimension: vector.length,
		level: 0,
		blocks: transformToNtt(seal, encodeVector(vector, 'item')).map(message => {
			using plaintext = importPlaintext(seal, message, SCALE);
			using ciphertext = new seal.library.Ciphertext();
			const zero = pool[next++ % POOL];
			if (zero === undefined) throw new Error('the pool is empty');
			seal.ckks.evaluator.addPlain(zero, plaintext, ciphertext);
			const { a, b } = exportCiphertext(seal, ciphertext);
			return { level: 0, a: { q: a }, b: { q: b } };
		}),
	});
}
