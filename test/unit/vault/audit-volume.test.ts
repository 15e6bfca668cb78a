/** The audit log on a volume, on a real file system that fails where a test says so. */
import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { LEAST_FREE_BYTES, openVolumeLog, type VolumeOptions } from '../../../vault/audit/volume.ts';
import { chained, errorOf, record, testDisk, testFolder, until } from './audit-disk.ts';
import { startVault } from './builders.ts';

const open = (directory: string, change: Partial<VolumeOptions> = {}) =>
	openVolumeLog({ directory, pod: 'acme-0', now: () => 0, retryMs: 5, ...change });
const FIRST = 'audit-acme-0.000001.jsonl';
const fields = (line: string | undefined) => Object(JSON.parse(line ?? '{}'));

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

	for (const fault of ['write', 'sync'] as const) {
		it(`[VLT-43] after a failed ${fault} all calls are refused, until a note of them is safe again by itself`, async () => {
			using folder = testFolder();
			const { disk, faults, counts } = testDisk();
			await using log = await open(folder.directory, { disk });
			const told: (string | undefined)[] = [];
			log.watch(problem => told.push(problem));
			await log.write(record());
			faults[fault] = errorOf('ENOSPC');
			const refused = await Promise.allSettled([1, 2, 3].map(() => log.write(record())));
			assert.deepEqual(
				refused.map(({ status }) => status),
				['rejected', 'rejected', 'rejected'],
			);
			const { opens } = counts;
			await until(() => counts.opens > opens + 2);
			await assert.rejects(log.write(record()), { code: 'audit_unavailable' });
			assert.deepEqual(told, ['ENOSPC: of the test']);
			faults[fault] = undefined;
			await until(() => told.length === 2);
			assert.equal(told[1], undefined);
			await log.write(record({ request_id: 'after' }));
			const lines = folder.lines();
			assert.equal(chained(lines), 3);
			assert.deepEqual([fields(lines[1]).error, fields(lines[1]).refused_calls], ['audit_unavailable', 4]);
			assert.equal(fields(lines[2]).request_id, 'after');
		});
	}

	it('[VLT-43] on a full volume it waits for room, so that the pod does not come and go', async () => {
		using folder = testFolder();
		const { disk, faults, counts } = testDisk();
		await using log = await open(folder.directory, { disk });
		let isBroken = false;
		log.watch(problem => {
			isBroken = problem !== undefined;
		});
		faults.write = errorOf('ENOSPC');
		await assert.rejects(log.write(record()));
		Object.assign(faults, { write: undefined, free: LEAST_FREE_BYTES - 1 });
		const { opens, looks } = counts;
		await until(() => counts.looks > looks + 3);
		assert.deepEqual([isBroken, counts.opens], [true, opens]);
		faults.free = LEAST_FREE_BYTES;
		await until(() => !isBroken);
	});

	it('[VLT-43] a volume that hangs is one that failed', async () => {
		using folder = testFolder();
		const { disk, faults } = testDisk();
		await using log = await open(folder.directory, { disk, patienceMs: 20 });
		const { promise, resolve } = Promise.withResolvers<void>();
		faults.hang = promise;
		let isBroken = false;
		log.watch(problem => {
			isBroken = problem !== undefined;
		});
		await assert.rejects(log.write(record()), { code: 'audit_unavailable' });
		assert.equal(isBroken, true);
		faults.hang = undefined;
		resolve();
		await until(() => !isBroken);
		// The record whose call was refused got there late: it stays, and the chain goes on after it.
		assert.equal(chained(folder.lines()), 2);
	});

	it('[VLT-43] bytes that are gone are not written over', async () => {
		using folder = testFolder();
		const { disk, faults, counts } = testDisk();
		await using log = await open(folder.directory, { disk });
		await log.write(record());
		faults.sync = errorOf('EIO');
		await assert.rejects(log.write(record()));
		writeFileSync(join(folder.directory, FIRST), '');
		faults.sync = undefined;
		let problem: string | undefined;
		log.watch(each => {
			problem = each;
		});
		const { opens } = counts;
		await until(() => counts.opens > opens + 3);
		assert.notEqual(problem, undefined);
		assert.equal(folder.text(FIRST), '');
	});

	it('[VLT-43] a Vault answers 503 and is not ready while its volume fails, and again when it does not', async () => {
		using folder = testFolder();
		const { disk, faults } = testDisk();
		await using audit = await open(folder.directory, { disk });
		const running = await startVault({ audit });
		const ready = async () => (await fetch(`${running.internal}/readyz`)).status;
		const metrics = async () => (await fetch(`${running.internal}/metrics`)).text();
		assert.equal((await running.callTool('vault_status', {})).status, 200);
		assert.equal(fields(folder.lines()[0]).method, 'vault_status');
		faults.sync = errorOf('EIO');
		const answer = await running.callTool('vault_status', {});
		assert.deepEqual([answer.status, answer.result, await ready()], [503, undefined, 503]);
		assert.match(await metrics(), /^vault_ready 0$/m);
		faults.sync = undefined;
		await until(() => !running.vault.state.isAuditBroken);
		assert.deepEqual([await ready(), (await running.callTool('vault_status', {})).status], [200, 200]);
		assert.equal(chained(folder.lines()), 3);
		const text = await metrics();
		for (const line of [/^vault_audit_failures_total 1$/m, /^vault_audit_lines_total 3$/m, /^vault_audit_volume_free_bytes [1-9]/m])
			assert.match(text, line);
		await running.close();
	});
});
