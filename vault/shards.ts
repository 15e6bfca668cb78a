/** From any blob a client may send to score vectors: what `decrypt_scores` and the offline `vault decrypt` have in common. */
import type { Decryptor } from '../fhe/decrypt.ts';
import { parseBlob } from '../fhe/formats/blob.ts';
import type { Ciphertext } from '../fhe/formats/ciphertext.ts';
import type { SearchResult } from '../fhe/formats/result.ts';
import type { Shard } from '../fhe/top-k.ts';
import type { ScoreRange } from './ledger/bits.ts';

/** The scores with what they were decrypted from. */
export type DecryptedShard = Shard & {
	dimension: number;
	ciphertexts: Ciphertext[];
	/** What its scores can be, which is how much each can tell of the key. Coordinates are those of the vector in a Query blob. */
	range: ScoreRange;
};

/** The score vectors of one blob. A message that names no shard counts as shard number `ordinal`. */
export function blobShards(bytes: Uint8Array, ordinal: number, decryptor: Decryptor): DecryptedShard[] {
	const decrypt = (shard: number, result: SearchResult): DecryptedShard => ({
		shard,
		scores: decryptor.scores(result),
		dimension: result.dimension,
		ciphertexts: result.chunks,
		range: rangeOf(result),
	});
	const blob = parseBlob(bytes);
	switch (blob.kind) {
		case 'score':
			return blob.shards.map(({ shard, result }) => decrypt(shard, result));
		case 'result':
			return [decrypt(ordinal, blob.result)];
		case 'query': {
			const { dimension, blocks } = blob.query;
			return [{ shard: ordinal, scores: decryptor.coordinates(blob.query), dimension, ciphertexts: blocks, range: 'coordinate' }];
		}
	}
}

const rangeOf = ({ chunks }: SearchResult): ScoreRange => (chunks.some(({ level }) => level === 1) ? 'level1' : 'level0');
