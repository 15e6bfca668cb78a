/**
 * Guard and smudge over all shards of a call. Both always run to the end, so that a refusal takes as long as an answer and says nothing of
 * which row was at fault.
 */
import { VaultError } from '../../fhe/errors.ts';
import { isGuardRow } from '../../fhe/guard-rows.ts';
import { layout } from '../../fhe/params.ts';
import { type Hit, topK } from '../../fhe/top-k.ts';
import type { VaultConfig } from '../config.ts';
import type { Noise } from '../ledger/bits.ts';
import type { DecryptedShard } from '../shards.ts';
import { guardBound, isGuarded } from './guard.ts';
import { smudge } from './smudge.ts';

export type ShardProtection = Pick<VaultConfig['protection'], 'guardRows' | 'smudge'> & { dimension: number };

/** The one text for every result that the guard refuses. */
const GUARD_REFUSAL = 'The result was refused: it is not the untouched answer of a search over an index with guard rows';

/** Whether every shard is what a search gives; with guard rows off, everything is. */
export function areGuarded(shards: readonly DecryptedShard[], protection: ShardProtection): boolean {
	if (protection.guardRows === 0) return true;
	return shards.map(shard => isGuarded(shard, protection)).every(Boolean) && haveGuardRows(shards, protection);
}

/** Whether these are results that have guard rows, good or bad. What has none may be a mistake, and is refused without an alarm. */
export function haveGuardRows(shards: readonly DecryptedShard[], { dimension }: ShardProtection): boolean {
	return shards.every(shard => shard.range !== 'coordinate' && shard.dimension === dimension);
}

/** What an answer may still tell of the key, for the ledger; undefined without guard rows or noise: then nothing bounds it. */
export function remainingNoise({ guardRows, smudge: deviation, dimension }: ShardProtection): Noise | undefined {
	if (guardRows === 0 || deviation === 0) return undefined;
	return { signal: guardBound(dimension), smudge: deviation, leverage: layout(dimension).itemsPerBlock / guardRows };
}

/** Adds noise to every score, in place. */
export function smudgeAll(shards: readonly DecryptedShard[], key: Uint8Array, { smudge: deviation }: ShardProtection): void {
	for (const shard of shards) smudge(shard, key, deviation);
}

/** The best `k` rows that are no guard rows, by scores as they are now. */
export function bestRows(shards: readonly DecryptedShard[], k: number, { guardRows, dimension }: ShardProtection): Hit[] {
	return topK(shards, k, row => isGuardRow(row, dimension, guardRows));
}

export function guardRefusal(): VaultError {
	return new VaultError('result_refused', GUARD_REFUSAL);
}
