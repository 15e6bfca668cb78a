/** From any blob a client may send to score vectors: what `decrypt_scores` and the offline `vault decrypt` have in common. */
import type { Decryptor } from '../fhe/decrypt.ts';
import { parseBlob } from '../fhe/formats/blob.ts';
import type { Shard } from '../fhe/top-k.ts';

/** The score vectors of one blob. A message that names no shard counts as shard number `ordinal`. */
export function blobShards(bytes: Uint8Array, ordinal: number, decryptor: Decryptor): Shard[] {
	const blob = parseBlob(bytes);
	switch (blob.kind) {
		case 'score':
			return blob.shards.map(({ shard, result }) => ({ shard, scores: decryptor.scores(result) }));
		case 'result':
			return [{ shard: ordinal, scores: decryptor.scores(blob.result) }];
		case 'query':
			return [{ shard: ordinal, scores: decryptor.coordinates(blob.query) }];
	}
}
