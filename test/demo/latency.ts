/** How long calls take as a client sees them, beside what the original documents promised. */
import type { Vault } from '../../client/vault.ts';
import { quantile, timed } from './measure.ts';
import type { Story } from './story.ts';

const PROMISED_MS = { get_public_key: 5, decrypt_scores: 50 };

/** Calls `get_public_key` and `decrypt_scores` `calls` times each, one after another, and tells p50 and p95. */
export async function tellLatencies(story: Story, vault: Vault, blob: Uint8Array, calls = 60): Promise<void> {
	const work = { get_public_key: () => vault.publicKey(), decrypt_scores: () => vault.decryptScores(blob, 5) };
	const rows: string[][] = [];
	for (const name of ['get_public_key', 'decrypt_scores'] as const) {
		const times: number[] = [];
		for (let i = 0; i < calls; i++) times.push((await timed<unknown>(work[name])).milliseconds);
		const [p50, p95] = [quantile(times, 0.5), quantile(times, 0.95)];
		story.figure(`${name}_p50_ms`, Number(p50.toFixed(2)));
		story.figure(`${name}_p95_ms`, Number(p95.toFixed(2)));
		rows.push([name, p50.toFixed(1), p95.toFixed(1), String(PROMISED_MS[name])]);
	}
	story.table(['call', 'p50 ms', 'p95 ms', 'promised ms'], rows);
}
