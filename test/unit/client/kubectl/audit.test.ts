/** `kubectl runevault audit verify`, over real files and as a program. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { aChain } from './audit-lines.ts';
import { kubectl } from './fake-cluster.ts';

const MAIN = fileURLToPath(new URL('../../../../client/kubectl/main.ts', import.meta.url));
const LOG = '{"level":"info","time":"2026-11-23T12:00:00.000Z","msg":"listening"}';

describe('kubectl runevault audit verify', () => {
	let directory = '';
	before(() => {
		directory = mkdtempSync(join(tmpdir(), 'verify-'));
	});
	after(() => rmSync(directory, { recursive: true }));

	const save = (name: string, lines: readonly string[], rest = ''): string => {
		const file = join(directory, name);
		writeFileSync(file, lines.map(line => `${line}\n`).join('') + rest);
		return file;
	};
	const verify = async (...argv: string[]) => {
		const { code, out, err, received } = await kubectl(['audit', 'verify', ...argv], {});
		assert.equal(received.length, 0, 'it asks no API server');
		return { code, out: out.replaceAll(`${directory}/`, '').replaceAll(/(\n )? +/g, ' '), err: err.replaceAll(`${directory}/`, '') };
	};

	it('[CLI-21] tells lines, times, chains and the end of a whole one', async () => {
		const { lines, end } = aChain(5);
		const { code, out, err } = await verify(save('whole.jsonl', lines));
		assert.deepEqual([code, err], [0, '']);
		assert.deepEqual(out.split('\n'), [
			'FILE LINES FIRST LAST SEGMENTS VERDICT',
			'whole.jsonl 5 2026-01-01T00:00:00Z 2026-01-01T00:04:00Z 1 ok',
			`last line: seq 5, sha256 ${end.hash}`,
			'',
		]);
	});

	const { lines } = aChain(5);
	const line = (index: number) => lines[index] ?? '';
	for (const [name, broken, message] of [
		['changed', lines.with(2, line(2).replace('team', 'tram')), /line 4: prev is not the SHA-256 of the line before/],
		['dropped', lines.toSpliced(2, 1), /line 3: seq is 4 and not 3/],
		['swapped', lines.with(1, line(2)).with(2, line(1)), /line 2: seq is 3 and not 2/],
		['repeated', lines.toSpliced(2, 0, line(2)), /line 4: seq is 3 and not 4/],
		['inserted', lines.toSpliced(2, 0, 'hello'), /line 3: is not JSON/],
		['emptied', lines.with(1, ''), /line 2: is not JSON/],
		['half a record', lines.with(1, '{"timestamp":"2026-01-01T00:00:00Z","seq":2}'), /line 2: is no audit record: prev: /],
		['the beginning is gone', lines.slice(1), /line 1: seq is 2: the beginning is missing/],
		['its first line is twice', [line(0), ...lines], /line 2: repeats line 1 of .*, where a chain begins/],
		['another chain in the middle', [...lines, ...aChain(2, 'x').lines], /line 6: a chain begins anew in the middle/],
		['a chain that begins wrong', [line(0).replace(/0{64}/, '1'.repeat(64))], /line 1: seq is 1, and prev is not 64 zeros/],
		['nothing', [], /there is no audit record in it/],
	] as const) {
		it(`[CLI-20] [CLI-21] ${name}: exit 1, and the first line that does not fit`, async () => {
			const { code, err, out } = await verify(save('broken.jsonl', broken));
			assert.equal(code, 1);
			assert.match(err, message);
			assert.match(err, /^kubectl runevault: [^\n]*\n$/);
			assert.match(out, name === 'nothing' ? /no records/ : /BROKEN at line/);
		});
	}

	it('[CLI-22] a series of files is one chain, oldest first; one that is missing or out of order shows', async () => {
		const [a, b, c, other] = [aChain(3), aChain(2, 's', aChain(3).end), aChain(2, 't', aChain(2, 's', aChain(3).end).end), aChain(2, 'o')];
		const files = [a, b, c].map((chain, i) => save(`audit-acme-0.00000${i + 1}.jsonl`, chain.lines));
		const [first = '', second = '', third = ''] = files;
		const whole = await verify(...files, save('audit-acme-1.000001.jsonl', other.lines));
		assert.equal(whole.code, 0, whole.err);
		assert.match(whole.out, /audit-acme-0\.000002\.jsonl 2 .* 1 ok, goes on from/);
		assert.match((await verify(first, third)).err, /000003\.jsonl line 1: seq is 6 and not 4: it does not go on from the file before/);
		assert.equal((await verify(first, third, second)).code, 1);
		assert.equal((await verify(second, third)).code, 1);
		const partial = await verify('--partial', second, third);
		assert.equal(partial.code, 0);
		assert.match(partial.out, /ok, goes on from seq 3, which is not/);
	});

	it('[CLI-22] a line without its end is told, and refused where a newer file goes on', async () => {
		const [a, b] = [aChain(3), aChain(2, 's', aChain(3).end)];
		const torn = save('torn.jsonl', a.lines, '{"timesta');
		const { code, out } = await verify(torn);
		assert.equal(code, 0);
		assert.match(out, /ok, 9 bytes of a line without its end/);
		assert.match((await verify(torn, save('next.jsonl', b.lines))).err, /torn\.jsonl line 4: is cut off, and a newer file goes on/);
	});

	it('[CLI-21] chains of several processes are told, when asked for', async () => {
		const file = save('restarts.jsonl', [...lines, ...aChain(2, 'x').lines, ...aChain(1, 'y').lines]);
		const { code, out } = await verify('--restarts', file);
		assert.equal(code, 0);
		assert.match(out, / 3 \(at 6, 8\) ok/);
	});

	it('[CLI-20] --logs skips what never was a record, and counts it; a record made into something else is missed', async () => {
		const mixed = [LOG, ...lines.slice(0, 2), 'Warning: something', ...lines.slice(2), LOG];
		assert.equal((await verify(save('mixed.log', mixed))).code, 1);
		const { code, out } = await verify('--logs', save('mixed.log', mixed));
		assert.equal(code, 0);
		assert.match(out, /^3 lines of other kinds were skipped$/m);
		const hidden = await verify('--logs', save('hidden.log', mixed.with(2, LOG)));
		assert.match(hidden.err, /line 5: seq is 3 and not 2/);
	});

	it('[CLI-20] --witness finds what the chain alone cannot: another end, and a log that was computed anew', async () => {
		const { lines: known, end } = aChain(5);
		const grown = [...known, ...aChain(3, 'later', end).lines];
		assert.equal((await verify('--witness', end.hash, save('grown.jsonl', grown))).code, 0);
		for (const changed of [known.slice(0, 4), known.with(4, line(4).replace('team', 'tram')), aChain(8, 'forged').lines]) {
			const file = save('changed.jsonl', changed);
			assert.equal((await verify(file)).code, 0);
			assert.match((await verify('--witness', end.hash, file)).err, /no line has the hash of --witness/);
		}
	});

	for (const [argv, message] of [
		['audit', /only verify is known/],
		['audit check x', /only verify is known, not check/],
		['audit verify', /no FILE/],
		['audit verify a a', /a is named twice/],
		['audit verify a -n rune', /--namespace is no option/],
		['audit verify a --no-wait', /--no-wait is no option/],
		['audit verify a --witness 12', /--witness must be 64 hex digits/],
		['status --logs', /status: --logs is no option/],
	] as const) {
		it(`[CLI-5] [CLI-22] ${argv} exits with 2 and says ${message.source}`, async () => {
			const { code, err } = await kubectl(argv.split(' '), {});
			assert.equal(code, 2);
			assert.match(err, message);
		});
	}

	it('[CLI-22] a file that cannot be read, or has no lines, is one line and exit 1', async () => {
		assert.match((await verify('/nonexistent')).err, /^kubectl runevault: cannot read \/nonexistent: ENOENT[^\n]*\n$/);
		assert.match((await verify(save('endless', [], 'x'.repeat(1_100_000)))).err, /endless: a line is longer than any audit record/);
	});

	it('[CLI-22] the program reads standard input, in a place without any cluster', () => {
		const env = { PATH: process.env.PATH, HOME: '/nowhere' };
		const runOn = (input: string) => spawnSync(process.execPath, [MAIN, 'audit', 'verify', '-'], { env, encoding: 'utf8', input });
		const good = runOn(`${lines.join('\n')}\n`);
		assert.deepEqual([good.status, good.stderr], [0, '']);
		assert.match(good.stdout, /^\(standard input\) +5 /m);
		assert.equal(runOn('junk\n').status, 1);
	});
});
