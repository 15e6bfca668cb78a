/** A key of the vendor's, from its Secret through keygen into the keyring of a pod. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { KEYGEN_FAULTS, type KeygenFault, keygenFaultOf } from '../../../crds/keygen-faults.ts';
import { parseBlob } from '../../../fhe/formats/blob.ts';
import { writeEvalKeyJson } from '../../../fhe/formats/envelope.ts';
import { writeSecretKey } from '../../../fhe/formats/secret-key.ts';
import { loadSeal, type Seal } from '../../../fhe/seal.ts';
import { generateSecretKey, type SecretKey } from '../../../fhe/secret-key.ts';
import { openKeys } from '../../../vault/keys/custody.ts';
import { ensureKeys, type KeyRequest } from '../../../vault/keys/generate.ts';
import { readImport } from '../../../vault/keys/import.ts';
import type { ReadFile } from '../../../vault/keys/kek.ts';
import { KeygenError } from '../../../vault/keys/keygen-error.ts';
import { buildKeyring } from '../../../vault/keys/keyring.ts';
import { testConfig, vector } from './builders.ts';
import { faultOf, memoryStore, mounted, type StoreContent } from './memory-store.ts';

const files = { key: '/import/SecKey.json', kek: '/import/kek' };
const plainEnvelope = Buffer.from(vector('SecKey.json'));
const hexKek = Buffer.from(vector('sealed/kek.hex'));
const envelopeOf = (bytes: Uint8Array): Buffer =>
	Buffer.from(
		writeEvalKeyJson(bytes, { kid: 'k', keyVersion: 1, createdAt: '2026-11-23T15:49:12Z' })
			.replaceAll('evalkey', 'seckey')
			.replace('"eval_mode":"RMP"', '"eval_mode":""'),
	);
const sealedEnvelope = envelopeOf(vector('sealed/SecKey_sealed.bin'));

const requestOf = (read: ReadFile, opened: SecretKey[] = []): KeyRequest => ({
	...{ team: 'acme', version: 1, dimension: 1024, now: () => new Date(0) },
	importKey: async () => {
		const key = await readImport(files, 1024, read);
		opened.push(key);
		return key;
	},
});
const isWiped = (key: SecretKey) => assert.throws(() => key.coefficients(), { code: 'key_missing' });

describe('an import', () => {
	let seal: Seal;
	before(async () => {
		seal = await loadSeal();
	});

	/** Mounts what keygen left as the kubelet would, and opens it as a pod does. */
	const serve = async ({ kek, key }: StoreContent) => {
		const directory = mkdtempSync(join(tmpdir(), 'imported-'));
		try {
			mkdirSync(join(directory, '1'));
			writeFileSync(join(directory, 'kek'), kek ?? '');
			writeFileSync(join(directory, '1', 'SecKey_sealed.bin'), key?.sealedSecretKey ?? '');
			writeFileSync(join(directory, '1', 'TeamSecret_sealed.bin'), key?.sealedTeamSecret ?? '');
			writeFileSync(join(directory, '1', 'key.json'), JSON.stringify(key?.description));
			const fingerprint = key?.description.fingerprint;
			const config = testConfig({ keys: { directory, versions: [1], kekFile: join(directory, 'kek'), fingerprint } });
			return buildKeyring(seal, await openKeys(config), config);
		} finally {
			rmSync(directory, { recursive: true });
		}
	};

	for (const [what, secret, results] of [
		['plain', { [files.key]: plainEnvelope }, ['result-0', 'result-1', 'result-2', 'result-3', 'result-4']],
		['sealed, with its KEK in hex', { [files.key]: sealedEnvelope, [files.kek]: hexKek }, ['sealed/result']],
		[
			'sealed, with its KEK raw',
			{ [files.key]: sealedEnvelope, [files.kek]: Buffer.from(hexKek.toString().trim(), 'hex') },
			['sealed/result'],
		],
	] as const) {
		it(`[VLT-50] [VLT-53] of a SecKey.json, ${what}: old results decrypt bit for bit, and nothing of it stays in memory`, async () => {
			const { store, content, handed } = memoryStore();
			const { read, buffers, isWiped: areFilesWiped } = mounted(secret);
			const opened: SecretKey[] = [];
			const { made } = await ensureKeys(store, seal, requestOf(read, opened));
			assert.deepEqual(made, ['kek', 'key', 'canaries']);
			assert.equal(buffers.length, Object.keys(secret).length);
			assert.ok(areFilesWiped());
			for (const key of opened) isWiped(key);
			assert.equal(handed.length, 2);
			assert.ok(handed.every(kek => kek.every(byte => byte === 0)));
			using keyring = await serve(content);
			for (const name of results) {
				const blob = parseBlob(vector(`${name}.bin`));
				assert.ok(blob.kind === 'result');
				assert.deepEqual(keyring.current.decryptor.scores(blob.result), new Float32Array(vector(`${name}.f32`).buffer), name);
			}
		});
	}

	for (const step of [1, 2, 3]) {
		for (const when of ['before', 'after'] as const) {
			it(`[VLT-50] [VLT-53] interrupted ${when} write ${step}: the next run ends with the same key, also when its Secret is gone by then`, async () => {
				const { store, content, heal, handed } = memoryStore(step, when);
				const { read, isWiped: areFilesWiped } = mounted({ [files.key]: plainEnvelope });
				const opened: SecretKey[] = [];
				await assert.rejects(ensureKeys(store, seal, requestOf(read, opened)));
				assert.ok(areFilesWiped());
				for (const key of opened) isWiped(key);
				assert.ok(handed.every(kek => kek.every(byte => byte === 0)));
				heal();
				const hadKey = content.key !== undefined;
				const { description } = await ensureKeys(store, seal, requestOf(hadKey ? mounted({}).read : read));
				const { store: fresh } = memoryStore();
				assert.equal(description.fingerprint, (await ensureKeys(fresh, seal, requestOf(read))).description.fingerprint);
			});
		}
	}

	it('[VLT-50] never takes the place of a key that is there', async () => {
		const { store, content } = memoryStore();
		await ensureKeys(store, seal, { team: 'acme', version: 1, dimension: 1024 });
		const { key } = content;
		delete content.canaries;
		await assert.rejects(ensureKeys(store, seal, requestOf(mounted({ [files.key]: plainEnvelope }).read)), faultOf('ImportOtherKey'));
		assert.equal(content.key, key);
		assert.equal(content.canaries, undefined, 'nothing is made for a vault that would serve another key than it was told to');
	});

	const text = plainEnvelope.toString();
	const bin = (() => {
		using key = generateSecretKey();
		return writeSecretKey(key);
	})();
	const altered = (at: number, value: number) => {
		const copy = Uint8Array.from(bin);
		copy[at] = value;
		return copy;
	};
	const bad: [string, Record<string, Uint8Array>, KeygenFault, RegExp][] = [
		['no such entry', {}, 'ImportMissing', /^import \/import\/SecKey\.json: cannot be read$/],
		['not JSON', { [files.key]: Buffer.from('key') }, 'ImportNotSecKey', /SecKey\.json: not a SecKey\.json: /],
		['EncKey.json', { [files.key]: vector('EncKey.json') }, 'ImportNotSecKey', /not a SecKey\.json: .*not a seckey$/],
		['SecKey.bin, which no digest covers', { [files.key]: bin }, 'ImportNotSecKey', /not a SecKey\.json/],
		[
			'another preset in the envelope',
			{ [files.key]: Buffer.from(text.replace('"preset":"IP0"', '"preset":"IP1"')) },
			'ImportWrongPreset',
			/SecKey\.json: not a key of preset IP0$/,
		],
		['another preset in the key', { [files.key]: envelopeOf(altered(3, 0x31)) }, 'ImportWrongPreset', /not a key of preset IP0$/],
		[
			'a tampered key',
			{ [files.key]: Buffer.from(text.replace('"key_data":"AUlQMAA3', '"key_data":"AUlQMAA0')) },
			'ImportTampered',
			/the key does not match its hash$/,
		],
		[
			'a tampered sealed key',
			{ [files.key]: Buffer.from(sealedEnvelope.toString().replace('"hash":"', '"hash":"A')), [files.kek]: hexKek },
			'ImportTampered',
			/the key does not match its hash$/,
		],
		[
			'another Hamming weight',
			{ [files.key]: envelopeOf(altered(5, bin[5] === 0 ? 0x40 : 0)) },
			'ImportWrongKey',
			/not a secret key of this scheme$/,
		],
		['a coefficient of 2', { [files.key]: envelopeOf(altered(5, 0x80)) }, 'ImportNotSecKey', /unknown coefficient$/],
		[
			'another dimension',
			{ [files.key]: Buffer.from(text.replace('"eval_mode":""', '"dim":"512","eval_mode":""')) },
			'ImportWrongDimension',
			/SecKey\.json: the key is for dimension 512, not 1024$/,
		],
		['a sealed key without KEK', { [files.key]: sealedEnvelope }, 'ImportNoKek', /the key is sealed, and there is no kek beside it$/],
		[
			'a KEK of 31 bytes',
			{ [files.key]: sealedEnvelope, [files.kek]: Buffer.alloc(31, 7) },
			'ImportBadKek',
			/import \/import\/kek: must be/,
		],
		['a wrong KEK', { [files.key]: sealedEnvelope, [files.kek]: Buffer.alloc(32, 7) }, 'ImportWrongKek', /SecKey\.json: wrong KEK$/],
	];
	for (const [what, secret, fault, message] of bad) {
		it(`[VLT-51] [VLT-53] of ${what}: ${fault}, one line, nothing written, nothing left in memory`, async () => {
			const { store, writes } = memoryStore();
			const { read, isWiped: areFilesWiped } = mounted(secret);
			await assert.rejects(ensureKeys(store, seal, requestOf(read)), (error: unknown) => {
				assert.ok(faultOf(fault)(error) && error instanceof KeygenError);
				assert.match(error.message, message);
				return true;
			});
			assert.equal(writes(), 0);
			assert.ok(areFilesWiped());
		});
	}

	it('[VLT-51] the dimension may be told as a number, and a key that tells none fits all', async () => {
		const told = (dim: string) => mounted({ [files.key]: Buffer.from(text.replace('"eval_mode":""', `"dim":${dim},"eval_mode":""`)) }).read;
		using same = await readImport(files, 1024, told('1024'));
		using any = await readImport(files, 32, mounted({ [files.key]: plainEnvelope }).read);
		assert.deepEqual(same.coefficients(), any.coefficients());
		using odd = await readImport(files, 32, told('{"toString":1}'));
		assert.deepEqual(odd.coefficients(), any.coefficients());
	});

	it('[VLT-51] a hash is taken in the form of newer tools too', async () => {
		const newer = text.replace(/"hash":("[^"]+")/, '"hash":{"type":"SHA256","value":$1}');
		assert.notEqual(newer, text);
		using key = await readImport(files, 1024, mounted({ [files.key]: Buffer.from(newer) }).read);
		assert.equal(key.coefficients().length, 4096);
	});

	it('[OPR-62] every fault is a word that the operator knows, and no other text is', () => {
		for (const fault of Object.keys(KEYGEN_FAULTS)) assert.equal(keygenFaultOf(`${fault}\n`), fault);
		for (const other of ['', 'toString', 'KekMissing: s3cret', 7, undefined]) assert.equal(keygenFaultOf(other), undefined);
	});
});
