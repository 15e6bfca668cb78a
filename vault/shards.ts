/** From any blob a client may send to score vectors: what `decrypt_scores` and the offline `vault decrypt` have in common. */
import type { Decryptor } from '../fhe/decrypt.ts';
import { parseBlob } from '../fhe/formats/blob.ts';
import type { Ciphertext } from '../fhe/formats/ciphertext.ts';
import type { SearchResult } from '../fhe/formats/result.ts';
import type { Shard } from '../fhe/top-k.ts';

/** The scores with what they were decrypted from. Coordinates are those of the vector in a Query blob, and no scores of rows. */
export type DecryptedShard = Shard & { dimension: number; ciphertexts: Ciphertext[]; areCoordinates: boolean };

/** The score vectors of one blob. A message that names no shard counts as shard number `ordinal`. */
export function blobShards(bytes: Uint8Array, ordinal: number, decryptor: Decryptor): DecryptedShard[] {
	const decrypt = (shard: number, result: SearchResult): DecryptedShard => ({
		shard,
		scores: decryptor.scores(result),
		dimension: result.dimension,
		ciphertexts: result.chunks,
		areCoordinates: false,
	});
	const blob = parseBlob(bytes);
	switch (blob.kind) {
		case 'score':
			return blob.shards.map(({ shard, result }) => decrypt(shard, result));
		case 'result':
			return [decrypt(ordinal, blob.result)];
		case 'query': {
			const { dimension, blocks } = blob.query;
			return [{ shard: ordinal, scores: decryptor.coordinates(blob.query), dimension, ciphertexts: blocks, areCoordinates: true }];
		}
	}
}
