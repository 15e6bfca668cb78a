import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseBlob } from '../../../fhe/formats/blob.ts';
import { parseQuery, writeQuery } from '../../../fhe/formats/query.ts';
import { parseResult, writeResult } from '../../../fhe/formats/result.ts';
import { parseScore, writeScore } from '../../../fhe/formats/score.ts';
import { P, Q } from '../../../fhe/params.ts';
import { file } from './vectors.ts';

type Change = (view: DataView, bytes: Uint8Array) => void;

/** A copy of the bytes with one change. */
function changed(bytes: Uint8Array, change: Change): Uint8Array {
	const copy = bytes.slice();
	change(new DataView(copy.buffer), copy);
	return copy;
}

const refused = (field: RegExp) => ({ name: 'VaultError', code: 'deserialization_failed', message: field });

describe('writing', () => {
	for (let i = 0; i < 5; i++) {
		it(`[FHE-5] result ${i}: the vendor's bytes`, () => {
			const bytes = file(`result-${i}.bin`);
			assert.ok(Buffer.from(writeResult(parseResult(bytes))).equals(bytes));
		});
	}

	for (const name of ['score-single.pb', 'score-sharded.pb']) {
		it(`[FHE-5] ${name}: the vendor's bytes`, () => {
			const bytes = file(name);
			assert.ok(Buffer.from(writeScore(parseScore(bytes))).equals(bytes));
		});
	}

	for (const dimension of [384, 1024]) {
		it(`[FHE-5] query ${dimension}: the vendor's bytes but for its uninitialised scale_bit`, () => {
			const bytes = file(`query-${dimension}.bin`);
			const { blocks } = parseQuery(bytes);
			const expected = changed(bytes, view => {
				for (let i = 0; i < blocks.length; i++) view.setBigUint64(6 + i * 65_581 + 36, 24n, true);
			});
			assert.ok(Buffer.from(writeQuery(parseQuery(bytes))).equals(expected));
		});
	}
});

describe('telling blobs apart', () => {
	for (const [name, kind] of [
		['result-1.bin', 'result'],
		['result-3.bin', 'result'],
		['score-single.pb', 'score'],
		['score-sharded.pb', 'score'],
		['query-384.bin', 'query'],
	] as const) {
		it(`${name} is a ${kind}`, () => assert.equal(parseBlob(file(name)).kind, kind));
	}

	it('reads a Buffer that lies at an odd offset, and shares nothing with it', () => {
		const bytes = file('result-0.bin');
		const buffer = Buffer.concat([Buffer.from([1]), bytes]).subarray(1);
		const parsed = parseBlob(buffer);
		buffer.fill(0xff);
		assert.deepEqual(parsed, parseBlob(bytes));
	});

	it('[FHE-12] a newer container is an unsupported format version', () => {
		const bytes = changed(file('result-0.bin'), (_, copy) => copy.set(Buffer.from('EVIS')));
		for (const newer of [bytes, Buffer.from('EVIS')]) {
			assert.throws(() => parseBlob(newer), { code: 'unsupported_version', message: 'unsupported format version' });
		}
	});

	it('[FHE-10] anything else fails to deserialise', () => {
		for (const bytes of [new Uint8Array(0), Uint8Array.of(0), new Uint8Array(65_568), Buffer.from('hello'), Buffer.from('{}')]) {
			assert.throws(() => parseBlob(bytes), refused(/^Deserialization failed: /));
		}
	});
});

describe('a hostile result', () => {
	const good = file('result-1.bin');
	const cases: [string, Change, RegExp][] = [
		['another tag', (_, bytes) => bytes.fill(1, 0, 1), /tag/],
		['level 2', view => view.setInt32(5, 2, true), /level/],
		['level −1', view => view.setInt32(5, -1, true), /level/],
		['level 1 without the second half', view => view.setInt32(5, 1, true), /length/],
		['no rows', view => view.setBigUint64(9, 0n, true), /row count/],
		['2^64 − 1 rows', view => view.setBigUint64(9, 2n ** 64n - 1n, true), /n out of range/],
		['2^53 − 1 rows', view => view.setBigUint64(9, 2n ** 53n - 1n, true), /row count/],
		['one row too many for its length', view => view.setBigUint64(9, 4097n, true), /length/],
		['more rows counted than there are', view => view.setUint32(1, 1001, true), /total_item_count/],
		['dimension 31', view => view.setBigUint64(17, 31n, true), /dim/],
		['dimension 4097', view => view.setBigUint64(17, 4097n, true), /dim/],
		['degree 8192', view => view.setBigUint64(25, 8192n, true), /degree/],
		['a coefficient equal to q', view => view.setBigUint64(33 + 8 * 4095, Q, true), /coefficient/],
		['a coefficient of 2^64 − 1', view => view.setBigUint64(33 + 8 * 8191, 2n ** 64n - 1n, true), /coefficient/],
	];
	for (const [name, change, message] of cases) {
		it(`[FHE-10] ${name}`, () => assert.throws(() => parseResult(changed(good, change)), refused(message)));
	}

	it('[FHE-10] the largest values that are allowed', () => {
		parseResult(changed(good, view => view.setBigUint64(33, Q - 1n, true)));
		parseResult(changed(file('result-3.bin'), view => view.setBigUint64(33 + 2 * 32_768, P - 1n, true)));
	});

	it('[FHE-10] a value of p in the second half', () => {
		const bytes = changed(file('result-3.bin'), view => view.setBigUint64(33 + 2 * 32_768, P, true));
		assert.throws(() => parseResult(bytes), refused(/coefficient/));
	});

	it('counts n rows when total_item_count is 0', () => {
		assert.equal(parseResult(changed(good, view => view.setUint32(1, 0, true))).rows, 1000);
	});
});

describe('a hostile query', () => {
	const good = file('query-384.bin');
	const second = 6 + 65_581;
	const cases: [string, Change, RegExp][] = [
		['another type', (_, bytes) => bytes.fill(1, 0, 1), /type/],
		['a plaintext', (_, bytes) => bytes.fill(1, 1, 2), /not encrypted/],
		['no blocks', view => view.setUint32(2, 0, true), /block count/],
		['2^32 − 1 blocks', view => view.setUint32(2, 2 ** 32 - 1, true), /block count/],
		['11 blocks', view => view.setUint32(2, 11, true), /block count/],
		['several vectors', view => view.setBigUint64(6 + 4, 2n, true), /more than one/],
		['rank 64', view => view.setBigUint64(6 + 12, 64n, true), /rank/],
		['degree 2048', view => view.setBigUint64(6 + 20, 2048n, true), /degree/],
		['dimension 2^63', view => view.setBigUint64(6 + 28, 2n ** 63n, true), /dimension/],
		['encode type 2', view => view.setUint8(6 + 44, 2), /encode type/],
		['blocks of both encodings', view => view.setUint8(second + 44, 1), /differ/],
		['a coefficient equal to q', view => view.setBigUint64(second + 45, Q, true), /coefficient/],
	];
	for (const [name, change, message] of cases) {
		it(`[FHE-10] ${name}`, () => assert.throws(() => parseQuery(changed(good, change)), refused(message)));
	}

	it('[FHE-10] one byte more', () => assert.throws(() => parseQuery(Buffer.concat([good, Buffer.alloc(1)])), refused(/length/)));
});

describe('a hostile score message', () => {
	const result = file('result-0.bin');
	const shard = { shard: 1, result: parseResult(result) };
	const message = writeScore({ id: 'x', shards: [shard] });

	it('[FHE-10] 65 shards, and 64 of them pass', () => {
		const many = (count: number) => writeScore({ id: '', shards: Array.from({ length: count }, () => shard) });
		assert.equal(parseScore(many(64)).shards.length, 64);
		assert.throws(() => parseScore(many(65)), refused(/too many/));
	});

	const cases: [string, Uint8Array, RegExp][] = [
		['an index without a ciphertext', Uint8Array.of(0x12, 1, 7), /differ/],
		['a ciphertext without an index', message.subarray(6), /differ/],
		['a length beyond the end', Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0x7f), /end of data/],
		['a number without an end', new Uint8Array(20).fill(0xff), /out of range/],
		['field number 0', Uint8Array.of(0x0a, 0, 0x02, 0), /field number 0/],
		['a group', Uint8Array.of(0x0a, 0, 0x23), /wire type/],
		['an id that is not UTF-8', Uint8Array.of(0x0a, 1, 0xff), /UTF-8/],
		['a long id', Uint8Array.from([0x0a, 0x81, 2, ...new Uint8Array(257)]), /short string/],
		['no ciphertext', message.subarray(0, 3), /no ciphertext/],
		['no data', Uint8Array.of(0x12, 1, 0, 0x1a, 3, 8, 0x80, 0x20), /without data/],
		['degree 2048', Uint8Array.of(0x12, 1, 0, 0x1a, 3, 8, 0x80, 0x10), /degree/],
	];
	for (const [name, bytes, reason] of cases) it(`[FHE-10] ${name}`, () => assert.throws(() => parseScore(bytes), refused(reason)));

	it('skips fields it does not know', () => {
		const extended = Buffer.concat([message, Buffer.from([0x20, 5, 0x29, 1, 2, 3, 4, 5, 6, 7, 8, 0x35, 1, 2, 3, 4])]);
		assert.deepEqual(parseScore(extended), parseScore(message));
	});

	it('reads indices one by one as well as packed', () => {
		const [id, rest] = [message.subarray(0, 3), message.subarray(6)];
		assert.deepEqual(parseScore(Buffer.concat([id, Buffer.from([0x10, 1]), rest])), parseScore(message));
	});
});
