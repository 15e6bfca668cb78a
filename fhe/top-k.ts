/** The best rows over all shards of a search. */
export type Shard = { shard: number; scores: Float32Array };

export type Hit = {
	/** Ordinal of the row over all shards in the order given: rows of the shards before, plus `row_idx`. */
	index: number;
	shard_idx: number;
	/** Row within its shard. */
	row_idx: number;
	score: number;
};

/**
 * The `k` highest scores, best first; equal scores keep the order of shards and of rows within them, as the vendor's stable sort does.
 * A score that is not a number ranks below all others. Rows that `isSkipped` names are counted and not ranked.
 */
export function topK(shards: readonly Shard[], k: number, isSkipped: (row: number) => boolean = () => false): Hit[] {
	const hits: Hit[] = [];
	let before = 0;
	for (const { shard, scores } of shards) {
		for (let row = 0; row < scores.length; row++) {
			if (!isSkipped(row)) insert(hits, { index: before + row, shard_idx: shard, row_idx: row, score: scores[row] ?? 0 }, k);
		}
		before += scores.length;
	}
	return hits;
}

/** Keeps `hits` sorted and at most `k` long. Equal scores stay behind those already there. */
function insert(hits: Hit[], hit: Hit, k: number): void {
	if (hits.length >= k && !isBetter(hit, hits[hits.length - 1])) return;
	let at = hits.length;
	while (at > 0 && isBetter(hit, hits[at - 1])) at--;
	hits.splice(at, 0, hit);
	if (hits.length > k) hits.pop();
}

function isBetter(a: Hit, b: Hit | undefined): boolean {
	return b === undefined || a.score > b.score || (Number.isNaN(b.score) && !Number.isNaN(a.score));
}
