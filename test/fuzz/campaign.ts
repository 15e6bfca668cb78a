/** One run over some targets, each for an equal part of the time; what it finds is written to files. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Coverage } from './coverage.ts';
import { fuzz, type Progress, type Target } from './engine.ts';
import { seededRandom } from './mutate.ts';

export type CampaignOptions = { coverage: Coverage; seconds: number; seed: number; directory: string; say: (line: string) => void };

/** @returns how many findings there were. */
export async function campaign(targets: readonly Target[], { coverage, seconds, seed, directory, say }: CampaignOptions): Promise<number> {
	const random = seededRandom(seed);
	let found = 0;
	for (const target of targets) {
		const deadline = performance.now() + (seconds * 1000) / targets.length;
		const { findings, ...rest } = await fuzz(target, {
			coverage,
			random,
			deadline,
			onProgress: now => say(`  ${render(target.name, now)}`),
		});
		say(render(target.name, { findings, ...rest }));
		for (const [at, { input, problem }] of findings.entries()) {
			const file = join(directory, `${target.name}-${seed}-${at}`);
			await mkdir(directory, { recursive: true });
			await writeFile(file, input);
			say(`  ✗ ${problem}\n    ${file}`);
		}
		found += findings.length;
	}
	return found;
}

function render(name: string, { executions, corpus, covered, findings, seconds }: Progress): string {
	const rate = Math.round(executions / seconds);
	return `${name.padEnd(17)} ${executions} executions, ${rate}/s, corpus ${corpus}, ${covered} characters of source, ${findings.length} findings`;
}
