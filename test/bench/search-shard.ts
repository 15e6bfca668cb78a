/** What a search over a whole shard answers, as the stand-in for the search service makes it: input for a Vault that is measured. */
import { deriveEncKey, deriveEvalKey } from '../../fhe/derive.ts';
import { createEncryptor } from '../../fhe/encrypt.ts';
import { parseEvalKey } from '../../fhe/formats/eval-key.ts';
import { parseQuery } from '../../fhe/formats/query.ts';
import { writeScore } from '../../fhe/formats/score.ts';
import { isGuardRow } from '../../fhe/guard-rows.ts';
import { N } from '../../fhe/params.ts';
import { loadSeal } from '../../fhe/seal.ts';
import type { SecretKey } from '../../fhe/secret-key.ts';
import { createVectorIndex } from '../envector/vector-index.ts';
import { createPooledEncryptor, unitVectors } from '../unit/envector/items.ts';

export const DIMENSION = 64;
const GUARD_ROWS = 16;

/** The result blob of one query over 4,096 rows with guard rows; its size does not depend on the dimension. */
export async function searchShard(secretKey: SecretKey): Promise<Uint8Array> {
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
