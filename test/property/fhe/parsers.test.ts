/** Whatever the bytes, a parser answers with a value or a VaultError. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { VaultError } from '../../../fhe/errors.ts';
import { parseBlob } from '../../../fhe/formats/blob.ts';
import { parseEncKey } from '../../../fhe/formats/enc-key.ts';
import { parseEncKeyJson, parseSecKeyJson } from '../../../fhe/formats/envelope.ts';
import { parseEvalKey } from '../../../fhe/formats/eval-key.ts';
import { concat } from '../../../fhe/formats/protobuf.ts';
import { parseQuery } from '../../../fhe/formats/query.ts';
import { parseResult } from '../../../fhe/formats/result.ts';
import { parseScore } from '../../../fhe/formats/score.ts';
import { openBytes, openSealedSecretKey, sealBytes } from '../../../fhe/formats/sealed.ts';
import { parseSecretKey, writeSecretKey } from '../../../fhe/formats/secret-key.ts';
import { encKey, file, kek, secretKey } from '../../unit/fhe/vectors.ts';

/** An archive whose keys file is too short: hostile in its records, not in its size. */
const archive = (name: string, size: bigint, content: Uint8Array) => {
	const head = Buffer.alloc(17 + name.length);
	head.write('F', 0);
	head.writeBigUInt64LE(BigInt(name.length), 1);
	head.write(name, 9);
	head.writeBigUInt64LE(size, 9 + name.length);
	return concat([head, content]);
};

type Parser = [name: string, parse: (bytes: Uint8Array) => unknown, good: Uint8Array];

const parsers: Parser[] = [
	['parseBlob of a result', parseBlob, file('result-0.bin')],
	['parseBlob of a score message', parseBlob, file('score-single.pb')],
	['parseBlob of a query', parseBlob, file('query-384.bin')],
	['parseResult', parseResult, file('result-3.bin')],
	['parseScore', parseScore, file('score-sharded.pb')],
	['parseQuery', parseQuery, file('query-384.bin')],
	['parseSecretKey', parseSecretKey, writeSecretKey(secretKey())],
	['parseEncKey', parseEncKey, encKey().bytes],
	['parseEvalKey', parseEvalKey, archive('EVIKeys32.bin', 64n, new Uint8Array(64))],
	['parseSecKeyJson', bytes => parseSecKeyJson(bytes, kek()), file('SecKey.json')],
	['parseEncKeyJson', parseEncKeyJson, file('EncKey.json')],
	['openSealedSecretKey', bytes => openSealedSecretKey(bytes, kek()), file('sealed/SecKey_sealed.bin')],
	['openBytes', bytes => openBytes(bytes, kek(), 'x'), sealBytes(new Uint8Array(32), kek(), 'x')],
];

function isTotal(parse: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
	try {
		parse(bytes);
	} catch (error) {
		assert.ok(error instanceof VaultError, String(error));
	}
}

for (const [name, parse, good] of parsers) {
	describe(name, () => {
		it('[FHE-10] truncated anywhere: a VaultError', () => {
			// Every length of the first and last part, where the fields are, and a sample between.
			const lengths = Array.from({ length: good.length }, (_, i) => i);
			const sample = lengths.filter(i => i < 160 || i > good.length - 40 || i % 4099 === 0);
			for (const length of sample) assert.throws(() => parse(good.subarray(0, length)), VaultError, `length ${length}`);
		});

		it('[FHE-10] random bytes', () => {
			fc.assert(
				fc.property(fc.uint8Array({ maxLength: 300 }), bytes => isTotal(parse, bytes)),
				{ numRuns: 300 },
			);
		});

		it('[FHE-10] a good file with some bytes changed, most of them in its head', () => {
			const position = fc.oneof(
				{ weight: 3, arbitrary: fc.nat(Math.min(200, good.length - 1)) },
				{ weight: 1, arbitrary: fc.nat(good.length - 1) },
			);
			const changes = fc.array(fc.tuple(position, fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
			fc.assert(
				fc.property(changes, list => {
					const bytes = good.slice();
					for (const [at, value] of list) bytes[at] = value;
					isTotal(parse, bytes);
				}),
				{ numRuns: 40 },
			);
		});

		it('[FHE-10] hostile 32 and 64-bit counts anywhere in its head', () => {
			const count = fc.constantFrom(0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n);
			fc.assert(
				fc.property(fc.nat(Math.min(80, good.length - 8)), count, (at, value) => {
					const bytes = good.slice();
					new DataView(bytes.buffer).setBigUint64(at, value, true);
					isTotal(parse, bytes);
				}),
				{ numRuns: 40 },
			);
		});
	});
}
