/**
 * What a client may send for decryption: a CiphertextScore, a SearchResult or a Query. The formats carry no common mark, so they are told
 * apart by first byte and exact length: a result has 33 bytes beyond whole polynomials, a query of b blocks has 6 + 45·b, and no b up to
 * 128 makes these meet.
 */
import { malformed, VaultError } from '../errors.ts';
import { POLYNOMIAL_BYTES } from '../params.ts';
import { BLOCK_HEADER_BYTES, MAX_BLOCKS, parseQuery, QUERY_HEADER_BYTES, type QueryBlob } from './query.ts';
import { isNewerFormat } from './reader.ts';
import { parseResult, RESULT_HEADER_BYTES, type SearchResult } from './result.ts';
import { parseScore, type ScoreShard } from './score.ts';

export type Blob =
	| { kind: 'score'; id: string; shards: ScoreShard[] }
	| { kind: 'result'; result: SearchResult }
	| { kind: 'query'; query: QueryBlob };

/**
 * Checks a blob completely: lengths, counts, and every coefficient against its modulus. Nothing of the input is shared with the answer.
 *
 * @throws VaultError `unsupported_version` for the vendor's newer container, `deserialization_failed` for anything else that is no blob.
 */
export function parseBlob(bytes: Uint8Array): Blob {
	if (isNewerFormat(bytes)) throw new VaultError('unsupported_version', 'unsupported format version');
	if (bytes[0] === 0x0a || bytes[0] === 0x12) return { kind: 'score', ...parseScore(bytes) };
	if (bytes.length % (2 * POLYNOMIAL_BYTES) === RESULT_HEADER_BYTES) return { kind: 'result', result: parseResult(bytes) };
	if (isQueryLength(bytes)) return { kind: 'query', query: parseQuery(bytes) };
	throw malformed('neither a CiphertextScore nor a SearchResult nor a Query');
}

function isQueryLength(bytes: Uint8Array): boolean {
	if (bytes.length < QUERY_HEADER_BYTES) return false;
	const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(2, true);
	return count <= MAX_BLOCKS && bytes.length % (2 * POLYNOMIAL_BYTES) === QUERY_HEADER_BYTES + count * BLOCK_HEADER_BYTES;
}
