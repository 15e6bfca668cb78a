/** The program as a person runs it: child processes, exit codes, one line of error. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { VaultError } from '../../../fhe/errors.ts';
import { UsageError } from '../../../vault/commands/command.ts';
import { decrypt } from '../../../vault/commands/decrypt.ts';
import { dev } from '../../../vault/commands/dev.ts';
import { vector, vectorPath } from './builders.ts';

const program = new URL('../../../vault/main.ts', import.meta.url).pathname;

type Finished = { code: number | null; stdout: string; stderr: string };

function finished(child: ChildProcess): Promise<Finished> {
	const output = { stdout: '', stderr: '' };
	child.stdout?.on('data', data => (output.stdout += data));
	child.stderr?.on('data', data => (output.stderr += data));
	return new Promise(resolve => child.on('close', code => resolve({ code, ...output })));
}

const vault = (...args: string[]) => finished(spawn(process.execPath, [program, ...args]));
const floats = (name: string) => [...new Float32Array(vector(name).buffer)];

describe('vault decrypt', () => {
	it('[VLT-28] every score of a result, bit for bit', async () => {
		const run = await vault('decrypt', '--key', vectorPath('SecKey.json'), '--blob', vectorPath('result-0.bin'), '--all');
		assert.equal(run.stderr, '');
		assert.deepEqual(JSON.parse(run.stdout), {
			scores: floats('result-0.f32'),
			shards: [{ shard_idx: 0, rows: floats('result-0.f32').length }],
		});
		assert.equal(run.code, 0);
	});

	it('[VLT-28] the best ten of a message of several shards', async () => {
		const run = await vault('decrypt', '--key', vectorPath('SecKey.json'), '--blob', vectorPath('score-sharded.pb'), '--top-k', '10');
		const { results }: { results: { index: number }[] } = JSON.parse(run.stdout);
		assert.deepEqual(
			results.map(({ index: _, ...hit }) => hit),
			JSON.parse(readFileSync(vectorPath('score-sharded.top10.json'), 'utf8')),
		);
	});

	it('[VLT-28] a sealed key with its KEK', async () => {
		const sealed = ['--key', vectorPath('sealed/SecKey_sealed.bin'), '--kek', vectorPath('sealed/kek.hex')];
		const run = await vault('decrypt', ...sealed, '--blob', vectorPath('sealed/result.bin'), '--all');
		assert.equal(run.stderr, '');
		assert.deepEqual(JSON.parse(run.stdout).scores, floats('sealed/result.f32'));
	});

	const key = ['--key', vectorPath('SecKey.json')];
	const blob = ['--blob', vectorPath('result-0.bin')];
	const bad: [string, string[], typeof UsageError | typeof VaultError, RegExp][] = [
		['no key', blob, UsageError, /^--key is needed$/],
		['no blob', key, UsageError, /^--blob is needed$/],
		['an unknown option', [...key, ...blob, '--topk', '3'], UsageError, /--topk/],
		['both --all and --top-k', [...key, ...blob, '--all', '--top-k', '3'], UsageError, /^--top-k and --all/],
		['--top-k 0', [...key, ...blob, '--top-k', '0'], UsageError, /^--top-k must be/],
		['a key that is not there', ['--key', '/nowhere', ...blob], VaultError, /^--key \/nowhere: cannot be read$/],
		['a key that is none', ['--key', vectorPath('result-0.bin'), ...blob], VaultError, /^--key .*result-0\.bin: /],
		['a blob that is none', [...key, '--blob', vectorPath('SecKey.json')], VaultError, /^--blob .*SecKey\.json: Deserialization failed/],
		[
			'a sealed key without KEK',
			['--key', vectorPath('sealed/SecKey_sealed.bin'), ...blob],
			VaultError,
			/^--key .*SecKey_sealed\.bin: .*--kek/,
		],
		[
			'a KEK that is none',
			[...key, '--kek', vectorPath('result-0.bin'), ...blob],
			VaultError,
			/^--kek .*result-0\.bin: must be 64 hex digits/,
		],
	];
	for (const [name, args, kind, message] of bad) {
		it(`[VLT-28] ${name}: one line that names the option`, async () => {
			await assert.rejects(decrypt.run(args), (error: unknown) => {
				assert.ok(error instanceof kind);
				assert.match(error.message, message);
				assert.ok(!error.message.includes('\n'));
				return true;
			});
		});
	}
	for (const [name, args, expected] of [
		[
			'a file that cannot be read: exit 1',
			['--key', '/nowhere', ...blob],
			{ code: 1, stderr: 'vault decrypt: --key /nowhere: cannot be read\n' },
		],
		['a missing option: exit 2', key, { code: 2, stderr: 'vault decrypt: --blob is needed; see vault decrypt --help\n' }],
	] as const) {
		it(`[VLT-28] ${name}, and nothing on stdout`, async () => {
			assert.deepEqual(await vault('decrypt', ...args), { ...expected, stdout: '' });
		});
	}
});

describe('vault dev', () => {
	it('[VLT-27] --json: one line with url and token; answers calls; stops at SIGTERM with code 0 and nothing more on stdout', async () => {
		const child = spawn(process.execPath, [program, 'dev', '--json', '--protection', 'off', '--key', vectorPath('SecKey.json')]);
		const end = finished(child);
		const line = await new Promise<string>(resolve => createInterface({ input: child.stdout }).once('line', resolve));
		const { url, token, ...rest }: Record<string, string> = JSON.parse(line);
		assert.deepEqual(rest, {});
		assert.match(url ?? '', /^http:\/\/127\.0\.0\.1:\d+\/mcp$/);
		assert.match(token ?? '', /^evt_dev_[0-9A-Za-z]{32}$/);
		const encoded = Buffer.from(vector('result-0.bin')).toString('base64');
		const response = await fetch(url ?? '', {
			method: 'POST',
			headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
			body: JSON.stringify({
				jsonrpc: '2.0',
				id: 1,
				method: 'tools/call',
				params: { name: 'decrypt_scores', arguments: { encrypted_blob_b64: encoded } },
			}),
		});
		const answer: { result: { structuredContent: { results: unknown[] } } } = JSON.parse(await response.text());
		assert.equal(answer.result.structuredContent.results.length, 5);
		child.kill('SIGTERM');
		const run = await end;
		assert.equal(run.code, 0);
		assert.equal(run.stdout, `${line}\n`);
		assert.ok(!run.stderr.includes(token ?? ''), 'the token is in no log');
		assert.ok(!run.stderr.includes(encoded.slice(0, 64)), 'nor is the blob');
	});

	for (const [name, args, message] of [
		['a dimension that does not exist', ['--dimension', '31'], /^--dimension must be/],
		['a protection that does not exist', ['--protection', 'on'], /^--protection must be default or off$/],
		['a KEK without a key', ['--kek', vectorPath('sealed/kek.hex')], /^--kek needs --key$/],
		[
			'a KEK that is none',
			['--key', vectorPath('sealed/SecKey_sealed.bin'), '--kek', '/dev/null'],
			/^--kek \/dev\/null: must be 64 hex digits/,
		],
	] as const) {
		it(`[VLT-27] ${name}: one line that names the option`, async () => {
			await assert.rejects(dev.run([...args]), { message });
		});
	}
});

describe('the command line', () => {
	it('explains itself', async () => {
		assert.match((await vault('--help')).stdout, /serve[\s\S]*keygen[\s\S]*dev[\s\S]*decrypt/);
		const run = await vault('keygen', '--help');
		assert.deepEqual([run.code, run.stderr], [0, '']);
		assert.match(run.stdout, /^vault keygen: /);
	});
	it('a command that does not exist: exit 2', async () => {
		const run = await vault('fly');
		assert.deepEqual([run.code, run.stderr], [2, 'vault: no command "fly"; see vault --help\n']);
	});
	it('[VLT-20] serve without a configuration: exit 1 and one line', async () => {
		const child = spawn(process.execPath, [program, 'serve'], { env: { PATH: process.env.PATH } });
		const run = await finished(child);
		assert.deepEqual([run.code, run.stderr], [1, 'vault serve: VAULT_CONFIG is not set: it names the configuration file\n']);
	});
});
