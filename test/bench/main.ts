/**
 * `make bench`: what the protections cost. One decrypt_scores over HTTP, with all of them (signed results required, guard rows, noise, the
 * account) and without, in turns in one run: the same 4,096 rows, the same key. Prints both and their ratio, and writes
 * build/reports/bench.json. CALLS=400 sets the number of pairs.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { deriveEncKey, deriveEvalKey } from '../../fhe/derive.ts';
import { createEncryptor } from '../../fhe/encrypt.ts';
import { parseEvalKey } from '../../fhe/formats/eval-key.ts';
import { parseQuery } from '../../fhe/formats/query.ts';
import { writeScore } from '../../fhe/formats/score.ts';
import { isGuardRow } from '../../fhe/guard-rows.ts';
import { N } from '../../fhe/params.ts';
import { loadSeal } from '../../fhe/seal.ts';
import type { SecretKey } from '../../fhe/secret-key.ts';
import { renderTable } from '../cluster/table.ts';
import { quantile, timed } from '../demo/measure.ts';
import { createSigner } from '../envector/signer.ts';
import { createVectorIndex } from '../envector/vector-index.ts';
import { createPooledEncryptor, unitVectors } from '../unit/envector/items.ts';
import { base64, newKeyring, protectedConfig, startVault, testConfig } from '../unit/vault/builders.ts';

const DIMENSION = 64;
const GUARD_ROWS = 16;
const WARM_UP = 50;
const calls = Number(process.env.CALLS ?? 400);
if (!Number.isInteger(calls) || calls < 1) throw new Error('CALLS must be a positive number');

/** The answer of a search over a whole shard; its size does not depend on the dimension. */
async function searchShard(secretKey: SecretKey): Promise<Uint8Array> {
	const seal = await loadSeal();
	const keys = { secretKey, encKey: deriveEncKey(secretKey), evalKey: (dimension: number) => deriveEvalKey(secretKey, dimension) };
	using index = createVectorIndex(seal, DIMENSION);
	using encryptor = createEncryptor(seal, keys.encKey, DIMENSION);
	index.useEvalKey(parseEvalKey(keys.evalKey(DIMENSION)));
	const encrypt = createPooledEncryptor(seal, keys);
	const zero = new Float32Array(DIMENSION);
	const [wanted = zero, ...vectors] = unitVectors('bench', N, DIMENSION);
	for (let row = 0; row < N; row++) {
		const isGuard = isGuardRow(row, DIMENSION, GUARD_ROWS);
		index.insert(isGuard ? parseQuery(encryptor.item(zero)) : encrypt(vectors[row] ?? wanted));
	}
	return writeScore({ id: 'memory', shards: index.search(parseQuery(encryptor.query(wanted))) });
}

const signer = createSigner();
const provenance = { mode: 'Required' as const, publicKeys: [signer.publicKey] };
const base = testConfig({ dimension: DIMENSION, limits: { topK: 10, callsPerMinute: 1_000_000, failedAuthPerMinute: 20 } });
const { keyring, secretKey } = await newKeyring(base);
const blob = await searchShard(secretKey);
secretKey[Symbol.dispose]();
const open = await startVault({ config: base, keyring });
const guarded = await startVault({ config: { ...base, ...protectedConfig({ provenance }) }, keyring });

async function call(running: typeof open, extra: Record<string, unknown>): Promise<number> {
	const { value, milliseconds } = await timed(() =>
		running.callTool('decrypt_scores', { encrypted_blob_b64: base64(blob), top_k: 10, ...extra }),
	);
	if (value.result?.isError !== undefined) throw new Error(`refused: ${value.result.content[0]?.text}`);
	return milliseconds;
}

const times = { without: [] as number[], with: [] as number[] };
for (let i = -WARM_UP; i < calls; i++) {
	const envelope = await signer.sign({ blob, index: 'memory', agent: 'team' });
	const without = await call(open, {});
	const withAll = await call(guarded, { provenance: envelope });
	if (i < 0) continue;
	times.without.push(without);
	times.with.push(withAll);
}
await Promise.all([open.close(), guarded.close()]);
keyring[Symbol.dispose]();

const figures = (['without', 'with'] as const).map(side => ({
	side,
	p50: quantile(times[side], 0.5),
	p95: quantile(times[side], 0.95),
}));
const [without = { p50: 0 }, withAll = { p50: 0 }] = figures;
const ratio = withAll.p50 / without.p50;
console.log(
	renderTable(
		['protections', 'p50 ms', 'p95 ms'],
		figures.map(({ side, p50, p95 }) => [side, p50.toFixed(2), p95.toFixed(2)]),
	),
);
console.log(`with all protections a call takes ${ratio.toFixed(2)} times as long (${(withAll.p50 - without.p50).toFixed(2)} ms more)`);
await mkdir('build/reports', { recursive: true });
await writeFile('build/reports/bench.json', `${JSON.stringify({ calls, rows: N, figures, ratio }, null, 2)}\n`);
