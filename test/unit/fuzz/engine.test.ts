/** That the fuzzer finds what it is for, and that its targets run: a moment each, so that it cannot rot. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { campaign } from '../../fuzz/campaign.ts';
import { type Coverage, startCoverage } from '../../fuzz/coverage.ts';
import { fuzz, type Target } from '../../fuzz/engine.ts';
import { seededRandom } from '../../fuzz/mutate.ts';
import { rpcTarget } from '../../fuzz/rpc.ts';
import { parsers } from '../../fuzz/targets.ts';

const planted = (name: string, run: Target['run']): Target => ({
	name,
	seeds: [new Uint8Array(4)],
	isAllowed: error => error instanceof RangeError,
	run,
});

/** A fault behind three conditions, which chance alone does not meet at once. */
function hidden(bytes: Uint8Array): void {
	if (bytes[0] !== 0x7f) throw new RangeError('first');
	if (bytes[1] !== 0x80) throw new RangeError('second');
	if (bytes[2] !== 0xff) throw new RangeError('third');
	throw new TypeError('found');
}

describe('the fuzzer', () => {
	let coverage: Coverage;
	before(() => {
		coverage = startCoverage(url => url === import.meta.url);
	});
	after(() => coverage.close());
	const run = (target: Target, milliseconds: number) =>
		fuzz(target, { coverage, random: seededRandom(1), deadline: performance.now() + milliseconds, maxFindings: 1 });

	it('[FUZ-2] follows coverage to an error that may not be', { timeout: 20_000 }, async () => {
		const { findings } = await run(planted('hidden', hidden), 15_000);

		assert.match(findings[0]?.problem ?? '', /^TypeError: found at .*hidden /);
	});

	it('[FUZ-2] tells of time and memory out of proportion', async () => {
		const spin = () => {
			const before = process.cpuUsage();
			while (process.cpuUsage(before).user < 150_000);
		};
		assert.deepEqual(
			(await run(planted('slow', spin), 0)).findings.map(({ problem }) => problem),
			['time out of proportion'],
		);
		const held: Uint8Array[] = [];
		const large = planted('large', () => held.push(new Uint8Array(32 * 1024 * 1024)));
		assert.deepEqual(
			(await run(large, 0)).findings.map(({ problem }) => problem),
			['memory out of proportion'],
		);
	});

	it('[FUZ-3] writes what it found to a file and counts it', async () => {
		const directory = await mkdtemp(join(tmpdir(), 'fuzz-'));
		const said: string[] = [];
		const target = planted('broken', () => {
			throw new TypeError('at once');
		});
		const found = await campaign([target], { coverage, seconds: 0.01, seed: 7, directory, say: line => said.push(line) });
		assert.equal(found, 1);
		assert.deepEqual(await readdir(directory), ['broken-7-0']);
		assert.deepEqual(await readFile(join(directory, 'broken-7-0')), Buffer.alloc(4));
		assert.match(said.join('\n'), /TypeError: at once/);
		await rm(directory, { recursive: true });
	});
});

describe('fuzz targets', () => {
	let coverage: Coverage;
	before(() => {
		coverage = startCoverage();
	});
	after(() => coverage.close());

	for (const target of parsers()) {
		it(`[FUZ-1] ${target.name}: takes its seeds, and stands a few changes of them`, async () => {
			assert.ok(target.seeds.length > 0);
			// A whole EvalKey has megabytes: its seed is an archive that is right up to the size of its one file.
			if (target.name !== 'eval-key') for (const seed of target.seeds) await target.run(Uint8Array.from(seed));
			const { findings } = await fuzz(target, { coverage, random: seededRandom(1), deadline: performance.now() + 30 });
			assert.deepEqual(
				findings.map(({ problem }) => problem),
				[],
			);
		});
	}

	it('[FUZ-1] rpc: takes its seeds, and stands a few changes of them', async () => {
		const target = await rpcTarget();
		const { findings } = await fuzz(target, { coverage, random: seededRandom(1), deadline: performance.now() + 300 });
		await target.close?.();
		assert.deepEqual(
			findings.map(({ problem }) => problem),
			[],
		);
	});
});
