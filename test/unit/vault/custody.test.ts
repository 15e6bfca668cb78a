/** Keys on disk as a pod sees them, and the way keygen makes them. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { VaultError } from '../../../fhe/errors.ts';
import { metadataKey } from '../../../fhe/formats/metadata.ts';
import { loadSeal, type Seal } from '../../../fhe/seal.ts';
import type { VaultConfig } from '../../../vault/config.ts';
import { canaryAnswer, newCanary } from '../../../vault/keys/canary.ts';
import { openKeys } from '../../../vault/keys/custody.ts';
import { ensureKeys } from '../../../vault/keys/generate.ts';
import { buildKeyring } from '../../../vault/keys/keyring.ts';
import { testConfig } from './builders.ts';
import { memoryStore } from './memory-store.ts';

const request = { team: 'acme', version: 1, dimension: 1024, now: () => new Date(0) };

describe('ensureKeys', () => {
	let seal: Seal;
	before(async () => {
		seal = await loadSeal();
	});

	it('[VLT-26] makes KEK, key and canaries, and a second run makes nothing', async () => {
		const { store, content } = memoryStore();
		const first = await ensureKeys(store, seal, request);
		assert.deepEqual(first.made, ['kek', 'key', 'canaries']);
		assert.match(first.description.fingerprint, /^sha256:[0-9a-f]{64}$/);
		assert.equal(content.canaries?.blobs.length, 4);
		assert.deepEqual(await ensureKeys(store, seal, request), { description: first.description, made: [] });
	});

	it('[VLT-53] leaves no KEK in memory, of all that came and went', async () => {
		const { store, handed } = memoryStore();
		await ensureKeys(store, seal, request);
		await ensureKeys(store, seal, request);
		assert.equal(handed.length, 3);
		assert.ok(handed.every(kek => kek.length === 32 && kek.every(byte => byte === 0)));
	});

	it('[VLT-53] wipes the plain answer of a canary: with the canary itself it would give the key away', () => {
		const scores = Float32Array.from({ length: 4096 }, (_, i) => i);
		const unused = () => assert.fail();
		canaryAnswer(newCanary(1024), { scores: () => scores, coordinates: unused, [Symbol.dispose]: unused });
		assert.ok(scores.every(score => score === 0));
	});

	for (const step of [1, 2, 3]) {
		for (const when of ['before', 'after'] as const) {
			it(`[VLT-26] interrupted ${when} write ${step}: the next run ends in the same state, with the key that was there`, async () => {
				const { store, content, heal } = memoryStore(step, when);
				await assert.rejects(ensureKeys(store, seal, request));
				const { key } = content;
				heal();
				const { description } = await ensureKeys(store, seal, request);
				if (key !== undefined) assert.equal(description.fingerprint, key.description.fingerprint);
				assert.ok(content.kek && content.key && content.canaries);
			});
		}
	}

	it('[VLT-26] two runs at once end with one key', async () => {
		const { store } = memoryStore();
		const both = await Promise.all([ensureKeys(store, seal, request), ensureKeys(store, seal, request)]);
		assert.deepEqual(both[0].description, both[1].description);
	});

	it('[VLT-26] a key without its KEK is an error, and no new KEK is made', async () => {
		const { store, content } = memoryStore();
		await ensureKeys(store, seal, request);
		delete content.kek;
		await assert.rejects(ensureKeys(store, seal, request), { code: 'key_missing' });
		assert.equal(content.kek, undefined);
	});

	it('[VLT-26] a KEK of another key is an error', async () => {
		const { store, content } = memoryStore();
		await ensureKeys(store, seal, request);
		content.kek = Buffer.alloc(32, 1);
		await assert.rejects(ensureKeys(store, seal, request), { code: 'wrong_kek' });
	});
});

describe('openKeys', () => {
	let template = '';
	let directory = '';
	let fingerprint = '';
	let config: VaultConfig;
	let seal: Seal;
	before(async () => {
		seal = await loadSeal();
		const { store, content } = memoryStore();
		fingerprint = (await ensureKeys(store, seal, request)).description.fingerprint;
		template = mkdtempSync(join(tmpdir(), 'keys-'));
		mkdirSync(join(template, '1'));
		writeFileSync(join(template, 'kek'), content.kek ?? '');
		writeFileSync(join(template, '1', 'SecKey_sealed.bin'), content.key?.sealedSecretKey ?? '');
		writeFileSync(join(template, '1', 'TeamSecret_sealed.bin'), content.key?.sealedTeamSecret ?? '');
		writeFileSync(join(template, '1', 'key.json'), JSON.stringify(content.key?.description));
	});
	beforeEach(() => {
		directory = mkdtempSync(join(tmpdir(), 'keys-'));
		cpSync(template, directory, { recursive: true });
		config = testConfig({ keys: { directory, versions: [1], kekFile: join(directory, 'kek'), fingerprint } });
	});
	afterEach(() => rmSync(directory, { recursive: true }));
	after(() => rmSync(template, { recursive: true }));

	const flip = (file: string, at: number) => {
		const bytes = readFileSync(join(directory, file));
		bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
		writeFileSync(join(directory, file), bytes);
	};

	it('[VLT-20] opens what keygen made, and the fingerprint is the recorded one', async () => {
		const opened = await openKeys(config);
		using keyring = buildKeyring(seal, opened, config);
		assert.equal(keyring.current.fingerprint, fingerprint);
		assert.match(keyring.current.id, /^acme-1-[0-9a-f]{12}$/);
		assert.throws(() => opened[0]?.secretKey.coefficients(), { code: 'key_missing' }, 'the key is wiped when the keyring is built');
		assert.ok(opened[0]?.teamSecret.every(byte => byte === 0));
	});

	for (const [what, damage] of [
		['', () => undefined],
		[', also when a key does not open', () => flip('1/TeamSecret_sealed.bin', 30)],
	] as const) {
		it(`[VLT-53] wipes the KEK it read${what}`, async () => {
			damage();
			const buffers = new Map<string, Buffer>();
			const opening = openKeys(config, async file => {
				const bytes = readFileSync(file);
				buffers.set(file, bytes);
				return bytes;
			});
			for (const { secretKey } of await opening.catch(() => [])) secretKey[Symbol.dispose]();
			const kek = buffers.get(config.keys.kekFile);
			assert.ok(kek?.length === 32 && kek.every(byte => byte === 0));
		});
	}

	it('[VLT-53] a keyring that is disposed of knows no secret any more', async () => {
		const keyring = buildKeyring(seal, await openKeys(config), config);
		keyring[Symbol.dispose]();
		assert.deepEqual(keyring.metadataKey('a'), metadataKey(new Uint8Array(32), 'a'));
	});

	it('the public files are the same on every pod', async () => {
		using a = buildKeyring(seal, await openKeys(config), config);
		using b = buildKeyring(seal, await openKeys(config), config);
		assert.equal(a.files['EncKey.json'].sha256, b.files['EncKey.json'].sha256);
		assert.equal(a.files['EvalKey.json'].sha256, b.files['EvalKey.json'].sha256);
	});

	const broken: [string, () => void, VaultError['code'], RegExp][] = [
		['no key', () => rmSync(join(directory, '1'), { recursive: true }), 'key_missing', /^no key: .*SecKey_sealed\.bin cannot be read$/],
		['no KEK', () => rmSync(join(directory, 'kek')), 'key_missing', /^no key: key encryption key .*kek: cannot be read$/],
		['another KEK', () => writeFileSync(join(directory, 'kek'), Buffer.alloc(32, 1)), 'wrong_kek', /SecKey_sealed\.bin: wrong KEK$/],
		[
			'a tampered key',
			() => flip('1/SecKey_sealed.bin', 500),
			'deserialization_failed',
			/SecKey_sealed\.bin: tampered: the KEK opens TeamSecret_sealed\.bin, and not this file$/,
		],
		[
			'a key of another preset',
			() => flip('1/SecKey_sealed.bin', 28),
			'unsupported_version',
			/SecKey_sealed\.bin: not a key of preset IP0$/,
		],
		[
			'a KEK of 31 bytes',
			() => writeFileSync(join(directory, 'kek'), Buffer.alloc(31)),
			'key_missing',
			/^no key: key encryption key .*kek: must be 64 hex digits or 32 bytes$/,
		],
		['a tampered team secret', () => flip('1/TeamSecret_sealed.bin', 30), 'wrong_kek', /TeamSecret_sealed\.bin: wrong KEK$/],
		[
			'a cut key',
			() => writeFileSync(join(directory, '1/SecKey_sealed.bin'), 'x'),
			'deserialization_failed',
			/SecKey_sealed\.bin: Deserialization failed/,
		],
		['a description that is none', () => writeFileSync(join(directory, '1/key.json'), '{}'), 'deserialization_failed', /key\.json/],
		[
			'the key of another team',
			() => writeFileSync(join(directory, '1/key.json'), readFileSync(join(directory, '1/key.json'), 'utf8').replace('acme', 'evil')),
			'wrong_key',
			/key\.json: is of another team/,
		],
	];
	for (const [name, damage, code, message] of broken) {
		it(`[VLT-20] ${name}: one line`, async () => {
			damage();
			await assert.rejects(openKeys(config), (error: unknown) => {
				assert.ok(error instanceof VaultError);
				assert.equal(error.code, code);
				assert.match(error.message, message);
				assert.ok(!error.message.includes('\n'));
				return true;
			});
		});
	}

	it('[VLT-20] another fingerprint than the recorded one: one line', async () => {
		const opened = await openKeys(config);
		const other = `sha256:${'0'.repeat(64)}`;
		assert.throws(() => buildKeyring(seal, opened, testConfig({ keys: { ...config.keys, fingerprint: other } })), {
			code: 'fingerprint_mismatch',
			message: `fingerprint differs: the key is ${fingerprint}, recorded is ${other}`,
		});
		assert.throws(() => opened[0]?.secretKey.coefficients(), { code: 'key_missing' }, 'and the key is wiped all the same');
		assert.ok(opened[0]?.teamSecret.every(byte => byte === 0));
	});
});
