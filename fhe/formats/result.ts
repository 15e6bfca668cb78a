/**
 * SearchResult: the encrypted scores of one shard.
 *
 *     u8 tag 0 | u32 total_item_count | i32 level | u64 n | u64 dim | u64 degree 4096
 *     a_q[k][4096] | b_q[k][4096] [| a_p[k][4096] | b_p[k][4096]]        k = ceil(n / 4096), the second half for level 1 only
 *
 * A total_item_count of 0 means n, as the vendor's reader has it.
 */
import { malformed, VaultError } from '../errors.ts';
import { isDimension, N, POLYNOMIAL_BYTES } from '../params.ts';
import { type Ciphertext, type Level, polynomialsOf, putPolynomials, readCiphertexts, wireOrder } from './ciphertext.ts';
import { isNewerFormat, Reader } from './reader.ts';

export type SearchResult = {
	/** Rows that hold a score; those behind them in the last chunk are padding. */
	rows: number;
	/** Dimension of the vectors, which decides where a row lies in a chunk. */
	dimension: number;
	level: Level;
	/** One ciphertext for each 4,096 rows. */
	chunks: Ciphertext[];
};

export const RESULT_HEADER_BYTES = 33;
/** 262,144 rows in one result. */
const MAX_CHUNKS = 64;

/** @throws VaultError `deserialization_failed` or `unsupported_version`, for any bytes that are not exactly one result. */
export function parseResult(bytes: Uint8Array): SearchResult {
	if (isNewerFormat(bytes)) throw new VaultError('unsupported_version', 'unsupported format version');
	const reader = new Reader(bytes);
	if (reader.u8() !== 0) throw malformed('result: unknown tag');
	const total = reader.u32();
	const level = reader.i32();
	const n = reader.u64('result: n');
	const dimension = reader.u64('result: dim');
	const degree = reader.u64('result: degree');
	if (level !== 0 && level !== 1) throw malformed('result: level is neither 0 nor 1');
	if (degree !== N) throw malformed(`result: degree is not ${N}`);
	if (!isDimension(dimension)) throw malformed('result: dim out of range');
	if (n < 1 || n > MAX_CHUNKS * N) throw malformed('result: row count out of range');
	if (total > n) throw malformed('result: total_item_count exceeds n');
	const count = Math.ceil(n / N);
	if (reader.remaining !== count * polynomialsOf(level) * POLYNOMIAL_BYTES) throw malformed('result: wrong length');
	return { rows: total === 0 ? n : total, dimension, level, chunks: readCiphertexts(reader, count, level) };
}

export function writeResult({ rows, dimension, level, chunks }: SearchResult): Uint8Array {
	const bytes = new Uint8Array(RESULT_HEADER_BYTES + chunks.length * polynomialsOf(level) * POLYNOMIAL_BYTES);
	const view = new DataView(bytes.buffer);
	view.setUint32(1, rows, true);
	view.setInt32(5, level, true);
	view.setBigUint64(9, BigInt(rows), true);
	view.setBigUint64(17, BigInt(dimension), true);
	view.setBigUint64(25, BigInt(N), true);
	putPolynomials(bytes, RESULT_HEADER_BYTES, wireOrder(chunks));
	return bytes;
}
