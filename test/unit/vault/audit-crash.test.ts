/** A process that is killed while it writes audit records, again and again over the same files. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { openVolumeLog } from '../../../vault/audit/volume.ts';
import { chained, testFolder } from './audit-disk.ts';
import { record } from './audit-record.ts';

/** Four callers that write without end; each record that is safe is told on stdout by its id. */
const writer = `
const { openVolumeLog } = await import(${JSON.stringify(new URL('../../../vault/audit/volume.ts', import.meta.url).href)});
const [directory, start] = process.argv.slice(1);
const log = await openVolumeLog({ directory, pod: 'acme-0', now: Date.now, fileBytes: 20_000 });
const record = ${JSON.stringify(record())};
const call = async caller => {
	for (let i = 0; ; i++) {
		const request_id = [start, caller, i].join('-');
		await log.write({ ...record, request_id });
		process.stdout.write(request_id + '\\n');
	}
};
await Promise.all([0, 1, 2, 3].map(call));
`;

/** Ids of records that were told to be safe before the process was killed. */
async function runAndKill(directory: string, start: number, afterLines: number): Promise<string[]> {
	const child = spawn(process.execPath, ['--input-type=module', '--eval', writer, directory, String(start)], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const told: string[] = [];
	for await (const line of createInterface({ input: child.stdout })) {
		told.push(line);
		if (told.length === afterLines) child.kill('SIGKILL');
	}
	return told;
}

describe('a process that is killed while it writes', () => {
	it('[VLT-44] leaves a chain of complete lines with every record that was told to be safe, and the next one goes on', async () => {
		using folder = testFolder();
		const told: string[] = [];
		for (const [start, afterLines] of [40, 101, 160].entries()) told.push(...(await runAndKill(folder.directory, start, afterLines)));
		await using log = await openVolumeLog({ directory: folder.directory, pod: 'acme-0', now: Date.now });
		await log.write(record({ request_id: 'last' }));
		const lines = folder.lines();
		assert.equal(chained(lines), lines.length);
		const ids = new Set(lines.map(line => Object(JSON.parse(line)).request_id));
		assert.deepEqual(
			told.filter(id => !ids.has(id)),
			[],
		);
		assert.ok(ids.has('last') && told.length >= 301 && folder.files().length > 1);
	});
});
