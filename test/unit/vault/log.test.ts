/** What the logs of a Vault hold, and what they never do. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLog } from '../../../vault/log.ts';
import { fakeKeyring, startVault, tokens } from './builders.ts';

const collect = () => {
	const lines: string[] = [];
	return { lines, log: createLog('trace', { vault: 'acme' }, { write: line => void lines.push(line) }) };
};

describe('logs', () => {
	it('[VLT-32] hold no token and no body, whatever goes wrong', async () => {
		const { lines, log } = collect();
		const failing = fakeKeyring({
			metadataKey: () => {
				throw new Error('broken');
			},
		});
		const running = await startVault({ log, keyring: failing });
		const blob = Buffer.alloc(3000, 'a-ciphertext-').toString('base64');
		await running.callTool('decrypt_scores', { encrypted_blob_b64: blob });
		await running.callTool('get_public_key', {});
		await running.post(`{"broken": "${blob}"`);
		await running.post('{}', { authorization: 'Bearer evt_acme_wrong' });
		await running.close();
		const text = lines.join('');
		assert.match(text, /"msg":"tool failed"/, 'the failure of ours is there, to be found');
		for (const secret of [tokens.team, 'evt_acme_wrong', blob.slice(0, 40), 'Bearer']) assert.ok(!text.includes(secret), secret);
	});

	it('[VLT-32] redact what is logged under a name that says it is secret', () => {
		const { lines, log } = collect();
		log.info({ token: 'evt_x', request: { headers: { authorization: 'Bearer evt_x' }, body: 'secret' } }, 'x');
		assert.ok(!/evt_x|secret/.test(lines.join('')));
	});

	it('are JSON lines with time, level, message and the Vault', () => {
		const { lines, log } = collect();
		log.warn('something');
		const { time, ...line } = JSON.parse(lines[0] ?? '');
		assert.deepEqual(line, { level: 'warn', vault: 'acme', msg: 'something' });
		assert.match(time, /^\d{4}-.*Z$/);
	});
});
