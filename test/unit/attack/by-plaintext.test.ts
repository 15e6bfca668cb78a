/** Honest ciphertexts and their decryptions: why the Vault shows ten rounded rows and no more, and keeps the answers of canaries as hashes. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createEncryptor } from '../../../fhe/encrypt.ts';
import type { Ciphertext } from '../../../fhe/formats/ciphertext.ts';
import { parseQuery } from '../../../fhe/formats/query.ts';
import { parseResult } from '../../../fhe/formats/result.ts';
import { N, Q, SCORE_SCALE_BITS } from '../../../fhe/params.ts';
import { ringP, ringQ } from '../../../fhe/ring.ts';
import { createPhaseReader, loadSeal, type Seal } from '../../../fhe/seal.ts';
import { newCanary } from '../../../vault/keys/canary.ts';
import { smudge, smudgeKey } from '../../../vault/protect/smudge.ts';
import { recoverByDivision } from '../../attack/by-plaintext.ts';
import { ROWS } from '../../attack/oracle.ts';
import { matches } from '../../attack/ternary.ts';
import { encKey, secretKey } from '../fhe/vectors.ts';
import { base64, startVault, vector, vendorKeyring } from '../vault/builders.ts';

const key = secretKey().coefficients();

describe('the exact decryption of one ciphertext', () => {
	let seal: Seal;
	before(async () => {
		seal = await loadSeal();
	});

	/** What only the holder of the key can compute, and must not tell. */
	const decryptExactly = ({ a, b }: Ciphertext): Float64Array => {
		using reader = createPhaseReader(seal, { q: ringQ.transform(key), p: ringP.transform(key) });
		const plaintext = new Float64Array(N);
		reader.read(a.q, b.q, plaintext);
		return plaintext;
	};
	const scale = 2 ** SCORE_SCALE_BITS;
	const asFloats = (exact: Float64Array) => exact.map(value => Math.fround(value / scale) * scale);

	const ciphertexts: [string, () => Ciphertext | undefined][] = [
		["a search result of the vendor's", () => parseResult(vector('result-0.bin')).chunks[0]],
		['a vector that a client encrypted', () => parseQuery(encrypted()).blocks[0]],
		['a canary', () => parseResult(newCanary(1024)).chunks[0]],
	];
	const encrypted = () => {
		using encryptor = createEncryptor(seal, encKey(), 1024);
		return encryptor.item(new Float32Array(1024).fill(1 / 32));
	};

	for (const [name, make] of ciphertexts) {
		it(`[ATK-3] ${name}: gives the key, by one division`, t => {
			const ciphertext = make();
			assert.ok(ciphertext);
			const found = recoverByDivision(ciphertext, decryptExactly(ciphertext));
			const right = found === undefined ? 0 : matches(found, key);
			t.diagnostic(`no call, ${right} of ${N} coefficients`);
			assert.equal(right, N);
		});
	}

	it('[ATK-3] a single coefficient that is off by one spoils the division', () => {
		const [ciphertext] = parseResult(vector('result-0.bin')).chunks;
		assert.ok(ciphertext);
		const plaintext = decryptExactly(ciphertext);
		plaintext[7] = (plaintext[7] ?? 0) + 1;
		assert.equal(recoverByDivision(ciphertext, plaintext), undefined);
	});

	it('[ATK-3] all scores of a result as float32 are not exact: what is cut off is a noise of up to 2^25', t => {
		const [ciphertext] = parseResult(newCanary(1024)).chunks;
		assert.ok(ciphertext);
		const exact = decryptExactly(ciphertext);
		const floats = asFloats(exact);
		const off = Math.max(...exact.map((value, i) => Math.abs(value - (floats[i] ?? 0))));
		t.diagnostic(`off by up to 2^${Math.log2(off).toFixed(1)}`);
		assert.ok(off > 2 ** 20 && off <= 2 ** 25);
		assert.equal(recoverByDivision(ciphertext, floats), undefined);
	});
});

describe('the answers of the Vault to an honest ciphertext', () => {
	it('[ATK-3] hold ten rows at most, whatever is asked, each rounded to four decimals', async t => {
		using keyring = await vendorKeyring();
		const running = await startVault({ keyring });
		t.after(() => running.close());
		const blob = base64(vector('result-0.bin'));
		const refused = await running.callTool('decrypt_scores', { encrypted_blob_b64: blob, top_k: ROWS + 1 });
		assert.equal(refused.result?.isError, true);
		for (const blobs of [blob, new Array(16).fill(blob)]) {
			const answer = await running.callTool('decrypt_scores', { encrypted_blob_b64: blobs, top_k: ROWS });
			const { results }: { results: { score: number }[] } = JSON.parse(answer.result?.content[0]?.text ?? '');
			assert.equal(results.length, ROWS);
			for (const { score } of results) assert.equal(score, Number(score.toFixed(4)));
		}
	});
});

describe('the answers of a protected Vault to an honest ciphertext', () => {
	it('[ATK-8] all rows of 100 answers, averaged, are no exact decryption: what is left of the noise is above 2^36', async t => {
		const seal = await loadSeal();
		const [ciphertext] = parseResult(vector('result-0.bin')).chunks;
		assert.ok(ciphertext);
		using reader = createPhaseReader(seal, { q: ringQ.transform(key), p: ringP.transform(key) });
		const exact = new Float64Array(N);
		reader.read(ciphertext.a.q, ciphertext.b.q, exact);
		const scale = 2 ** SCORE_SCALE_BITS;
		const noiseKey = smudgeKey(Buffer.alloc(32, 7), 'sha256:00');
		const mean = new Float64Array(N);
		for (let answer = 0; answer < 100; answer++) {
			// Changed by nothing that matters, it gets noise of its own.
			const b = { q: ciphertext.b.q.slice() };
			b.q[0] = ((b.q[0] ?? 0n) + BigInt(answer)) % Q;
			const scores = Float32Array.from(exact, value => value / scale);
			smudge({ shard: 0, scores, dimension: 1024, ciphertexts: [{ level: 0, a: ciphertext.a, b }], range: 'level0' }, noiseKey, 5e-3);
			for (const [i, score] of scores.entries()) mean[i] = (mean[i] ?? 0) + (score * scale) / 100;
		}
		const off = Math.sqrt(mean.reduce((sum, value, i) => sum + (value - (exact[i] ?? 0)) ** 2, 0) / N);
		t.diagnostic(`off by 2^${Math.log2(off).toFixed(1)}`);
		assert.ok(off > 2 ** 36);
		assert.equal(recoverByDivision(ciphertext, mean.map(Math.round)), undefined);
	});
});
