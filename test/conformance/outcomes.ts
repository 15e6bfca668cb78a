/** Whether what came of a client's steps is right. Pure. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { vectorPath } from '../unit/vault/builders.ts';
import { type Outcome, type Step, steps } from './clients/program.ts';
import type { Revision } from './suite.ts';

const rowsSchema = z.array(z.object({ shard_idx: z.number(), row_idx: z.number(), score: z.number() }));
const scoresSchema = z.object({ results: rowsSchema });
const keySchema = z.object({ key_id: z.string(), 'EncKey.json': z.string().min(100_000) });
const toolNames = JSON.stringify(['get_public_key', 'decrypt_scores', 'decrypt_metadata', 'vault_status']);

/** What a search of the same vectors in plain finds. */
const wanted = rowsSchema.parse(JSON.parse(readFileSync(vectorPath('score-single.top10.json'), 'utf8')));
const TOLERANCE = 0.000_05;

const valueIn = (outcome: Outcome): unknown => ('value' in outcome ? outcome.value : undefined);
const errorIn = (outcome: Outcome): string => ('error' in outcome ? outcome.error : '');

const isRight: Record<Step, (outcome: Outcome) => boolean> = {
	list: outcome => JSON.stringify(valueIn(outcome)) === toolNames,
	'public key': outcome => keySchema.safeParse(valueIn(outcome)).success,
	decrypt: outcome => {
		const { data } = scoresSchema.safeParse(valueIn(outcome));
		return data?.results.length === wanted.length && data.results.every((row, at) => isSameRow(row, wanted[at]));
	},
	'bad token': outcome => /401|unauthorized/i.test(errorIn(outcome)),
	top_k: outcome => errorIn(outcome).includes('Rate Limit Exceeded: Max top_k is 10'),
	rate: outcome => /Rate limit exceeded: .* try again in \d+ s/.test(errorIn(outcome)),
};

type ScoredRow = z.infer<typeof rowsSchema>[number];

function isSameRow(row: ScoredRow, other: ScoredRow | undefined): boolean {
	return row.shard_idx === other?.shard_idx && row.row_idx === other.row_idx && Math.abs(row.score - other.score) <= TOLERANCE;
}

/**
 * One line for each step that did not go as it should, and one when the client did not speak the revision.
 *
 * @param seen the revisions on the wire
 */
export function problemsOf(outcomes: Record<Step, Outcome>, revision: Revision, seen: readonly string[]): string[] {
	const wrong = steps.filter(step => !isRight[step](outcomes[step]));
	const lines = wrong.map(step => `${step}: ${JSON.stringify(outcomes[step]).slice(0, 300)}`);
	return seen.length === 1 && seen[0] === revision ? lines : [...lines, `spoke ${seen.join(' and ') || 'no revision'}`];
}
