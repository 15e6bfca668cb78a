/**
 * One index of the stand-in for enVector Cloud: encrypted vectors, searched with an encrypted query. It never holds a secret key; every
 * step is arithmetic on ciphertexts, in SEAL.
 *
 * Storing (RMP packing): a vector arrives as one ciphertext a block, its coordinates at coefficients 0…rank−1. Multiplied by X^(rank·slot)
 * and added to its group's ciphertexts, 4096/rank vectors share one ciphertext a block.
 *
 * Searching, for each group: the sum over blocks of item × query has the inner product of slot j at coefficient rank·j + rank−1 (the query's
 * coordinates are reversed). One relinearisation brings it back to (a, b). Then `rank` groups become one ciphertext, group g at coefficients
 * rank·j + g (mod-packing): the b of all of them are gathered coefficient by coefficient, and for each i < rank the coefficients
 * rank·j + i of all a are gathered into one polynomial, which key i of EvalKey switches back under s.
 */
import type { PublicPair } from '../../fhe/formats/enc-key.ts';
import type { EvalKey } from '../../fhe/formats/eval-key.ts';
import type { QueryBlob } from '../../fhe/formats/query.ts';
import type { ScoreShard } from '../../fhe/formats/score.ts';
import { ITEM_SCALE_BITS, layout, N, QUERY_SCALE_BITS, SCORE_SCALE_BITS } from '../../fhe/params.ts';
import type { Polynomial } from '../../fhe/ring.ts';
import {
	type Ciphertext,
	exportCiphertext,
	importCiphertext,
	importPlaintext,
	importRelinKeys,
	type Plaintext,
	type RelinKeys,
	type Seal,
	transformToNtt,
} from '../../fhe/seal.ts';
import { ApiError } from './errors.ts';

/** What a score message may hold: 64 shards of 4,096 rows. */
const MAX_ROWS = 64 * N;

export type VectorIndex = Disposable & {
	readonly dimension: number;
	readonly size: number;
	/** @throws ApiError 400 when the key is for another dimension. */
	useEvalKey(key: EvalKey): void;
	/** Stores a vector; answers with its row. @throws ApiError 400 for another dimension or encoding, 409 when full. */
	insert(item: QueryBlob): number;
	/** Encrypted scores of all rows, a shard for each 4,096. @throws ApiError 400 for another query, 409 when empty or without an evaluation key. */
	search(query: QueryBlob): ScoreShard[];
};

type Keys = { relin: RelinKeys; modPack: RelinKeys[] };

export function createVectorIndex(seal: Seal, dimension: number): VectorIndex {
	const { padRank, itemsPerBlock } = layout(dimension);
	const { evaluator } = seal.ckks;
	const shifts = monomials(seal, padRank, itemsPerBlock);
	const groups: Ciphertext[][] = [];
	let keys: Keys | undefined;
	let size = 0;

	const store = (group: Ciphertext[], block: number, ciphertext: Ciphertext, slot: number): void => {
		const shift = shifts[slot];
		if (shift !== undefined) evaluator.multiplyPlainInplace(ciphertext, shift);
		const sum = group[block];
		if (sum === undefined) {
			group[block] = ciphertext;
			return;
		}
		evaluator.addInplace(sum, ciphertext);
		ciphertext.delete();
	};

	return {
		dimension,
		get size() {
			return size;
		},
		useEvalKey: key => {
			if (key.rank !== padRank) throw new ApiError(400, 'body', `an evaluation key of rank ${padRank} is needed, this one has ${key.rank}`);
			if (keys !== undefined) release(keys);
			keys = { relin: importRelinKeys(seal, key.relin), modPack: key.modPack.map((pair: PublicPair) => importRelinKeys(seal, pair)) };
		},
		insert: item => {
			checkVector(item, 'item', dimension, 'vector_b64');
			if (size === MAX_ROWS) throw new ApiError(409, 'items', 'the index is full');
			const group = Math.floor(size / itemsPerBlock);
			groups[group] ??= [];
			for (const [block, { a, b }] of item.blocks.entries()) {
				const ciphertext = importCiphertext(seal, [b.q, a.q], true, 2 ** ITEM_SCALE_BITS);
				store(groups[group], block, ciphertext, size % itemsPerBlock);
			}
			return size++;
		},
		search: query => {
			checkVector(query, 'query', dimension, 'query_b64');
			if (keys === undefined) throw new ApiError(409, 'eval-key', 'the index has no evaluation key yet');
			if (size === 0) throw new ApiError(409, 'name', 'the index is empty');
			const { relin, modPack } = keys;
			const queries = query.blocks.map(({ a, b }) => importCiphertext(seal, [b.q, a.q], true, 2 ** QUERY_SCALE_BITS));
			const shards: ScoreShard[] = [];
			for (let first = 0; first < groups.length; first += padRank) {
				const products = groups.slice(first, first + padRank).map(group => innerProducts(seal, group, queries, relin));
				const chunk = modPackGroups(seal, products, padRank, modPack);
				const rows = Math.min(N, size - shards.length * N);
				shards.push({
					shard: shards.length,
					result: { rows, dimension, level: 0, chunks: [{ level: 0, a: { q: chunk.a }, b: { q: chunk.b } }] },
				});
			}
			for (const ciphertext of queries) ciphertext.delete();
			return shards;
		},
		[Symbol.dispose]: () => {
			for (const handle of [...groups.flat(), ...shifts]) handle?.delete();
			if (keys !== undefined) release(keys);
		},
	};
}

/** X^(rank·slot) for every slot but the first, as plaintexts of scale 1. */
function monomials(seal: Seal, rank: number, slots: number): (Plaintext | undefined)[] {
	const powers = Array.from({ length: slots }, (_, slot) => {
		const polynomial = new BigUint64Array(N);
		polynomial[slot * rank] = 1n;
		return polynomial;
	});
	return transformToNtt(seal, powers).map((values, slot) => (slot === 0 ? undefined : importPlaintext(seal, values, 1)));
}

/** The sum over blocks of item × query for one group, relinearised, as coefficients. */
function innerProducts(seal: Seal, group: Ciphertext[], queries: Ciphertext[], relin: RelinKeys): { a: Polynomial; b: Polynomial } {
	const { library, ckks } = seal;
	using sum = new library.Ciphertext();
	using product = new library.Ciphertext();
	for (const [block, item] of group.entries()) {
		const query = queries[block] as Ciphertext;
		if (block === 0) {
			ckks.evaluator.multiply(item, query, sum);
		} else {
			ckks.evaluator.multiply(item, query, product);
			ckks.evaluator.addInplace(sum, product);
		}
	}
	ckks.evaluator.relinearizeInplace(sum, relin);
	ckks.evaluator.cipherTransformFromNttInplace(sum);
	return exportCiphertext(seal, sum);
}

/** Up to `rank` group products into one ciphertext in NTT form; see the head of this file. */
export function modPackGroups(
	seal: Seal,
	products: { a: Polynomial; b: Polynomial }[],
	rank: number,
	keys: RelinKeys[],
): { a: Polynomial; b: Polynomial } {
	const { library, ckks } = seal;
	const gather = (polynomial: (product: { a: Polynomial; b: Polynomial }) => Polynomial, offset: number): Polynomial => {
		const gathered = new BigUint64Array(N);
		for (const [group, product] of products.entries()) {
			const source = polynomial(product);
			for (let j = 0; j < N; j += rank) gathered[j + group] = source[j + offset] as bigint;
		}
		return gathered;
	};
	const gathered = gather(product => product.b, rank - 1);
	const pieces = Array.from({ length: rank }, (_, i) => gather(product => product.a, i));
	const [b = gathered, ...switched] = transformToNtt(seal, [gathered, ...pieces]);
	const zero = new BigUint64Array(N);
	using sum = new library.Ciphertext();
	for (const [i, piece] of switched.entries()) {
		using term = importCiphertext(seal, [i === 0 ? b : zero, zero, piece], true, 2 ** SCORE_SCALE_BITS);
		ckks.evaluator.relinearizeInplace(term, keys[i] as RelinKeys);
		if (i === 0) sum.assign(term);
		else ckks.evaluator.addInplace(sum, term);
	}
	return exportCiphertext(seal, sum);
}

/** @throws ApiError 400 naming `field` when the vector is not one that an index of this dimension takes. */
export function checkVector(
	{ encoding, dimension, level }: QueryBlob,
	wanted: QueryBlob['encoding'],
	wantedDimension: number,
	field: string,
): void {
	if (encoding !== wanted) throw new ApiError(400, field, `must be encoded as ${wanted}`);
	if (dimension !== wantedDimension) throw new ApiError(400, field, `must have dimension ${wantedDimension}, has ${dimension}`);
	if (level !== 0) throw new ApiError(400, field, 'must be of level 0');
}

function release({ relin, modPack }: Keys): void {
	for (const handle of [relin, ...modPack]) handle.delete();
}
