/** Chosen ciphertexts against the Vault as it is today, by an attacker who sees no score. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { N } from '../../../fhe/params.ts';
import { loadSeal } from '../../../fhe/seal.ts';
import { recoverByIndices } from '../../attack/by-indices.ts';
import { counted, indicesOnly, toolOracle } from '../../attack/oracle.ts';
import { matches } from '../../attack/ternary.ts';
import { secretKey } from '../fhe/vectors.ts';
import { vendorKeyring } from '../vault/builders.ts';

it('[ATK-2] 59 calls, from nothing but the places of the best ten rows', async t => {
	using keyring = await vendorKeyring();
	const oracle = counted(indicesOnly(toolOracle(keyring)));
	const found = await recoverByIndices(await loadSeal(), oracle.ask);
	const right = matches(found, secretKey().coefficients());
	t.diagnostic(`${oracle.calls} calls, ${oracle.blobs} blobs, ${right} of ${N} coefficients`);
	assert.equal(right, N);
	assert.equal(oracle.calls, 59);
});

it('an oracle that says nothing gives nothing', async () => {
	const found = await recoverByIndices(await loadSeal(), async () => []);
	assert.ok(found.every(coefficient => coefficient === undefined));
});
