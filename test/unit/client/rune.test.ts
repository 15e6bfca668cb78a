import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { RuneError } from '../../../client/errors.ts';
import { openRune } from '../../../client/rune.ts';
import type { PublicKey, Vault } from '../../../client/vault.ts';
import { deriveEncKey } from '../../../fhe/derive.ts';
import { parseBlob } from '../../../fhe/formats/blob.ts';
import { writeEncKeyJson } from '../../../fhe/formats/envelope.ts';
import { generateSecretKey } from '../../../fhe/secret-key.ts';

const DIMENSION = 64;

async function publicKey(): Promise<PublicKey> {
	using secret = generateSecretKey();
	const about = { kid: 'acme-1', createdAt: '2026-01-01T00:00:00Z', keyVersion: 1 };
	return {
		key_id: 'acme-1',
		key_version: 1,
		fingerprint: 'sha256:00',
		dimension: DIMENSION,
		guard_rows: 0,
		'EncKey.json': writeEncKeyJson(deriveEncKey(secret), about),
		'EvalKey.json': '',
		'MetadataKey.json': { agent_id: 'team', key: Buffer.alloc(32, 1).toString('base64') },
	};
}

/** A Vault whose key is real and whose other calls must not happen. */
async function vaultWithKey(): Promise<Vault> {
	const key = await publicKey();
	const never = () => Promise.reject(new Error('not expected'));
	return {
		publicKey: async () => key,
		evalKey: never,
		decryptScores: never,
		decryptMetadata: never,
		status: never,
		close: async () => undefined,
	};
}

describe('openRune', () => {
	const unit = (dimension: number) => async (texts: readonly string[]) =>
		texts.map(() => new Float32Array(dimension).fill(dimension ** -0.5));

	it('sends vectors as item ciphertexts and metadata as sealed envelopes', async () => {
		const sent: { vector: Uint8Array; metadata: string }[] = [];
		const never = () => Promise.reject(new Error('not expected'));
		const envector = {
			createIndex: never,
			count: never,
			search: never,
			metadata: never,
			insert: async (_: string, items: typeof sent) => items.map(item => sent.push(item) - 1),
		};
		using rune = await openRune({ vault: await vaultWithKey(), envector, index: 'memory', embed: unit(DIMENSION) });
		const text = 'We decided to use PostgreSQL.';
		assert.deepEqual(await rune.remember([text, 'another']), [0, 1]);
		assert.equal(sent[0] && parseBlob(sent[0].vector).kind, 'query');
		assert.ok(!sent.some(item => item.metadata.includes('PostgreSQL')));
	});

	it('[CLI-4] refuses an embedding of another dimension before anything is sent', async () => {
		const never = () => assert.fail('the search service was called');
		const envector = { createIndex: never, count: never, insert: never, search: never, metadata: never };
		using rune = await openRune({ vault: await vaultWithKey(), envector, index: 'memory', embed: unit(DIMENSION / 2) });
		const isRefused = (error: unknown) => error instanceof RuneError && error.code === 'refused' && /32 dimensions/.test(error.message);
		await assert.rejects(rune.remember(['text']), isRefused);
		await assert.rejects(rune.recall('question', 5), isRefused);
	});
});

describe('rune', () => {
	const main = join(import.meta.dirname, '../../../client/main.ts');
	const rune = (args: string[], env: Record<string, string> = {}) =>
		spawnSync(process.execPath, [main, ...args], { env: { PATH: '', ...env }, encoding: 'utf8' });
	const url = { RUNE_VAULT: 'http://127.0.0.1:1/mcp' };

	for (const [args, env, message] of [
		[['status'], {}, /--vault/],
		[['status'], url, /RUNE_TOKEN/],
		[['recall', 'why'], { ...url, RUNE_TOKEN: 'evt_acme_secret' }, /--envector/],
		[['forget'], { ...url, RUNE_TOKEN: 'evt_acme_secret' }, /forget/],
		[['status', '--token', 'evt_acme_secret'], url, /--token/],
	] as const) {
		it(`[CLI-5] ${args.join(' ')} exits with 2 and says ${message.source}`, () => {
			const { status, stderr } = rune([...args], env);
			assert.equal(status, 2);
			assert.match(stderr, message);
			assert.ok(!stderr.includes('evt_acme_secret'));
		});
	}

	it('prints its help', () => assert.match(rune(['--help']).stdout, /rune recall/));
});
