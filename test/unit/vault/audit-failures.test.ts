/** The audit log on a volume that is full, fails or hangs, and comes back. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { LEAST_FREE_BYTES } from '../../../vault/audit/volume.ts';
import { chained, errorOf, FIRST, fields, open, testDisk, testFolder, until } from './audit-disk.ts';
import { record } from './audit-record.ts';
import { startVault } from './builders.ts';

describe('an audit volume that fails', () => {
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
			assert.equal(chained(lines), lines.length);
			// One note, or two when a call was refused while the first was being written.
			const notes = lines.slice(1, -1).map(fields);
			assert.ok(notes.every(({ error }) => error === 'audit_unavailable'));
			assert.equal(
				notes.reduce((sum, { refused_calls }) => sum + refused_calls, 0),
				4,
			);
			assert.equal(fields(lines.at(-1)).request_id, 'after');
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

	it('[VLT-43] a full volume shows before anything is written to it, as on a standby', async () => {
		using folder = testFolder();
		const { disk, faults } = testDisk();
		await using log = await open(folder.directory, { disk, lookMs: 5 });
		let problem: string | undefined;
		log.watch(each => {
			problem = each;
		});
		await log.write(record());
		faults.free = LEAST_FREE_BYTES - 1;
		await until(() => problem !== undefined);
		assert.match(problem ?? '', /less than 4194304 bytes are free/);
		faults.free = undefined;
		await until(() => problem === undefined);
		await log.write(record());
		assert.equal(chained(folder.lines()), 3);
	});

	it('[VLT-43] a batch that fails while the volume is found to be full is mended once', async () => {
		using folder = testFolder();
		const { disk, faults, counts } = testDisk();
		await using log = await open(folder.directory, { disk, lookMs: 2 });
		let isBroken = false;
		log.watch(problem => {
			isBroken = problem !== undefined;
		});
		const { promise, resolve } = Promise.withResolvers<void>();
		Object.assign(faults, { hang: promise, sync: errorOf('ENOSPC') });
		const { syncs } = counts;
		const refused = assert.rejects(log.write(record()), { code: 'audit_unavailable' });
		await until(() => counts.syncs > syncs);
		faults.free = 0;
		await until(() => isBroken);
		resolve();
		await refused;
		Object.assign(faults, { hang: undefined, sync: undefined, free: undefined });
		await until(() => !isBroken);
		await Promise.all([1, 2, 3].map(() => log.write(record())));
		const lines = folder.lines();
		assert.deepEqual([chained(lines), lines.length, fields(lines[0]).refused_calls], [4, 4, 1]);
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
		assert.match(problem ?? '', /has lost [0-9]+ bytes/);
		assert.equal(folder.text(FIRST), '');
		await log[Symbol.asyncDispose]();
		assert.equal(counts.opens, counts.closes);
	});

	it('[VLT-43] what somebody else put where the next file goes is not written over', async () => {
		using folder = testFolder();
		await using log = await open(folder.directory, { fileBytes: 500 });
		await log.write(record());
		writeFileSync(join(folder.directory, 'audit-acme-0.000002.jsonl'), 'theirs\n');
		await assert.rejects(log.write(record({ method: 'x'.repeat(300) })), { code: 'audit_unavailable' });
		assert.equal(folder.text('audit-acme-0.000002.jsonl'), 'theirs\n');
	});

	it('[VLT-43] a next file that cannot be begun is begun later, and the chain goes through', async () => {
		using folder = testFolder();
		const { disk, faults, counts } = testDisk();
		await using log = await open(folder.directory, { disk, fileBytes: 500 });
		let isBroken = false;
		log.watch(problem => {
			isBroken = problem !== undefined;
		});
		await log.write(record());
		for (const fault of ['open', 'directory'] as const) {
			await log.write(record());
			faults[fault] = errorOf('EMFILE');
			await assert.rejects(log.write(record({ method: 'x'.repeat(300) })), { code: 'audit_unavailable' });
			faults[fault] = undefined;
			await until(() => !isBroken);
		}
		await log.write(record());
		assert.equal(chained(folder.lines()), folder.lines().length);
		await log[Symbol.asyncDispose]();
		assert.equal(counts.opens, counts.closes);
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
