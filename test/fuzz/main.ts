/**
 * `make fuzz SECONDS=60 TARGET=query`: so many seconds over all targets, or over those whose name holds TARGET. An input that breaks the
 * property goes to build/fuzz/, and the exit code is 1. SEED repeats a run, but for what the clock decides.
 */
import { campaign } from './campaign.ts';
import { startCoverage } from './coverage.ts';
import { rpcTarget } from './rpc.ts';
import { parsers } from './targets.ts';

// Not from the environment: SECONDS is a variable of bash's own.
const seconds = Number(process.argv[2]);
const { TARGET = '' } = process.env;
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 32);
const all = [...parsers(), await rpcTarget()];
const chosen = all.filter(({ name }) => name.includes(TARGET));
if (chosen.length === 0 || !(seconds > 0) || !Number.isSafeInteger(seed)) {
	console.error(`SECONDS and SEED must be numbers, TARGET a part of ${all.map(({ name }) => name).join(', ')}`);
	process.exit(2);
}
console.log(`${chosen.length} targets, ${seconds} s, SEED=${seed}`);
const coverage = startCoverage();
const found = await campaign(chosen, { coverage, seconds, seed, directory: 'build/fuzz', say: line => console.log(line) });
coverage.close();
for (const { close } of all) await close?.();
console.log(`${found} findings`);
process.exitCode = found > 0 ? 1 : 0;
