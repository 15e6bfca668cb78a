/**
 * `node scripts/test.ts [tier…]`: the tiers of `make test`, each with its preparation, one summary, `build/reports/test.json`.
 *
 * Ends with `N passed, N failed, N skipped` alone on the last line, and exits non-zero when a test failed or a tier ran none.
 */
import { glob, mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { run } from 'node:test';
import { renderTable } from '../test/cluster/table.ts';
import { runGate } from './gate.ts';
import { type Counts, closingLine, exitCode, type Failure, rows, type TierResult, toResult, withoutTests } from './summary.ts';
import { type Gate, type Tier, tiers } from './tiers.ts';

const say = (line: string): void => console.log(line);
const here = (file: string | undefined): string => (file === undefined ? '' : relative(process.cwd(), file));

/** The innermost message of a failed test, with the first lines of its stack. */
function messageOf(error: unknown): string {
	const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
	if (!(cause instanceof Error)) return String(cause);
	return (cause.stack ?? cause.message).split('\n').slice(0, 12).join('\n');
}

function tellFailure({ name, file, message }: Failure): void {
	say(`  ✗ ${name}${file ? ` (${file})` : ''}`);
	for (const line of message.split('\n')) say(`      ${line}`);
}

/** Runs gates in order. @param stopsAtFailure for those of which each needs the one before */
async function runGates(
	gates: readonly Gate[],
	isLive: boolean,
	stopsAtFailure: boolean,
): Promise<{ passed: number; failures: Failure[] }> {
	let passed = 0;
	const failures: Failure[] = [];
	for (const gate of gates) {
		const { hasPassed, output, seconds } = await runGate(gate, isLive);
		if (hasPassed) {
			passed++;
			say(`  ✓ ${gate.name} ${seconds.toFixed(1)} s`);
			continue;
		}
		const failure = { name: gate.name, file: gate.command.join(' '), message: output };
		tellFailure(isLive ? { ...failure, message: '' } : failure);
		failures.push(failure);
		if (stopsAtFailure) break;
	}
	return { passed, failures };
}

async function runTests({ globs, isParallel, timeoutMs }: Tier): Promise<Omit<TierResult, 'tier' | 'seconds'>> {
	const files: string[] = [];
	for await (const file of glob([...globs])) files.push(file);
	const failures: Failure[] = [];
	let counts: Counts | undefined;
	if (files.length === 0) return { passed: 0, failed: 0, skipped: 0, failures };
	const errorOutput = new Map<string, string>();
	const events = run({ files: files.sort(), concurrency: isParallel ? availableParallelism() : 1, timeout: timeoutMs });
	events.on('test:fail', ({ name, file, details }) => {
		if ('failureType' in details.error && details.error.failureType === 'subtestsFailed') return;
		const failure = { name, file: here(file), message: messageOf(details.error) };
		failures.push(failure);
		tellFailure(failure);
	});
	events.on('test:stderr', ({ file, message }) => errorOutput.set(file, (errorOutput.get(file) ?? '') + message));
	events.on('test:summary', ({ file, success, counts: found, duration_ms }) => {
		if (file === undefined) {
			counts = found;
			return;
		}
		say(`  ${success ? '✓' : '✗'} ${here(file)} ${found.tests} tests, ${(duration_ms / 1000).toFixed(1)} s`);
		if (!success) process.stderr.write(errorOutput.get(file) ?? '');
	});
	for await (const _ of events) {
		// The stream must be read to its end; the listeners above have seen each event.
	}
	return { ...(counts ? toResult(counts) : { passed: 0, failed: 0, skipped: 0 }), failures };
}

async function runTier(tier: Tier): Promise<TierResult> {
	const started = performance.now();
	say(`\n${tier.name}`);
	const prepared = await runGates(tier.prepare, true, true);
	const gates = await runGates(tier.gates, false, false);
	const tests = prepared.failures.length > 0 ? { passed: 0, failed: 0, skipped: 0, failures: [] } : await runTests(tier);
	const finished = await runGates(tier.finish, true, false);
	const unexpected = [...prepared.failures, ...gates.failures, ...finished.failures];
	return withoutTests({
		tier: tier.name,
		passed: gates.passed + tests.passed,
		failed: unexpected.length + tests.failed,
		skipped: tests.skipped,
		seconds: (performance.now() - started) / 1000,
		failures: [...unexpected, ...tests.failures],
	});
}

const all = tiers(process.env);
const asked = process.argv.slice(2);
const unknown = asked.filter(name => !all.some(tier => tier.name === name));
if (unknown.length > 0) {
	console.error(`no tier ${unknown.join(', ')}: there are ${all.map(tier => tier.name).join(', ')}`);
	process.exit(2);
}
const results: TierResult[] = [];
for (const tier of all) if (asked.length === 0 || asked.includes(tier.name)) results.push(await runTier(tier));
await mkdir('build/reports', { recursive: true });
await writeFile('build/reports/test.json', `${JSON.stringify({ tiers: results }, null, 2)}\n`);
const failures = results.flatMap(result => result.failures);
if (failures.length > 0) say(`\nfailed:\n${failures.map(({ name, file }) => `  ✗ ${name} (${file})`).join('\n')}`);
say(`\n${renderTable(['TIER', 'PASSED', 'FAILED', 'SKIPPED', 'SECONDS'], rows(results))}\n`);
say(closingLine(results));
process.exitCode = exitCode(results);
