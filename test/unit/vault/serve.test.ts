/** A whole pod and its keygen Job as child processes. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { openSealedSecretKey } from '../../../fhe/formats/sealed.ts';
import { readSecretKeyFile } from '../../../vault/keys/secret-key-file.ts';
import { base64, sha256, tokens, vector, vectorPath } from './builders.ts';
import type { FakeApi } from './fake-api.ts';
import { configMaps, finished, lease, PodHome, secrets, slice } from './pod-home.ts';

describe('a pod', () => {
	let home: PodHome;
	let api: FakeApi;
	let directory: string;
	let config: string;
	before(async () => {
		home = await PodHome.create();
		({ api, directory, config } = home);
	});
	afterEach(() => home.killAll());
	after(() => home.close());

	const run: PodHome['run'] = (...args) => home.run(...args);

	it('[VLT-26] keygen leaves KEK, sealed key and canaries in the cluster; a second Job changes nothing', async () => {
		assert.equal(await finished(run('keygen')), 0);
		const key = api.objects.get(`${secrets}/acme-keys-1`);
		assert.deepEqual([key?.type, key?.immutable], ['runevault.io/fhe-key', true]);
		const { annotations, labels, ownerReferences } = Object(key?.metadata);
		const description = JSON.parse(Buffer.from(Object(key?.data)['key.json'], 'base64').toString());
		assert.deepEqual(annotations, { 'runevault.io/fingerprint': description.fingerprint });
		assert.deepEqual([labels, ownerReferences], [{ 'runevault.io/vault': 'acme' }, undefined]);
		assert.equal(Object(api.objects.get(`${configMaps}/acme-canaries`)?.metadata).ownerReferences[0].uid, 'u-1');
		const versions = () => [...api.objects.values()].map(object => object.metadata.resourceVersion);
		const before = versions();
		assert.equal(await finished(run('keygen')), 0);
		assert.deepEqual(versions(), before);
	});

	it('[VLT-50] [VLT-52] keygen adopts a key and seals it under the KEK of a file; for a name that has a key already it stops', async () => {
		writeFileSync(join(directory, 'own-kek'), 'ab'.repeat(32));
		writeFileSync(join(directory, 'beta.json'), JSON.stringify({ ...JSON.parse(config), vault: 'beta' }));
		const args = ['--import', vectorPath('SecKey.json'), '--import-kek', '/nowhere', '--kek', join(directory, 'own-kek')];
		assert.equal(await finished(run('keygen', args, { VAULT_CONFIG: join(directory, 'beta.json') })), 0);
		const { data } = Object(api.objects.get(`${secrets}/beta-keys-1`));
		using key = openSealedSecretKey(Buffer.from(data['SecKey_sealed.bin'], 'base64'), Buffer.alloc(32, 0xab));
		using vendors = await readSecretKeyFile(vectorPath('SecKey.json'), undefined);
		assert.deepEqual(key.coefficients(), vendors.coefficients());
		assert.equal(api.objects.get(`${secrets}/beta-kek`), undefined);
		assert.ok(api.objects.get(`${configMaps}/beta-canaries`));

		const taken = run('keygen', args.slice(0, 4));
		let stderr = '';
		taken.stderr?.on('data', data => (stderr += data));
		assert.equal(await finished(taken), 1);
		assert.match(stderr, /^vault keygen: the key that exists, sha256:[0-9a-f]{64}, is not the one to be imported; it stays\n$/);
	});

	it('[VLT-51] [OPR-62] keygen that cannot import: exit 1, one line, and the word for the operator', async () => {
		const word = join(directory, 'termination-log');
		writeFileSync(word, '');
		const args = ['--import', vectorPath('sealed/kek.hex'), '--import-kek', '/nowhere'];
		const job = run('keygen', args, { TERMINATION_LOG: word });
		let stderr = '';
		job.stderr?.on('data', data => (stderr += data));
		assert.equal(await finished(job), 1);
		assert.match(stderr, /^vault keygen: import .*kek\.hex: not a SecKey\.json: [^\n]*\n$/);
		assert.equal(readFileSync(word, 'utf8'), 'ImportNotSecKey');
	});

	describe('that serves', () => {
		beforeEach(() => home.prepare());
		const holder = () => Object(api.objects.get(lease)?.spec).holderIdentity;

		it('[VLT-29] takes the lease and the route; SIGTERM releases the lease first, then a request in flight is answered, then code 0', async () => {
			const pod = run('serve');
			const listening = home.log(pod, 'listening');
			const { publicPort, internalPort } = await listening;
			await api.until(() => Object(api.objects.get(slice)).endpoints?.[0]?.addresses[0] === '127.0.0.1');
			assert.equal(holder(), 'acme-0');
			const probe = await fetch(`http://127.0.0.1:${internalPort}/probe?canary=0&nonce=abcd`);
			const { role, ready, canary }: Record<string, unknown> = JSON.parse(await probe.text());
			const answers = JSON.parse(Object(api.objects.get(`${configMaps}/acme-canaries`)?.data)['answers.json']);
			assert.deepEqual([role, ready, canary], ['primary', true, { index: 0, digest: sha256(`abcd:${answers['0']}`) }]);

			const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
			const headers = { authorization: `Bearer ${tokens.team}`, 'content-type': 'application/json', 'content-length': body.length };
			const sending = request(`http://127.0.0.1:${publicPort}/mcp`, { method: 'POST', headers });
			const status = new Promise(resolve => sending.once('response', response => resolve(response.resume().statusCode)));
			sending.write(body.slice(0, 5));
			await new Promise(resolve =>
				sending.once('socket', socket => (socket.connecting ? socket.once('connect', resolve) : resolve(undefined))),
			);
			const ended = finished(pod);
			pod.kill('SIGTERM');
			await api.until(() => holder() === '' || holder() === undefined || holder() === null);
			assert.equal((await fetch(`http://127.0.0.1:${internalPort}/readyz`)).status, 503);
			sending.end(body.slice(5));
			assert.equal(await status, 200);
			assert.equal(await ended, 0);
		});

		it('[VLT-91] puts the bits of an answer on the account in the cluster before it gives it', async () => {
			const path = `${configMaps}/acme-ledger`;
			api.objects.set(path, { metadata: { name: 'acme-ledger', namespace: 'rune', uid: 'l', resourceVersion: '1' } });
			const pod = run('serve');
			const { publicPort } = await home.log(pod, 'listening');
			const params = { name: 'decrypt_scores', arguments: { encrypted_blob_b64: base64(vector('result-0.bin')) } };
			const headers = { authorization: `Bearer ${tokens.team}`, 'content-type': 'application/json' };
			const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
			const answer = await fetch(`http://127.0.0.1:${publicPort}/mcp`, { method: 'POST', headers, body });
			assert.match(await answer.text(), /row_idx/);
			const account = Object.entries(Object(api.objects.get(path)?.data)).filter(([field]) => field.startsWith('bits.'));
			assert.equal(account.length, 1);
			assert.ok(Number(account[0]?.[1]) > 50, String(account));
		});

		const flip = (file: string, at: number) => {
			const bytes = readFileSync(join(directory, file));
			bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
			writeFileSync(join(directory, file), bytes);
		};
		const changeConfig = (change: (config: { keys: Record<string, unknown> }) => void) => {
			const changed = JSON.parse(config);
			change(changed);
			writeFileSync(join(directory, 'config.json'), JSON.stringify(changed));
		};
		const lines: [string, () => void, RegExp][] = [
			['the wrong KEK', () => writeFileSync(join(directory, 'kek'), Buffer.alloc(32)), /^vault serve: .*SecKey_sealed\.bin: wrong KEK$/],
			[
				'a KEK file of 31 bytes',
				() => writeFileSync(join(directory, 'kek'), Buffer.alloc(31)),
				/^vault serve: no key: key encryption key .*kek: must be 64 hex digits or 32 bytes$/,
			],
			['no KEK file', () => rmSync(join(directory, 'kek')), /^vault serve: no key: key encryption key .*kek: cannot be read$/],
			['no key', () => rmSync(join(directory, 'keys/1/SecKey_sealed.bin')), /^vault serve: no key: .*SecKey_sealed\.bin cannot be read$/],
			['a tampered key', () => flip('keys/1/SecKey_sealed.bin', 500), /^vault serve: .*SecKey_sealed\.bin: tampered: the KEK opens /],
			['another preset', () => flip('keys/1/SecKey_sealed.bin', 28), /^vault serve: .*SecKey_sealed\.bin: not a key of preset IP0$/],
			[
				'another fingerprint than recorded',
				() => changeConfig(({ keys }) => Object.assign(keys, { fingerprint: `sha256:${'0'.repeat(64)}` })),
				/^vault serve: fingerprint differs: the key is sha256:[0-9a-f]{64}, recorded is sha256:0{64}$/,
			],
			[
				'unreadable verifiers',
				() => changeConfig(changed => Object.assign(changed, { verifiersFile: join(directory, 'config.json') })),
				/^vault serve: unreadable verifiers: .*config\.json: tokens is not valid$/,
			],
		];
		for (const [name, damage, message] of lines) {
			it(`[VLT-20] ${name}: exit 1 and one line`, async () => {
				damage();
				const pod = run('serve');
				let stderr = '';
				pod.stderr?.on('data', data => (stderr += data));
				assert.equal(await finished(pod), 1);
				assert.match(stderr.trimEnd().split('\n').at(-1) ?? '', message);
			});
		}
	});
});
