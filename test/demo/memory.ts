/** The main job: a team's memories stored encrypted, five questions asked, the answers held against the same search in the clear. */
import { z } from 'zod';
import { type Embed, loadEnglishModel } from '../../client/embed.ts';
import { connectEnvector } from '../../client/envector.ts';
import { openRune, type Recall } from '../../client/rune.ts';
import type { Vault } from '../../client/vault.ts';
import { memories, questions } from './memories.ts';
import type { Story } from './story.ts';

/** How far a decrypted score may lie from the plaintext cosine by the arithmetic on ciphertexts. */
const TOLERANCE = 1e-3;
/** And by the noise that the Vault adds, in deviations: one score in 80,000 is farther off. */
const DEVIATIONS = 8;
const statusSchema = z.object({ protection: z.object({ guard_rows: z.number(), score_noise: z.number(), provenance: z.string() }) });

export type Asked = {
	/** The score ciphertext of the first question: what every later check decrypts again. */
	blob: Uint8Array;
	/** Asks the first question again, through another connection. @returns the first answer. */
	askAgain(vault: Vault): Promise<string>;
};

/** Stores the memories and asks the questions, telling all of it. */
export async function storeAndAsk(story: Story, vault: Vault, envectorUrl: string): Promise<Asked> {
	story.chapter('An agent stores what its team knows; nothing leaves it in the clear');
	const embed = await loadEnglishModel();
	const envector = connectEnvector(envectorUrl);
	const index = 'acme-memory';
	using rune = await openRune({ vault, envector, index, embed });
	const started = performance.now();
	await rune.createIndex();
	const indexed = performance.now();
	const { protection } = statusSchema.parse(await vault.status());
	story.tell(
		`the Vault wants ${protection.guard_rows} guard rows in each group and adds noise of ${protection.score_noise} to scores; signed results: ${protection.provenance}`,
	);
	await rune.remember(memories, stored => {
		if (stored % 32 === 0) story.tell(`${stored} of ${memories.length} memories encrypted and stored`);
	});
	const seconds = (performance.now() - indexed) / 1000;
	story.tell(
		`index with evaluation key in ${((indexed - started) / 1000).toFixed(1)} s, ${memories.length} memories in ${seconds.toFixed(1)} s`,
	);
	story.figure('memories', memories.length);
	story.figure('remember_seconds', Number(seconds.toFixed(2)));

	story.chapter('It asks; the cloud searches ciphertexts, the Vault decrypts the scores');
	const vectors = await embed(memories);
	const answers: { ask: string; expect: string; recall: Recall; plain: number }[] = [];
	for (const { ask, expect } of questions) {
		const recall = await rune.recall(ask, 5);
		answers.push({ ask, expect, recall, plain: await plainCosine(embed, ask, vectors, recall) });
	}
	for (const { ask, recall } of answers) {
		story.tell(`“${ask}”`);
		for (const memory of recall.memories.slice(0, 2)) story.tell(`   ${memory.score.toFixed(4)}  ${memory.text}`);
	}
	tellAnswers(story, answers, TOLERANCE + DEVIATIONS * protection.score_noise);
	const first = answers[0];
	if (first === undefined) throw new Error('no question was asked');
	return {
		blob: first.recall.blob,
		askAgain: async other => {
			using again = await openRune({ vault: other, envector, index, embed });
			return (await again.recall(first.ask, 5)).memories[0]?.text ?? '';
		},
	};
}

function tellAnswers(story: Story, answers: { ask: string; expect: string; recall: Recall; plain: number }[], tolerance: number): void {
	const ms = (value: number) => value.toFixed(0);
	story.table(
		['question', 'decrypted', 'plaintext', 'difference', 'encrypt', 'search', 'decrypt', 'metadata (ms)'],
		answers.map(({ ask, recall, plain }) => {
			const score = recall.memories[0]?.score ?? Number.NaN;
			const { encrypt, search, decrypt, metadata } = recall.milliseconds;
			return [
				ask,
				score.toFixed(4),
				plain.toFixed(4),
				Math.abs(score - plain).toExponential(1),
				ms(encrypt),
				ms(search),
				ms(decrypt),
				ms(metadata),
			];
		}),
	);
	for (const { ask, expect, recall } of answers) story.check(`“${ask}” finds “${expect}”`, recall.memories[0]?.text === expect);
	const worst = Math.max(...answers.map(({ recall, plain }) => Math.abs((recall.memories[0]?.score ?? Number.NaN) - plain)));
	story.figure('worst_score_difference', worst);
	story.check(`decrypted scores lie within ${tolerance} of the plaintext cosine (worst ${worst.toExponential(1)})`, worst < tolerance);
}

/** The cosine of the question and the memory that the encrypted search found first, computed in the clear. */
async function plainCosine(embed: Embed, ask: string, vectors: readonly Float32Array[], recall: Recall): Promise<number> {
	const [question] = await embed([ask]);
	const memory = vectors[memories.indexOf(recall.memories[0]?.text ?? '')];
	if (question === undefined || memory === undefined) return Number.NaN;
	return question.reduce((sum, x, i) => sum + x * (memory[i] ?? 0), 0);
}
