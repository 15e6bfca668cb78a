/**
 * CiphertextScore: the answer of a search over several shards, as protobuf.
 *
 *     1 id string | 2 shard_idx repeated uint64 (packed or not) | 3 ctxt_score repeated { 1 degree uint64 | 2 data bytes: a SearchResult }
 *
 * shard_idx[i] names ctxt_score[i], so there must be as many of one as of the other, and at least one. Unknown fields are skipped, as protobuf promises.
 */
import { malformed } from '../errors.ts';
import { N } from '../params.ts';
import { bytesField, concat, numberField, readFields, readPacked, varint } from './protobuf.ts';
import { parseResult, type SearchResult, writeResult } from './result.ts';

export type ScoreShard = { shard: number; result: SearchResult };

export type ScoreMessage = { id: string; shards: ScoreShard[] };

const MAX_SHARDS = 64;
const MAX_ID_BYTES = 256;
const MAX_SHARD_INDEX = 2 ** 32 - 1;

/** @throws VaultError `deserialization_failed` or `unsupported_version`, for any bytes that are not exactly one message. */
export function parseScore(bytes: Uint8Array): ScoreMessage {
	let id = '';
	const indices: number[] = [];
	const data: Uint8Array[] = [];
	for (const { number, value } of readFields(bytes)) {
		if (number === 1) id = text(value);
		if (number === 2) indices.push(...(typeof value === 'number' ? [value] : readPacked(value, MAX_SHARDS)));
		if (number === 3) data.push(ciphertextData(value));
		if (indices.length > MAX_SHARDS || data.length > MAX_SHARDS) throw malformed('score: too many shards');
	}
	if (indices.length !== data.length) throw malformed('score: shard_idx and ctxt_score differ in length');
	if (data.length === 0) throw malformed('score: holds no ciphertext');
	if (indices.some(index => index > MAX_SHARD_INDEX)) throw malformed('score: shard_idx out of range');
	return { id, shards: data.map((result, i) => ({ shard: indices[i] ?? 0, result: parseResult(result) })) };
}

export function writeScore({ id, shards }: ScoreMessage): Uint8Array {
	return concat([
		...(id === '' ? [] : [bytesField(1, Buffer.from(id, 'utf8'))]),
		bytesField(2, concat(shards.map(({ shard }) => varint(shard)))),
		...shards.map(({ result }) => bytesField(3, concat([numberField(1, N), bytesField(2, writeResult(result))]))),
	]);
}

function text(value: number | Uint8Array): string {
	if (typeof value === 'number' || value.length > MAX_ID_BYTES) throw malformed('score: id is not a short string');
	try {
		return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
	} catch {
		throw malformed('score: id is not UTF-8');
	}
}

function ciphertextData(value: number | Uint8Array): Uint8Array {
	if (typeof value === 'number') throw malformed('score: ctxt_score is not a message');
	let degree = 0;
	let data: Uint8Array | undefined;
	for (const field of readFields(value)) {
		if (field.number === 1) degree = typeof field.value === 'number' ? field.value : 0;
		if (field.number === 2 && typeof field.value !== 'number') data = field.value;
	}
	if (degree !== N) throw malformed(`score: degree is not ${N}`);
	if (data === undefined) throw malformed('score: ctxt_score without data');
	return data;
}
