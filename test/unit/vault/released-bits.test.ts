/** What a client, the audit log and Prometheus see of the ledger: a Vault over HTTP with the vendor's key. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Keyring } from '../../../vault/keys/keyring.ts';
import { answerBits } from '../../../vault/ledger/bits.ts';
import { base64, type RunningVault, startVault, testConfig, tokens, vector, vendorKeyring } from './builders.ts';

const blob = base64(vector('result-0.bin'));
const releasedBits = (change: Partial<ReturnType<typeof testConfig>['protection']['releasedBits']>) => {
	const { protection } = testConfig();
	return { protection: { ...protection, releasedBits: { ...protection.releasedBits, ...change } } };
};
const textOf = (answer: Awaited<ReturnType<RunningVault['callTool']>>) => answer.result?.content[0]?.text;
const recordsOf = ({ sink }: RunningVault): Record<string, unknown>[] => sink.lines.map(line => JSON.parse(line));

describe('released bits', () => {
	let keyring: Keyring;
	before(async () => {
		keyring = await vendorKeyring();
	});
	after(() => keyring[Symbol.dispose]());

	it('[VLT-96] are told by the audit record, vault_status and the metrics', async () => {
		const running = await startVault({ keyring });
		try {
			const answer = await running.callTool('decrypt_scores', { encrypted_blob_b64: blob, top_k: 3 });
			assert.equal(answer.result?.isError, undefined);
			const bits = Number(recordsOf(running)[0]?.released_bits);
			assert.ok(bits > answerBits({ returned: 3, candidates: 3, range: 'level0' }) && bits < 3 * (32 + 12), String(bits));
			const status = await running.callTool('vault_status', {});
			const told = Object(status.result?.structuredContent?.released_bits);
			assert.deepEqual([told.today, told.limit_per_key, told.on_limit], [bits, 3000, 'Alert']);
			assert.ok(told.key >= bits && told.left === 3000 - told.key);
			const text = await (await fetch(`${running.internal}/metrics`)).text();
			assert.match(text, new RegExp(`^vault_released_bits_total ${bits}$`, 'm'));
			assert.match(text, new RegExp(`^vault_key_released_bits ${told.key}$`, 'm'));
			assert.match(text, /^vault_key_released_bits_limit 3000$/m);
			assert.match(text, /^vault_guard_rejections_total 0$/m);
			assert.match(text, /^vault_ledger_failures_total 0$/m);
		} finally {
			await running.close();
		}
	});

	it('[VLT-92] with Refuse nothing of a result leaves when they are spent; the record says denied', async () => {
		const running = await startVault({ keyring, config: releasedBits({ limitPerKey: 100, onLimit: 'Refuse' }) });
		try {
			const answer = await running.callTool('decrypt_scores', { encrypted_blob_b64: blob, top_k: 10 });
			assert.equal(answer.result?.isError, true);
			assert.equal(textOf(answer), 'The key may give away no more than 100 bits, and has: an administrator has to rotate it');
			assert.doesNotMatch(JSON.stringify(answer), /score|row_idx/);
			const [record] = recordsOf(running);
			assert.deepEqual([record?.status, record?.error, record?.released_bits], ['denied', 'budget_spent', undefined]);
			assert.equal((await running.callTool('get_public_key', {})).result?.isError, undefined, 'everything else works on');
		} finally {
			await running.close();
		}
	});

	it('[VLT-95] a locked token is refused before anything is decrypted, and other tokens are not', async () => {
		const running = await startVault({ keyring });
		try {
			const verdict = running.vault.state.verifiers?.check(tokens.team);
			assert.ok(verdict?.ok);
			for (let rejection = 0; rejection < 3; rejection++) await running.vault.ledger.guardRejected(verdict.identity, keyring.current);
			const answer = await running.callTool('decrypt_scores', { encrypted_blob_b64: 'no blob at all' });
			assert.match(String(textOf(answer)), /^The token is locked: guard rows were damaged 3 times\. An administrator unlocks it$/);
			assert.deepEqual([recordsOf(running)[0]?.status, recordsOf(running)[0]?.error], ['denied', 'token_locked']);
			const other = await running.callTool('decrypt_scores', { encrypted_blob_b64: blob }, tokens.guest);
			assert.equal(other.result?.isError, undefined);
			assert.match(await (await fetch(`${running.internal}/metrics`)).text(), /^vault_guard_rejections_total 3$/m);
		} finally {
			await running.close();
		}
	});
});
