/**
 * node-seal, and the only door to it. SEAL does the heavy arithmetic; it never parses bytes from outside: each C++ exception would lose
 * WASM stack, and header fields are believed. So values are checked in TypeScript first, and every buffer given to SEAL has a header
 * written here (seal-bytes.ts).
 *
 * Two contexts over the same two primes. CKKS does all of the scheme, but its `decrypt` leaves NTT form and its encoder gives 2,048 slots
 * only; BGV with plain modulus q − 2 reads and writes all 4,096 coefficients, exactly.
 *
 * Every handle is WASM memory that no garbage collector frees: hold it with `using`, or dispose of it in the owner's dispose.
 */
import type { Ciphertext, Decryptor, Encryptor, Evaluator, MainModule, Plaintext, RelinKeys, SEALContext } from 'node-seal';
import type { PublicPair } from './formats/enc-key.ts';
import { N, P, Q } from './params.ts';
import type { Polynomial } from './ring.ts';
import {
	ciphertextBytes,
	getPolynomial,
	type ParmsId,
	plaintextBytes,
	plaintextValues,
	putPolynomial,
	relinKeysBytes,
} from './seal-bytes.ts';

export type { Ciphertext, Decryptor, Encryptor, Evaluator, Plaintext, RelinKeys } from 'node-seal';

/** Plain modulus of the BGV context: coefficients within ±(q−3)/2 pass unchanged. */
const PLAIN_MODULUS = Q - 2n;

/** A SEAL ciphertext has 2 to 16 polynomials. */
const MAX_POLYNOMIALS = 16;

type Parameters = {
	context: SEALContext;
	evaluator: Evaluator;
	/** Identity of ciphertexts: modulo q. */
	data: ParmsId;
	/** Identity of keys: modulo q and p. */
	key: ParmsId;
};

export type Seal = { readonly library: MainModule; readonly ckks: Parameters; readonly bgv: Parameters };

let loading: Promise<Seal> | undefined;

/**
 * Loads the WASM module and makes the contexts, once a process; 0.2 s. The build that allows transparent ciphertexts (a = 0): only a hostile
 * caller makes one, and that must not turn into a C++ exception.
 */
export function loadSeal(): Promise<Seal> {
	loading ??= load();
	return loading;
}

async function load(): Promise<Seal> {
	const { default: initialize } = await import('node-seal/allows');
	const library = await initialize();
	const { ckks, bgv } = library.SchemeType;
	return { library, ckks: parameters(library, ckks), bgv: parameters(library, bgv, PLAIN_MODULUS) };
}

function parameters(library: MainModule, scheme: MainModule['SchemeType']['ckks' | 'bgv'], plainModulus?: bigint): Parameters {
	using encryption = new library.EncryptionParameters(scheme);
	using primes = new library.VectorModulus();
	for (const prime of [Q, P]) {
		using modulus = new library.Modulus(prime);
		primes.push_back(modulus);
	}
	encryption.setPolyModulusDegree(N);
	encryption.setCoeffModulus(primes);
	if (plainModulus !== undefined) {
		using modulus = new library.Modulus(plainModulus);
		encryption.setPlainModulus(modulus);
	}
	const context = new library.SEALContext(encryption, true, library.SecLevelType.tc128);
	using first = context.firstParmsId();
	using key = context.keyParmsId();
	return { context, evaluator: new library.Evaluator(context), data: Array.from(first.values()), key: Array.from(key.values()) };
}

/** A ciphertext modulo q from its polynomials, b first: b + a·s, and with a third polynomial b + a·s + c·s². */
export function importCiphertext({ library, ckks }: Seal, polynomials: readonly Polynomial[], isNtt: boolean, scale: number): Ciphertext {
	const bytes = ciphertextBytes({ parmsId: ckks.data, isNtt, polynomials: polynomials.length, primes: 1, scale });
	for (const [i, polynomial] of polynomials.entries()) putPolynomial(bytes, i, polynomial);
	const ciphertext = new library.Ciphertext();
	ciphertext.loadFromArray(ckks.context, bytes);
	return ciphertext;
}

/** Copies of the polynomials of a ciphertext modulo q, b first. */
export function exportCiphertext({ library }: Seal, ciphertext: Ciphertext): { b: Polynomial; a: Polynomial } {
	const bytes: Uint8Array = ciphertext.saveToArray(library.ComprModeType.none);
	return { b: getPolynomial(bytes, 0), a: getPolynomial(bytes, 1) };
}

/** The NTT forms of polynomials modulo q, given as coefficients. SEAL takes up to 16 at once, as if they were one ciphertext. */
export function transformToNtt(seal: Seal, polynomials: readonly Polynomial[]): Polynomial[] {
	const { library, ckks } = seal;
	const transformed: Polynomial[] = [];
	for (let start = 0; start < polynomials.length; start += MAX_POLYNOMIALS) {
		const batch = polynomials.slice(start, start + MAX_POLYNOMIALS);
		const padded = batch.length === 1 ? [...batch, new BigUint64Array(N)] : batch;
		using ciphertext = importCiphertext(seal, padded, false, 1);
		ckks.evaluator.cipherTransformToNttInplace(ciphertext);
		const bytes: Uint8Array = ciphertext.saveToArray(library.ComprModeType.none);
		transformed.push(...batch.map((_, i) => getPolynomial(bytes, i)));
	}
	return transformed;
}

/** A CKKS plaintext from a polynomial modulo q in NTT form. */
export function importPlaintext({ library, ckks }: Seal, values: Polynomial, scale: number): Plaintext {
	const plaintext = new library.Plaintext();
	plaintext.loadFromArray(ckks.context, plaintextBytes(values, ckks.data, scale));
	return plaintext;
}

/** A key switch from s² to s: with `relinearizeInplace` it turns b + a·s + c·s² into b' + a'·s. */
export function importRelinKeys({ library, ckks }: Seal, pair: PublicPair): RelinKeys {
	const keys = new library.RelinKeys();
	keys.loadFromArray(ckks.context, relinKeysBytes(ckks.key, pairBytes(ckks.key, pair)));
	return keys;
}

/** Encrypts under a public key, with SEAL's own noise and generator (its seed comes from the system). */
export function createSealEncryptor({ library, ckks }: Seal, pair: PublicPair): Encryptor {
	using key = new library.PublicKey();
	key.loadFromArray(ckks.context, pairBytes(ckks.key, pair));
	return new library.Encryptor(ckks.context, key);
}

/** Reads the 4,096 coefficients of b + a·s modulo q, centred; see decrypt.ts for the whole of decryption. */
export type PhaseReader = Disposable & {
	/** @param target receives the coefficients, exact integers. a and b are in NTT form. */
	read(a: Polynomial, b: Polynomial, target: Float64Array): void;
};

/** @param secret s in NTT form, modulo q and modulo p; not kept. */
export function createPhaseReader({ library, bgv }: Seal, secret: { q: Polynomial; p: Polynomial }): PhaseReader {
	const values = new BigUint64Array(2 * N);
	values.set(secret.q);
	values.set(secret.p, N);
	const keyBytes = plaintextBytes(values, bgv.key, 1);
	const decryptor = sealDecryptor(library, bgv, keyBytes);
	values.fill(0n);
	const ciphertext = new library.Ciphertext();
	const plaintext = new library.Plaintext();
	const bytes = ciphertextBytes({ parmsId: bgv.data, isNtt: true, polynomials: 2, primes: 1, scale: 1 });
	return {
		read: (a, b, target) => {
			putPolynomial(bytes, 0, b);
			putPolynomial(bytes, 1, a);
			ciphertext.loadFromArray(bgv.context, bytes);
			decryptor.decrypt(ciphertext, plaintext);
			centre(plaintextValues(plaintext.saveToArray(library.ComprModeType.none)), target);
		},
		[Symbol.dispose]: () => {
			for (const handle of [plaintext, ciphertext, decryptor]) handle[Symbol.dispose]();
		},
	};
}

/** SEAL keeps its own copy of the key; the bytes it came in are wiped. */
function sealDecryptor(library: MainModule, { context }: Parameters, keyBytes: Uint8Array): Decryptor {
	using key = new library.SecretKey();
	key.loadFromArray(context, keyBytes);
	keyBytes.fill(0);
	return new library.Decryptor(context, key);
}

/** Residues modulo `PLAIN_MODULUS` to signed numbers. All are below 2^51, so their 32-bit halves make exact doubles, without BigInts. */
function centre(values: BigUint64Array, target: Float64Array): void {
	const halves = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
	const modulus = Number(PLAIN_MODULUS);
	const largest = (modulus - 1) / 2;
	target.fill(0);
	for (let i = 0; i < values.length; i++) {
		const value = (halves[2 * i + 1] as number) * 2 ** 32 + (halves[2 * i] as number);
		target[i] = value > largest ? value - modulus : value;
	}
}

function pairBytes(parmsId: ParmsId, { a, b }: PublicPair): Uint8Array {
	const bytes = ciphertextBytes({ parmsId, isNtt: true, polynomials: 2, primes: 2, scale: 1 });
	for (const [i, polynomial] of [b.q, b.p, a.q, a.p].entries()) putPolynomial(bytes, i, polynomial);
	return bytes;
}
