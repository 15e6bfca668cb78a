/** The audit log on a volume, on a real file system that fails where a test says so. */
import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { chained, errorOf, FIRST, fields, open, testDisk, testFolder, until } from './audit-disk.ts';
import { record } from './audit-record.ts';

describe('the audit log on a volume', () => {
	it('[VLT-40] lines of calls at the same time are safe with one fdatasync, before any of them is told so', async () => {
		using folder = testFolder();
		const { disk, counts, faults } = testDisk();
		await using log = await open(folder.directory, { disk });
		const atStart = counts.syncs;
		await Promise.all(Array.from({ length: 50 }, (_, i) => log.write(record({ result_count: i }))));
		assert.equal(counts.syncs - atStart, 1);
		assert.deepEqual(
			folder.lines().map(line => fields(line).result_count),
			Array.from({ length: 50 }, (_, i) => i),
		);
		assert.deepEqual(log.written, { lines: 50, bytes: folder.text(FIRST).length });

		// Those that come while one is under way wait for it, and then go together.
		const { promise, resolve } = Promise.withResolvers<void>();
		faults.hang = promise;
		const told: number[] = [];
		const write = (i: number) => log.write(record({ result_count: i })).then(() => told.push(i));
		const first = write(50);
		await until(() => counts.syncs - atStart === 2);
		const others = [51, 52, 53].map(write);
		assert.deepEqual(told, []);
		resolve();
		await Promise.all([first, ...others]);
		assert.equal(counts.syncs - atStart, 3);
		assert.equal(chained(folder.lines()), 54);
	});

	it('[VLT-41] the chain goes on over restarts and over files, each of bounded size', async () => {
		using folder = testFolder();
		for (let start = 0; start < 4; start++) {
			await using log = await open(folder.directory, { fileBytes: 1000 });
			for (let i = 0; i < 5; i++) await log.write(record());
		}
		assert.equal(chained(folder.lines()), 20);
		assert.ok(folder.files().length >= 6, String(folder.files()));
		for (const file of folder.files()) assert.ok(folder.text(file).length <= 1000, file);
	});

	it('[VLT-41] files of other pods and of other programs are left alone', async () => {
		using folder = testFolder();
		for (const name of ['audit-acme-1.000009.jsonl', 'audit-acme-0.old.jsonl', 'lost+found'])
			writeFileSync(join(folder.directory, name), 'x');
		await using log = await open(folder.directory);
		await log.write(record());
		assert.equal(chained(folder.text(FIRST).trimEnd().split('\n')), 1);
	});

	it('[VLT-42] a line that a crash cut off, wherever, is taken off, and a note in the chain says so', async () => {
		using folder = testFolder();
		await using log = await open(folder.directory);
		await log.write(record());
		const whole = folder.text(FIRST);
		const second = `${JSON.stringify({ ...record(), seq: 2 })}\n`;
		for (const cut of [1, 100, second.length - 1]) {
			writeFileSync(join(folder.directory, FIRST), whole + second.slice(0, cut));
			await using next = await open(folder.directory);
			await next.write(record({ request_id: 'after' }));
			const lines = folder.lines();
			assert.equal(chained(lines), 3);
			const { method, status, error, torn_bytes } = fields(lines[1]);
			assert.deepEqual([method, status, error, torn_bytes], ['audit', 'error', 'torn_line', cut]);
		}
	});

	it('[VLT-42] a crash just after a new file was begun, or within its first line', async () => {
		for (const begun of ['', '{"timestamp":']) {
			using folder = testFolder();
			{
				await using log = await open(folder.directory);
				await log.write(record());
			}
			writeFileSync(join(folder.directory, 'audit-acme-0.000002.jsonl'), begun);
			await using next = await open(folder.directory);
			await next.write(record());
			assert.equal(chained(folder.lines()), begun === '' ? 2 : 3);
			assert.equal(folder.text(FIRST).split('\n').length, 2);
		}
	});

	it('[VLT-42] a complete last line that is no record stops the start in one line that names the file', async () => {
		for (const junk of ['junk\n', '\n', '{"seq":0,"prev":"00"}\n', 'null\n', `${'x'.repeat(300_000)}`]) {
			using folder = testFolder();
			{
				await using log = await open(folder.directory);
				await log.write(record());
			}
			appendFileSync(join(folder.directory, FIRST), junk);
			const before = folder.text(FIRST);
			await assert.rejects(open(folder.directory), {
				code: 'audit_unavailable',
				message: /^audit file .*audit-acme-0\.000001\.jsonl [^\n]*$/,
			});
			assert.equal(folder.text(FIRST), before);
		}
	});

	it('[VLT-42] a directory that cannot be used stops the start in one line that names the field', async () => {
		await assert.rejects(open('/nonexistent/audit'), {
			code: 'audit_unavailable',
			message: /^audit\.directory \/nonexistent\/audit: ENOENT/,
		});
		using folder = testFolder();
		const { disk, faults } = testDisk();
		faults.open = errorOf('EROFS');
		await assert.rejects(open(folder.directory, { disk }), { field: 'audit.directory', message: /EROFS/ });
	});
});
