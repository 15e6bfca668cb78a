/** From any blob a client may send to score vectors: what `decrypt_scores` and the offline `vault decrypt` have in common. */
import type { Decryptor } from '../fhe/decrypt.ts';
import { parseBlob } from '../fhe/formats/blob.ts';
import type { SearchResult } from '../fhe/formats/result.ts';
import type { Shard } from '../fhe/top-k.ts';
import type { ScoreRange } from './ledger/bits.ts';

/** `range`: what its scores can be, which is how much each can tell of the key. */
export type ScoredShard = Shard & { range: ScoreRange };

/** The score vectors of one blob. A message that names no shard counts as shard number `ordinal`. */
export function blobShards(bytes: Uint8Array, ordinal: number, decryptor: Decryptor): ScoredShard[] {
	const blob = parseBlob(bytes);
	switch (blob.kind) {
		case 'score':
			return blob.shards.map(({ shard, result }) => ({ shard, scores: decryptor.scores(result), range: rangeOf(result) }));
		case 'result':
			return [{ shard: ordinal, scores: decryptor.scores(blob.result), range: rangeOf(blob.result) }];
		case 'query':
			return [{ shard: ordinal, scores: decryptor.coordinates(blob.query), range: 'coordinate' }];
	}
}

const rangeOf = ({ chunks }: SearchResult): ScoreRange => (chunks.some(({ level }) => level === 1) ? 'level1' : 'level0');
