/**
 * The key by chosen ciphertexts, from nothing but which rows came back. Also for a cloud without a token: it answers a search with these
 * blobs, and the client fetches the metadata of exactly the best rows.
 *
 * The coefficients are cut into groups of seven trits. With a = unit·Σ 3^i·X^i the row at the last coefficient of a group decrypts to
 * unit·V, where V is the number whose balanced ternary digits are the group; b adds what the attacker likes to each row:
 *
 * - `TOP − unit·v` makes a guess: exactly if V = v the row has TOP, just below q/2. If V is smaller it is lower, and if V is larger the sum
 *   wraps to the negative end.
 * - 0 makes none: unit·3^7 is a little less than q, so no row comes near TOP by itself.
 *
 * All right guesses tie, and ties keep the order of shards and rows. So one call with up to 94 shards is a list of guesses, 94 for each group, and
 * the answer names the first ten that are right; what stands before the tenth and was not named is wrong and never tried again. One
 * more row, of a value between a right and a wrong guess, marks where the right ones end. Ten groups a call: 586 groups, 59 calls.
 */
import { type ScoreShard, writeScore } from '../../fhe/formats/score.ts';
import { layout, N, Q, rowCoefficient } from '../../fhe/params.ts';
import { type Polynomial, ringQ } from '../../fhe/ring.ts';
import { type Seal, transformToNtt } from '../../fhe/seal.ts';
import { type IndexOracle, type Place, ROWS } from './oracle.ts';
import { digitsOf, largest } from './ternary.ts';

const GROUP = 7;
const GUESSES = 3 ** GROUP;
const UNIT = Q / BigInt(GUESSES + 4);
const TOP = Q / 2n - UNIT / 4n;
/** Ciphertexts of 64 KiB, in base64, that fit into a body of 8 MiB. */
const MAX_SHARDS = 94;
const SHARDS_PER_BLOB = 64;
/** The shard of the mark, behind all others. */
const MARK = 1_000_000;
const DIMENSION = 32;

type Group = {
	/** Its first coefficient. */
	start: number;
	/** The row that decrypts to it. */
	row: number;
	/** Guesses that were wrong. */
	tried: number;
	value?: number;
};

/** @returns the 4,096 coefficients; undefined where no guess was right. */
export async function recoverByIndices(seal: Seal, oracle: IndexOracle): Promise<(number | undefined)[]> {
	const groups = cutIntoGroups();
	const a = windows();
	for (;;) {
		const open = groups.filter(({ value, tried }) => value === undefined && tried < GUESSES);
		if (open.length === 0) break;
		const shards = guesses(seal, open, a);
		learn(open, await oracle(messages([...shards, mark(seal)])), shards.length);
	}
	const key = new Array<number | undefined>(N).fill(undefined);
	for (const { start, value } of groups) {
		if (value === undefined) continue;
		// The row is at the last coefficient of the group, which therefore weighs least.
		for (const [i, digit] of digitsOf(value, GROUP).entries()) key[start + GROUP - 1 - i] = digit;
	}
	return key;
}

/** The last group overlaps the one before, so that none reaches beyond X^4095. */
function cutIntoGroups(): Group[] {
	const shape = layout(DIMENSION);
	const rowAt = new Map(Array.from({ length: N }, (_, row) => [rowCoefficient(row, shape), row]));
	return Array.from({ length: Math.ceil(N / GROUP) }, (_, i) => {
		const start = Math.min(i * GROUP, N - GROUP);
		return { start, row: rowAt.get(start + GROUP - 1) ?? 0, tried: 0 };
	});
}

function windows(): Polynomial {
	const a = new BigUint64Array(N);
	for (let i = 0; i < GROUP; i++) a[i] = UNIT * 3n ** BigInt(i);
	ringQ.forward(a);
	return a;
}

/** Shard i holds guess `tried + i` of each open group. As many shards as will likely have ten right guesses, and half as many again. */
function guesses(seal: Seal, open: readonly Group[], a: Polynomial): ScoreShard[] {
	const rightPerShard = open.reduce((sum, { tried }) => sum + 1 / (GUESSES - tried), 0);
	const count = Math.min(MAX_SHARDS, Math.ceil((1.5 * ROWS) / rightPerShard), GUESSES - Math.min(...open.map(({ tried }) => tried)));
	const offsets = Array.from({ length: count }, (_, shard) => {
		const b = new BigUint64Array(N);
		for (const { start, tried } of open) {
			const guess = tried + shard;
			if (guess < GUESSES) b[start + GROUP - 1] = (((TOP - UNIT * BigInt(guessed(guess))) % Q) + Q) % Q;
		}
		return b;
	});
	return transformToNtt(seal, offsets).map((b, shard) => shardOf(shard, N, a, b));
}

/** One row below every right guess and above every wrong one. */
function mark(seal: Seal): ScoreShard {
	const b = new BigUint64Array(N);
	b[0] = TOP - UNIT / 2n;
	const [transformed = b] = transformToNtt(seal, [b]);
	return shardOf(MARK, 1, new BigUint64Array(N), transformed);
}

function shardOf(shard: number, rows: number, a: Polynomial, b: Polynomial): ScoreShard {
	return { shard, result: { rows, dimension: DIMENSION, level: 0, chunks: [{ level: 0, a: { q: a }, b: { q: b } }] } };
}

/** Blobs of as many shards as one may have. */
function messages(shards: readonly ScoreShard[]): Uint8Array[] {
	return Array.from({ length: Math.ceil(shards.length / SHARDS_PER_BLOB) }, (_, blob) =>
		writeScore({ id: '', shards: shards.slice(blob * SHARDS_PER_BLOB, (blob + 1) * SHARDS_PER_BLOB) }),
	);
}

/** Right guesses give a group its value; of the others those count as wrong that the answer would have named. */
function learn(open: readonly Group[], answer: readonly Place[], shards: number): void {
	const end = answer.findIndex(({ shard }) => shard === MARK);
	const right = end === -1 ? answer : answer.slice(0, end);
	const last = end === -1 ? right.at(-1) : undefined;
	const byRow = new Map(open.map(group => [group.row, group]));
	for (const { shard, row } of right) {
		const group = byRow.get(row);
		if (group !== undefined) group.value = guessed(group.tried + shard);
	}
	for (const group of open) {
		const beyond = last === undefined ? shards : last.shard + (group.row <= last.row ? 1 : 0);
		group.tried += beyond;
	}
}

/** Guesses count from 0; values lie around zero. */
function guessed(guess: number): number {
	return guess - largest(GROUP);
}
