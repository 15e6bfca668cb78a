/** Chosen ciphertexts against the Vault as it is today, by an attacker who sees no score. ATTACK=full: to the last coefficient. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { N } from '../../../fhe/params.ts';
import { loadSeal } from '../../../fhe/seal.ts';
import { recoverByIndices } from '../../attack/by-indices.ts';
import { counted, indicesOnly, toolOracle } from '../../attack/oracle.ts';
import { matches } from '../../attack/ternary.ts';
import { secretKey } from '../fhe/vectors.ts';
import { vendorKeyring } from '../vault/builders.ts';

const isFull = process.env.ATTACK === 'full';
const CALLS = 8;

it(`[ATK-2] ${isFull ? 'the whole key in 59 calls' : `${CALLS} calls: ten groups of seven coefficients each`}`, async t => {
	using keyring = await vendorKeyring();
	const oracle = counted(indicesOnly(toolOracle(keyring)));
	const found = await recoverByIndices(await loadSeal(), oracle.ask, isFull ? undefined : CALLS);
	const known = found.filter(coefficient => coefficient !== undefined).length;
	const right = matches(found, secretKey().coefficients());
	t.diagnostic(`${oracle.calls} calls, ${oracle.blobs} blobs, ${right} of ${N} coefficients`);
	assert.equal(right, known, 'what is found is right');
	assert.equal(right, isFull ? N : CALLS * 70);
	assert.equal(oracle.calls, isFull ? 59 : CALLS);
});
