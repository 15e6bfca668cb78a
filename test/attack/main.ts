/**
 * `make attack`: the attacks at length, against a Vault without and with its protections, through the tool itself. Prints a table and writes
 * build/reports/attack.json. CALLS=10000 sets the length of the weakened attack.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { protectionSchema } from '../../crds/protection.ts';
import { HAMMING_WEIGHT, N } from '../../fhe/params.ts';
import { loadSeal } from '../../fhe/seal.ts';
import { answerBits } from '../../vault/ledger/bits.ts';
import { guardBound } from '../../vault/protect/guard.ts';
import { remainingNoise } from '../../vault/protect/shards.ts';
import { renderTable } from '../cluster/table.ts';
import { newKeyring, protectedConfig, testConfig } from '../unit/vault/builders.ts';
import { recoverByIndices } from './by-indices.ts';
import { coordinates, level0, level1, recoverByScores } from './by-scores.ts';
import { counted, indicesOnly, type Oracle, ROWS, refusable, toolOracle } from './oracle.ts';
import { matches } from './ternary.ts';
import { expectedAccuracy, learnedBits, readSigns, signAccuracy } from './weakened.ts';

const DIMENSION = 1024;
const GUARD_ROWS = 16;
const DEFAULT_NOISE = Number(protectionSchema.parse({}).smudge);
const NOISES = [1e-4, 1e-3, DEFAULT_NOISE, 1e-2];
/** How many keys the default is tried on: one key's share of right signs is off by a percent by chance. */
const KEYS = 4;
const calls = Number(process.env.CALLS ?? 10_000);
if (!Number.isInteger(calls) || calls < 1) throw new Error('CALLS must be a positive number');

const seal = await loadSeal();
const open = testConfig();
using attacked = await newKey();
const { keyring } = attacked;
const key = attacked.secretKey.coefficients();

const full: [string, (oracle: Oracle) => Promise<(number | undefined)[]>][] = [
	['ten scores of level 1', oracle => recoverByScores(oracle, level1)],
	['ten scores of level 0', oracle => recoverByScores(oracle, level0)],
	['coordinates of Query blobs', oracle => recoverByScores(oracle, coordinates)],
	['places of the best ten rows', oracle => recoverByIndices(seal, indicesOnly(oracle))],
];

async function fullStrength([name, recover]: (typeof full)[number]) {
	const free = counted(toolOracle(keyring, open));
	const right = matches(await recover(free.ask), key);
	const guarded = refusable(toolOracle(keyring, testConfig(protectedConfig())));
	const held = counted(guarded.ask);
	const kept = matches(await recover(held.ask), key);
	return { name, calls: free.calls, right, protectedCalls: held.calls, refused: guarded.refusals.length, protectedRight: kept };
}

async function weakened(smudge: number) {
	const { protection } = protectedConfig({ smudge });
	const options = { dimension: DIMENSION, guardRows: GUARD_ROWS, bound: guardBound(DIMENSION), calls };
	const accuracies: number[] = [];
	let refused = 0;
	for (let i = 0; i < (smudge === DEFAULT_NOISE ? KEYS : 1); i++) {
		using fresh = await newKey();
		const { ask, refusals } = refusable(toolOracle(fresh.keyring, testConfig({ protection })));
		accuracies.push(signAccuracy(await readSigns(seal, ask, options), fresh.secretKey.coefficients()));
		refused += refusals.length;
	}
	const accuracy = accuracies.reduce((sum, each) => sum + each, 0) / accuracies.length;
	const charged = answerBits({ returned: ROWS, candidates: N, range: 'level0' }, remainingNoise({ ...protection, dimension: DIMENSION }));
	return {
		smudge,
		calls,
		keys: accuracies.length,
		refused,
		accuracy,
		worst: Math.max(...accuracies),
		expected: expectedAccuracy(options, smudge),
		learnedBits: learnedBits(accuracy, HAMMING_WEIGHT),
		ledgerBits: charged * calls,
	};
}

async function newKey() {
	const { keyring, secretKey } = await newKeyring(open);
	const dispose = () => {
		keyring[Symbol.dispose]();
		secretKey[Symbol.dispose]();
	};
	return { keyring, secretKey, [Symbol.dispose]: dispose };
}

const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
const report = { full: [] as Awaited<ReturnType<typeof fullStrength>>[], weakened: [] as Awaited<ReturnType<typeof weakened>>[] };
for (const attack of full) report.full.push(await fullStrength(attack));
console.log(
	renderTable(
		['full strength', 'unprotected', 'protected'],
		report.full.map(row => [
			row.name,
			`${row.right} of ${N} in ${row.calls} calls`,
			`${row.refused} of ${row.protectedCalls} calls refused, ${row.protectedRight} of ${N}`,
		]),
	),
);
for (const smudge of NOISES) report.weakened.push(await weakened(smudge));
console.log(
	renderTable(
		['weakened, noise', 'calls', 'keys', 'refused', 'signs right', 'worst key', 'expected', 'learned (bits)', 'on account (bits)'],
		report.weakened.map(row => [
			String(row.smudge),
			String(row.calls),
			String(row.keys),
			String(row.refused),
			percent(row.accuracy),
			percent(row.worst),
			percent(row.expected),
			row.learnedBits.toFixed(1),
			row.ledgerBits.toFixed(1),
		]),
	),
);
await mkdir('build/reports', { recursive: true });
await writeFile('build/reports/attack.json', `${JSON.stringify(report, null, 2)}\n`);
