/**
 * EvalKey.bin, what the search service needs to search ciphertexts: an archive of
 *
 *     'D' | u64 length | path                    a directory
 *     'F' | u64 length | path | i64 size | bytes a file
 *
 * with `metadata-eval.json` (preset, mode, ranks) and `EVIKeys<rank>.bin`: `03`, the relinearisation key a_q, a_p, b_q, b_p, then the
 * mod-pack keys a_q[rank], a_p[rank], b_q[rank], b_p[rank]. Paths are only compared, never opened.
 */
import { malformed, VaultError } from '../errors.ts';
import { layout, MAX_DIMENSION, MIN_DIMENSION, P, POLYNOMIAL_BYTES, PRESET, Q } from '../params.ts';
import { putPolynomials } from './ciphertext.ts';
import { type PublicPair, readPair } from './enc-key.ts';
import { isNewerFormat, Reader } from './reader.ts';

export type EvalKey = {
	/** How many mod-pack keys there are: the `padRank` of the dimension. */
	rank: number;
	/** P·s² under s. */
	relin: PublicPair;
	/** Number i holds P times the coefficients j·rank + rank−1−i of s, spread over the powers of X^rank. */
	modPack: PublicPair[];
};

const TAG = 3;
const METADATA = 'metadata-eval.json';
const MAX_FILES = 8;
const MAX_NAME_BYTES = 256;
const RANKS = [32, 64];

/** @throws VaultError `deserialization_failed` or `unsupported_version`. */
export function parseEvalKey(bytes: Uint8Array): EvalKey {
	if (isNewerFormat(bytes)) throw new VaultError('unsupported_version', 'unsupported format version');
	const files = readArchive(bytes);
	for (const rank of RANKS) {
		const keys = files.get(`EVIKeys${rank}.bin`);
		if (keys !== undefined) return readKeys(keys, rank);
	}
	throw malformed('EvalKey.bin: holds no EVIKeys file');
}

/** The archive for vectors of `dimension`. */
export function writeEvalKey(key: EvalKey, dimension: number): Uint8Array {
	if (layout(dimension).padRank !== key.rank)
		throw new VaultError('invalid_argument', 'dimension: does not fit the evaluation key', { field: 'dimension' });
	const metadata = JSON.stringify({ EvalMode: 'RMP', ParameterPreset: PRESET, Ranks: [powerOfTwoAbove(dimension)] }, undefined, 4);
	return Buffer.concat([...file(METADATA, Buffer.from(`${metadata}\n`)), ...file(`EVIKeys${key.rank}.bin`, writeKeys(key))]);
}

function readArchive(bytes: Uint8Array): Map<string, Uint8Array> {
	const files = new Map<string, Uint8Array>();
	const reader = new Reader(bytes);
	for (let records = 0; reader.remaining > 0; records++) {
		if (records === MAX_FILES) throw malformed('EvalKey.bin: too many records');
		const type = reader.u8();
		const nameBytes = reader.u64('EvalKey.bin: path length');
		if (nameBytes > MAX_NAME_BYTES) throw malformed('EvalKey.bin: path too long');
		const name = Buffer.from(reader.bytes(nameBytes)).toString('latin1');
		if (type === 0x46) files.set(name, reader.bytes(reader.u64('EvalKey.bin: file size')));
		else if (type !== 0x44) throw malformed('EvalKey.bin: unknown record');
	}
	return files;
}

function readKeys(bytes: Uint8Array, rank: number): EvalKey {
	if (bytes.length !== 1 + 4 * (rank + 1) * POLYNOMIAL_BYTES || bytes[0] !== TAG) throw malformed('EvalKey.bin: wrong keys file');
	const reader = new Reader(bytes);
	reader.skip(1);
	const relin = readPair(reader);
	const [aq = [], ap = [], bq = [], bp = []] = [Q, P, Q, P].map(modulus => Array.from({ length: rank }, () => reader.polynomial(modulus)));
	const modPack = aq.flatMap((a, i) => {
		const [p, q, bOfP] = [ap[i], bq[i], bp[i]];
		return p && q && bOfP ? [{ a: { q: a, p }, b: { q, p: bOfP } }] : [];
	});
	return { rank, relin, modPack };
}

function writeKeys({ rank, relin, modPack }: EvalKey): Uint8Array {
	const bytes = new Uint8Array(1 + 4 * (rank + 1) * POLYNOMIAL_BYTES);
	bytes[0] = TAG;
	const at = putPolynomials(bytes, 1, [relin.a.q, relin.a.p, relin.b.q, relin.b.p]);
	putPolynomials(bytes, at, [
		...modPack.map(k => k.a.q),
		...modPack.map(k => k.a.p),
		...modPack.map(k => k.b.q),
		...modPack.map(k => k.b.p),
	]);
	return bytes;
}

function file(name: string, content: Uint8Array): Uint8Array[] {
	const head = Buffer.alloc(1 + 8 + name.length + 8);
	head.write('F', 0, 'latin1');
	head.writeBigUInt64LE(BigInt(name.length), 1);
	head.write(name, 9, 'latin1');
	head.writeBigInt64LE(BigInt(content.length), 9 + name.length);
	return [head, content];
}

/** The vendor names ranks by the power of two that holds them. */
function powerOfTwoAbove(dimension: number): number {
	let rank = MIN_DIMENSION;
	while (rank < dimension && rank < MAX_DIMENSION) rank *= 2;
	return rank;
}
