/** `vault dev` and the stand-in as programs, and the client between them: what a person has who tries it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { connectEnvector } from '../../../client/envector.ts';
import { RuneError } from '../../../client/errors.ts';
import { openRune } from '../../../client/rune.ts';
import { connectVault } from '../../../client/vault.ts';
import { unitVectors } from '../envector/items.ts';

const DIMENSION = 64;
const root = join(import.meta.dirname, '../../..');
const embed = async (texts: readonly string[]) => texts.flatMap(text => unitVectors(text, 1, DIMENSION));

describe('vault dev and the stand-in as programs', () => {
	const children: ChildProcess[] = [];
	const start = async (program: string, args: readonly string[]): Promise<Record<string, string>> => {
		const child = spawn(process.execPath, [join(root, program), ...args, '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
		children.push(child);
		const [line] = await once(createInterface(child.stdout), 'line');
		return JSON.parse(String(line));
	};
	let envectorUrl: string;
	before(async () => {
		envectorUrl = (await start('test/envector/main.ts', ['--port', '0'])).url ?? '';
	});
	after(async () => {
		for (const child of children) {
			child.kill('SIGTERM');
			if (child.exitCode === null) await once(child, 'exit');
		}
	});

	for (const [protection, guardRows] of [
		['default', 16],
		['off', 0],
	] as const) {
		it(`[VLT-80] --protection ${protection}: ${guardRows} guard rows, and memories are found`, async () => {
			const { url = '', token = '' } = await start('vault/main.ts', ['dev', '--dimension', String(DIMENSION), '--protection', protection]);
			const vault = await connectVault({ url, token });
			const index = `dev-${protection}`;
			using rune = await openRune({ vault, envector: connectEnvector(envectorUrl), index, embed });
			assert.equal(rune.key.guard_rows, guardRows);
			await rune.createIndex();
			const rows = await rune.remember(['one', 'two', 'three']);
			assert.deepEqual(
				rows,
				[0, 1, 2].map(row => row + guardRows),
			);
			const { memories, blob } = await rune.recall('two', 1);
			assert.equal(memories[0]?.text, 'two');
			const again = await vault.decryptScores(blob, 1);
			assert.equal(again.results[0]?.score, memories[0]?.score);
			await vault.close();
		});
	}

	it('[VLT-80] the default is protected: a result of another index without guard rows is refused', async () => {
		const { url = '', token = '' } = await start('vault/main.ts', ['dev', '--dimension', String(DIMENSION)]);
		const vault = await connectVault({ url, token });
		const key = await vault.publicKey();
		const careless = { ...vault, publicKey: async () => ({ ...key, guard_rows: 0 }) };
		using rune = await openRune({ vault: careless, envector: connectEnvector(envectorUrl), index: 'careless', embed });
		await rune.createIndex();
		await rune.remember(Array.from({ length: 20 }, (_, i) => `memory ${i}`));
		await assert.rejects(rune.recall('memory 3', 1), error => error instanceof RuneError && error.code === 'refused');
		await vault.close();
	});
});
