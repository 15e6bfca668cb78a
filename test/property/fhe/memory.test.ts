/** Bad input costs nothing that stays: it is refused in TypeScript, before SEAL and before anything as large as a ciphertext is kept. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDecryptor } from '../../../fhe/decrypt.ts';
import { VaultError } from '../../../fhe/errors.ts';
import { parseBlob } from '../../../fhe/formats/blob.ts';
import { parseResult } from '../../../fhe/formats/result.ts';
import { Q } from '../../../fhe/params.ts';
import { loadSeal } from '../../../fhe/seal.ts';
import { collectGarbage } from '../../collect-garbage.ts';
import { file, floats, secretKey } from '../../unit/fhe/vectors.ts';

const MIB = 2 ** 20;

/**
 * What leaks, leaks every time; garbage that is not yet collected and pages that are not yet returned come and go. So the least growth of
 * several equal rounds is what stays.
 *
 * @returns MiB of resident memory
 */
function leastGrowth(rounds: number, run: () => void): number {
	const growths = Array.from({ length: rounds }, () => {
		collectGarbage();
		const before = process.memoryUsage.rss();
		run();
		collectGarbage();
		return (process.memoryUsage.rss() - before) / MIB;
	});
	return Math.min(...growths);
}

/** Good blobs with one fault each, from the first byte to the last coefficient. */
function badBlobs(): Uint8Array[] {
	const good = file('result-1.bin');
	const score = file('score-single.pb');
	const faults: ((view: DataView) => void)[] = [
		view => view.setUint8(0, 1),
		view => view.setInt32(5, 3, true),
		view => view.setBigUint64(9, 2n ** 62n, true),
		view => view.setBigUint64(17, 5000n, true),
		view => view.setBigUint64(25, 8192n, true),
		view => view.setBigUint64(33, Q, true),
		view => view.setBigUint64(65_561, Q, true),
	];
	const altered = faults.map(fault => {
		const copy = good.slice();
		fault(new DataView(copy.buffer));
		return copy;
	});
	return [
		...altered,
		good.subarray(0, 40_000),
		score.subarray(0, 60_000),
		file('query-384.bin').subarray(0, 100_000),
		Buffer.from('EVIS…'),
	];
}

describe('memory', () => {
	it('[FHE-11] is flat over 100,000 bad inputs, and good ones still decrypt', async () => {
		const seal = await loadSeal();
		using key = secretKey();
		using decryptor = createDecryptor(seal, key);
		const good = parseResult(file('result-1.bin'));
		const blobs = badBlobs();
		const refuse = (count: number) => {
			let refused = 0;
			for (let i = 0; i < count; i++) {
				try {
					parseBlob(blobs[i % blobs.length] as Uint8Array);
				} catch (error) {
					if (error instanceof VaultError) refused++;
				}
			}
			assert.equal(refused, count);
		};
		refuse(20_000);
		const growth = leastGrowth(4, () => refuse(25_000));
		assert.ok(growth < 12, `resident memory grew by ${growth.toFixed(1)} MiB in each of four rounds`);
		assert.deepEqual(decryptor.scores(good), floats('result-1.f32'));
	});

	it('[FHE-11] is flat over 1,500 decryptions', async () => {
		const seal = await loadSeal();
		using key = secretKey();
		using decryptor = createDecryptor(seal, key);
		const result = parseResult(file('result-1.bin'));
		const run = (count: number) => {
			for (let i = 0; i < count; i++) decryptor.scores(result);
		};
		run(300);
		const growth = leastGrowth(3, () => run(500));
		// A handle left behind a call would be 106 KB: 50 MiB a round.
		assert.ok(growth < 16, `resident memory grew by ${growth.toFixed(1)} MiB in each of three rounds`);
	});
});
