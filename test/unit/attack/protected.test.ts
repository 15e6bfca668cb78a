/** The same attacks, and better ones, against the Vault with its protections, through the tool itself. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { deriveEvalKey } from '../../../fhe/derive.ts';
import { parseEvalKey } from '../../../fhe/formats/eval-key.ts';
import { parseResult } from '../../../fhe/formats/result.ts';
import { HAMMING_WEIGHT } from '../../../fhe/params.ts';
import { loadSeal, type Seal } from '../../../fhe/seal.ts';
import type { SecretKey } from '../../../fhe/secret-key.ts';
import type { Keyring } from '../../../vault/keys/keyring.ts';
import { guardBound } from '../../../vault/protect/guard.ts';
import { recoverByIndices } from '../../attack/by-indices.ts';
import { cancelledResult, packedResult, shownAt } from '../../attack/by-packing.ts';
import { coordinates, level0, level1, recoverByScores } from '../../attack/by-scores.ts';
import { attempts } from '../../attack/full-strength.ts';
import { counted, indicesOnly, type Oracle, refusable, toolOracle } from '../../attack/oracle.ts';
import { matches } from '../../attack/ternary.ts';
import { expectedAccuracy, learnedBits, readSigns, signAccuracy } from '../../attack/weakened.ts';
import { newKeyring, protectedConfig, testConfig } from '../vault/builders.ts';

const DIMENSION = 1024;
const config = testConfig(protectedConfig());
const TEXT = 'The result was refused: it is not the untouched answer of a search over an index with guard rows';

describe('the Vault with its protections', () => {
	let seal: Seal;
	let keyring: Keyring;
	let key: SecretKey;
	before(async () => {
		seal = await loadSeal();
		const made = await newKeyring(config);
		keyring = made.keyring;
		key = made.secretKey;
	});
	after(() => {
		keyring[Symbol.dispose]();
		key[Symbol.dispose]();
	});

	for (const [name, recover] of [
		['scores of level 0', (oracle: Oracle) => recoverByScores(oracle, level0)],
		['scores of level 1', (oracle: Oracle) => recoverByScores(oracle, level1)],
		['coordinates', (oracle: Oracle) => recoverByScores(oracle, coordinates)],
		['indices', (oracle: Oracle) => recoverByIndices(seal, indicesOnly(oracle))],
	] as const) {
		it(`[ATK-4] the attack by ${name} has every call refused, and nothing in the end`, async t => {
			const { ask, refusals } = refusable(toolOracle(keyring, config));
			const oracle = counted(ask);
			const found = await recover(oracle.ask);
			t.diagnostic(`${refusals.length} of ${oracle.calls} calls refused`);
			assert.equal(refusals.length, oracle.calls);
			assert.ok(refusals.every(text => text === TEXT));
			assert.equal(matches(found, key.coefficients()), 0);
		});
	}

	for (const [name, attempt] of Object.entries(attempts)) {
		it(`[ATK-4] ${name} at full strength: 50 of 50 refused, in the same words`, async () => {
			const { ask, refusals } = refusable(toolOracle(keyring, config));
			for (let number = 0; number < 50; number++) await ask([attempt(number, DIMENSION)]);
			assert.deepEqual(new Set(refusals), new Set([TEXT]));
			assert.equal(refusals.length, 50);
		});
	}

	it('[ATK-5] a made-up group beside honest ones spares guard rows at the head of a shard, and not those of its own group', async () => {
		const evalKey = parseEvalKey(deriveEvalKey(key, DIMENSION));
		const coefficients = key.coefficients();
		const limit = guardBound(DIMENSION);
		const { ask, refusals } = refusable(toolOracle(keyring, config));
		for (let position = 40; position < 50; position++) {
			const blob = packedResult(seal, evalKey, { dimension: DIMENSION, row: 20, position });
			const scores = keyring.current.decryptor.scores(parseResult(blob));
			assert.ok(
				scores.subarray(0, 64).every(score => Math.abs(score) < limit),
				'the first 64 rows see nothing',
			);
			assert.equal(Math.round(2 * (scores[128 + 20] ?? 0)) + 0, coefficients[position], 'and the key is read');
			await ask([blob]);
		}
		assert.equal(refusals.length, 10);
	});

	it('[ATK-9] who knows the sixteen coefficients that meet the guard rows reads others at full strength; who has one wrong does not', async () => {
		const evalKey = parseEvalKey(deriveEvalKey(key, DIMENSION));
		const coefficients = key.coefficients();
		const { ask, refusals } = refusable(toolOracle(keyring, config));
		const target = { dimension: DIMENSION, row: 40, position: 1000, guardRows: 16 };
		const known = (position: number) => coefficients[position] ?? 0;
		const best = await ask([cancelledResult(seal, evalKey, { ...target, known })]);
		assert.equal(best.length, 10);
		for (const { row, score } of best) {
			const { position, sign } = shownAt(row, evalKey.rank, target);
			assert.equal(Math.round(2 * score), sign * (coefficients[position] ?? 0));
		}
		const { position: wrong } = shownAt(7, evalKey.rank, target);
		await ask([cancelledResult(seal, evalKey, { ...target, known: at => (at === wrong ? known(at) + 1 : known(at)) })]);
		assert.equal(refusals.length, 1);
	});

	it('[ATK-6] the strongest attack that passes the guard: after 1,000 calls signs are guessed as by chance', async t => {
		const oracle = counted(toolOracle(keyring, config));
		const options = { dimension: DIMENSION, guardRows: 16, bound: guardBound(DIMENSION), calls: 1000 };
		const accuracy = signAccuracy(await readSigns(seal, oracle.ask, options), key.coefficients());
		t.diagnostic(
			`${(100 * accuracy).toFixed(1)} % of signs, expected ${(100 * expectedAccuracy(options, config.protection.smudge)).toFixed(1)} %`,
		);
		assert.equal(oracle.calls, 1000, 'none was refused');
		assert.ok(accuracy < 0.54);
	});

	it('[ATK-6] the same attack reads the key where there is little noise, as its arithmetic says', async t => {
		const smudge = 1e-4;
		const oracle = toolOracle(keyring, testConfig(protectedConfig({ smudge })));
		const options = { dimension: DIMENSION, guardRows: 16, bound: guardBound(DIMENSION), calls: 1000 };
		const accuracy = signAccuracy(await readSigns(seal, oracle, options), key.coefficients());
		const expected = expectedAccuracy(options, smudge);
		t.diagnostic(
			`${(100 * accuracy).toFixed(1)} % of signs, expected ${(100 * expected).toFixed(1)} %, ${learnedBits(accuracy, HAMMING_WEIGHT).toFixed(0)} bits`,
		);
		assert.ok(accuracy > expected - 0.06 && accuracy < expected + 0.02);
	});

	it('[ATK-6] strength beyond the bound is refused, and soon', async () => {
		const { ask, refusals } = refusable(toolOracle(keyring, config));
		await readSigns(seal, ask, { dimension: DIMENSION, guardRows: 16, bound: 1.6 * guardBound(DIMENSION), calls: 30 });
		assert.ok(refusals.length > 15);
	});
});
