/** Archives in a folder: whole or not there, the oldest removed first, and every failure told as the destination's. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type Destination, fetchArchive, guarded, isArchiveName, prune } from '../../../../vault/backup/destination.ts';
import { volumeDestination } from '../../../../vault/backup/volume.ts';
import { failsWith } from './archives.ts';

const day = (number: number) => `vault_keys_backup_2026-11-${String(number).padStart(2, '0')}T030000Z-0123abcd.age`;

describe('a volume of archives', () => {
	let root: string;
	let folder: string;
	let destination: Destination;
	before(() => {
		root = mkdtempSync(join(tmpdir(), 'archives-'));
	});
	after(() => rmSync(root, { recursive: true }));
	beforeEach(t => {
		folder = join(root, encodeURIComponent(t.name).slice(0, 60), 'rune', 'acme');
		destination = guarded(volumeDestination(folder));
	});

	it('[BKP-4] gives back what was put there, makes its folder, and replaces one of the same name', async () => {
		assert.deepEqual(await destination.list(), []);
		await destination.put(day(1), Buffer.from('one'));
		await destination.put(day(1), Buffer.from('two'));
		assert.equal(Buffer.from((await destination.get(day(1))) ?? []).toString(), 'two');
		assert.deepEqual(await destination.list(), [day(1)]);
		assert.deepEqual(readdirSync(folder), [day(1)], 'nothing else is left');
	});

	it('[BKP-4] lists archives and nothing else', async () => {
		await destination.put(day(1), Buffer.from('one'));
		for (const name of [`.${day(2)}.0a0a0a0a.part`, 'lost+found', `${day(3)}.tmp`, 'other.age']) writeFileSync(join(folder, name), '');
		assert.deepEqual(await destination.list(), [day(1)]);
	});

	it('[BKP-4] removes what an attempt that was killed has left', async () => {
		mkdirSync(folder, { recursive: true });
		writeFileSync(join(folder, `.${day(1)}.0a0a0a0a.part`), 'half');
		await destination.put(day(1), Buffer.from('whole'));
		assert.deepEqual(readdirSync(folder), [day(1)]);
	});

	it('[BKP-4] killed at any moment, what is listed is whole', async () => {
		const size = 4 * 1024 * 1024;
		const script = `
			import { volumeDestination } from ${JSON.stringify(new URL('../../../../vault/backup/volume.ts', import.meta.url).href)};
			const destination = volumeDestination(process.argv[1]);
			const name = number => 'vault_keys_backup_2026-11-25T' + String(number).padStart(6, '0') + 'Z.age';
			process.stdout.write('ready');
			for (let number = 0; ; number++) await destination.put(name(number), Buffer.alloc(${size}, number));
		`;
		for (const delay of [1, 7, 20, 45]) {
			const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], { stdio: ['ignore', 'pipe', 'ignore'] });
			await once(child.stdout, 'data');
			const watched = performance.now() + delay;
			while (performance.now() < watched) await new Promise(resolve => setImmediate(resolve));
			child.kill('SIGKILL');
			await once(child, 'close');
			for (const name of await destination.list()) {
				const bytes = await fetchArchive(destination, name);
				assert.equal(bytes.length, size, name);
				assert.ok(
					bytes.every(byte => byte === bytes[0]),
					name,
				);
			}
		}
	});

	it('[BKP-5] the oldest are removed until as many are left as are to be kept', async () => {
		for (const number of [3, 1, 4, 2]) await destination.put(day(number), Buffer.from('x'));
		assert.deepEqual(await prune(destination, 2, day(4)), [day(1), day(2)]);
		assert.deepEqual((await destination.list()).sort(), [day(3), day(4)]);
		assert.deepEqual(await prune(destination, 2, day(4)), []);
	});

	it('[BKP-5] the archive just made is kept, also when a wrong clock has named it the oldest', async () => {
		for (const number of [1, 2, 3]) await destination.put(day(number), Buffer.from('x'));
		assert.deepEqual(await prune(destination, 1, day(1)), [day(2), day(3)]);
		assert.deepEqual(await destination.list(), [day(1)]);
	});

	it('[BKP-2] an archive that is not there is told by name', async () => {
		await assert.rejects(fetchArchive(destination, day(9)), failsWith('ArchiveMissing', new RegExp(`has no ${day(9)}$`)));
	});

	it('[BKP-4] a folder that cannot be written is the destination’s failure, with its reason', async () => {
		writeFileSync(join(root, 'file'), '');
		const broken = guarded(volumeDestination(join(root, 'file', 'folder')));
		await assert.rejects(
			broken.put(day(1), Buffer.from('x')),
			failsWith('DestinationFailed', /^the destination failed to take an archive: ENOTDIR$/),
		);
	});
});

describe('the name of an archive', () => {
	for (const name of ['vault_keys_backup_2026-11-25.age', 'vault_keys_backup_2026-11-25T030000Z.age', day(1)]) {
		it(`[BKP-4] ${name} is one`, () => assert.ok(isArchiveName(name)));
	}
	for (const name of ['', 'vault_keys_backup_.age', `../${day(1)}`, `${day(1)}\n`, 'vault_keys_backup_2026-11-25.age.part']) {
		it(`[BKP-4] ${JSON.stringify(name)} is none`, () => assert.ok(!isArchiveName(name)));
	}
});
