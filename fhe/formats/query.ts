/**
 * Query and item blobs: one encrypted vector, cut into blocks of `rank` coordinates.
 *
 *     u8 query_type 0 | u8 datatype (0 cipher, 1 plain) | u32 blocks, then for each block
 *     i32 level | u64 n 1 | u64 rank | u64 degree 4096 | u64 dimension | u64 scale_bit | u8 encode_type (0 item, 1 query)
 *     a_q | b_q [| a_p | b_p]
 *
 * An item has its coordinates at coefficients 0…rank−1, a query has them reversed, so that their product has the inner product at
 * coefficient rank−1. `scale_bit` is uninitialised memory in files of the vendor: it is not read, and 24 is written.
 */
import { malformed, VaultError } from '../errors.ts';
import { ITEM_SCALE_BITS, isDimension, layout, N, POLYNOMIAL_BYTES } from '../params.ts';
import { type Ciphertext, type Level, polynomialsOf, putPolynomials, readCiphertexts, wireOrder } from './ciphertext.ts';
import { isNewerFormat, Reader } from './reader.ts';

export type QueryBlob = {
	encoding: 'item' | 'query';
	/** Length of the vector. */
	dimension: number;
	level: Level;
	/** One ciphertext for each `layout(dimension).padRank` coordinates. */
	blocks: Ciphertext[];
};

export const QUERY_HEADER_BYTES = 6;
export const BLOCK_HEADER_BYTES = 45;
/** Dimension 4,096 has 64 blocks of rank 64; dimensions just below have 128 of rank 32. */
export const MAX_BLOCKS = 128;

/** @throws VaultError `deserialization_failed` or `unsupported_version`, for any bytes that are not exactly one blob. */
export function parseQuery(bytes: Uint8Array): QueryBlob {
	if (isNewerFormat(bytes)) throw new VaultError('unsupported_version', 'unsupported format version');
	const reader = new Reader(bytes);
	if (reader.u8() !== 0) throw malformed('query: unknown type');
	if (reader.u8() !== 0) throw malformed('query: not encrypted');
	const count = reader.u32();
	if (count < 1 || count > MAX_BLOCKS) throw malformed('query: block count out of range');
	const first = readBlock(reader);
	if (count !== layout(first.dimension).blocks) throw malformed('query: block count does not fit the dimension');
	const blocks = [first.ciphertext];
	while (blocks.length < count) {
		const block = readBlock(reader);
		if (!(['encoding', 'dimension', 'level'] as const).every(field => block[field] === first[field])) {
			throw malformed('query: blocks differ');
		}
		blocks.push(block.ciphertext);
	}
	if (reader.remaining !== 0) throw malformed('query: wrong length');
	return { encoding: first.encoding, dimension: first.dimension, level: first.level, blocks };
}

type Block = Pick<QueryBlob, 'encoding' | 'dimension' | 'level'> & { ciphertext: Ciphertext };

function readBlock(reader: Reader): Block {
	const level = reader.i32();
	const n = reader.u64('query: n');
	const rank = reader.u64('query: rank');
	const degree = reader.u64('query: degree');
	const dimension = reader.u64('query: dimension');
	reader.skip(8);
	const encodeType = reader.u8();
	if (level !== 0 && level !== 1) throw malformed('query: level is neither 0 nor 1');
	if (n !== 1) throw malformed('query: holds more than one vector');
	if (degree !== N) throw malformed(`query: degree is not ${N}`);
	if (!isDimension(dimension)) throw malformed('query: dimension out of range');
	if (rank !== layout(dimension).padRank) throw malformed('query: rank does not fit the dimension');
	if (encodeType > 1) throw malformed('query: unknown encode type');
	const [ciphertext] = readCiphertexts(reader, 1, level);
	if (ciphertext === undefined) throw malformed('query: no block');
	return { level, dimension, encoding: encodeType === 0 ? 'item' : 'query', ciphertext };
}

export function writeQuery({ encoding, dimension, level, blocks }: QueryBlob): Uint8Array {
	const blockBytes = BLOCK_HEADER_BYTES + polynomialsOf(level) * POLYNOMIAL_BYTES;
	const bytes = new Uint8Array(QUERY_HEADER_BYTES + blocks.length * blockBytes);
	const view = new DataView(bytes.buffer);
	view.setUint32(2, blocks.length, true);
	for (const [i, block] of blocks.entries()) {
		const at = QUERY_HEADER_BYTES + i * blockBytes;
		view.setInt32(at, level, true);
		view.setBigUint64(at + 4, 1n, true);
		view.setBigUint64(at + 12, BigInt(layout(dimension).padRank), true);
		view.setBigUint64(at + 20, BigInt(N), true);
		view.setBigUint64(at + 28, BigInt(dimension), true);
		view.setBigUint64(at + 36, BigInt(ITEM_SCALE_BITS), true);
		view.setUint8(at + 44, encoding === 'item' ? 0 : 1);
		putPolynomials(bytes, at + BLOCK_HEADER_BYTES, wireOrder([block]));
	}
	return bytes;
}
