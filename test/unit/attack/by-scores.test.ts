/** Chosen ciphertexts against the Vault as it is today: the whole key. With the protections these turn into their opposite. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { N } from '../../../fhe/params.ts';
import { coordinates, level0, level1, recoverByScores } from '../../attack/by-scores.ts';
import { counted, httpOracle, type Oracle, toolOracle } from '../../attack/oracle.ts';
import { matches } from '../../attack/ternary.ts';
import { secretKey } from '../fhe/vectors.ts';
import { startVault, vendorKeyring } from '../vault/builders.ts';

it('[ATK-1] over HTTP with a token, within its rate: 26 calls at level 1', async t => {
	using keyring = await vendorKeyring();
	const running = await startVault({ keyring });
	t.after(() => running.close());
	const oracle = counted(httpOracle(running));
	const found = await recoverByScores(oracle.ask, level1);
	const right = matches(found, secretKey().coefficients());
	t.diagnostic(`${oracle.calls} calls, ${oracle.blobs} blobs, ${right} of ${N} coefficients`);
	assert.equal(right, N);
	assert.equal(oracle.calls, 26);
	assert.equal(running.sink.lines.length, oracle.calls, 'each call is on record, and each looks like any other');
});

for (const [name, channel, calls, blobs] of [
	['41 calls at level 0, where four decimals are all there is', level0, 41, 41],
	['28 calls at level 0 again, by the coordinates of a Query blob', coordinates, 28, 274],
] as const) {
	it(`[ATK-1] ${name}`, async t => {
		using keyring = await vendorKeyring();
		const oracle = counted(toolOracle(keyring));
		const found = await recoverByScores(oracle.ask, channel);
		const right = matches(found, secretKey().coefficients());
		t.diagnostic(`${oracle.calls} calls, ${oracle.blobs} blobs, ${right} of ${N} coefficients`);
		assert.equal(right, N);
		assert.deepEqual([oracle.calls, oracle.blobs], [calls, blobs]);
	});
}

it('[ATK-1] noise of 1e-3 and scores within ±1 are no defence by themselves: four trits a score, 103 calls', async t => {
	using keyring = await vendorKeyring();
	const oracle = counted(smudged(toolOracle(keyring), 1e-3));
	const found = await recoverByScores(oracle.ask, { ...level0, trits: 4, exactTrits: 4, unit: 2n ** 48n / 41n });
	const right = matches(found, secretKey().coefficients());
	t.diagnostic(`${oracle.calls} calls, ${right} of ${N} coefficients`);
	assert.equal(right, N);
	assert.equal(oracle.calls, 103);
});

it('an oracle that says nothing gives nothing', async () => {
	assert.ok((await recoverByScores(async () => [], level0)).every(coefficient => coefficient === undefined));
});

/** Adds about Gaussian noise (the sum of twelve uniform draws, from a fixed seed) and clamps. */
function smudged(oracle: Oracle, deviation: number): Oracle {
	let seed = 1;
	const uniform = () => {
		// Park and Miller's generator.
		seed = (seed * 16_807) % 2_147_483_647;
		return seed / 2_147_483_647;
	};
	const noise = () => deviation * (Array.from({ length: 12 }, uniform).reduce((sum, draw) => sum + draw) - 6);
	const smudge = (score: number) => Math.round(Math.min(1, Math.max(-1, score + noise())) * 10_000) / 10_000;
	return async blobs => (await oracle(blobs)).map(row => ({ ...row, score: smudge(row.score) }));
}
