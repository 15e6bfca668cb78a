/**
 * The loop: change an input, run it, keep it when it reached source that none before it did, report it when it broke the property.
 *
 * The property is the same for every target: the parser returns, or throws what it may throw, in time and memory that are in proportion
 * to the input. Coverage is read once a batch, which costs little; only a batch that reached something new is run again one by one.
 */
import { getHeapStatistics } from 'node:v8';
import type { Coverage } from './coverage.ts';
import { mutate, type Random } from './mutate.ts';

export type Target = {
	name: string;
	seeds: readonly Uint8Array[];
	/** May be thrown. Everything else is a finding. */
	isAllowed: (error: unknown) => boolean;
	run: (input: Uint8Array) => unknown;
	close?: () => Promise<void>;
};

export type Finding = { target: string; input: Uint8Array; problem: string };
export type Progress = { executions: number; corpus: number; covered: number; findings: Finding[]; seconds: number };

const BATCH = 32;
const MAX_BYTES = 1024 * 1024;
const MAX_FINDINGS = 10;
/** Of one run: a fixed part for what a call costs anyway, and one that grows with the input. Of the processor, so that a busy machine is no finding. */
const allowedMs = (bytes: number) => 100 + bytes / 2000;
const allowedBytes = (bytes: number) => 16 * 1024 * 1024 + 64 * bytes;

/** Fuzzes one target until `deadline` (of performance.now()) or until there are enough findings. */
export async function fuzz(
	target: Target,
	options: { coverage: Coverage; random: Random; deadline: number; maxFindings?: number; onProgress?: (progress: Progress) => void },
): Promise<Progress> {
	const { coverage, random, deadline, maxFindings = MAX_FINDINGS, onProgress } = options;
	const startedAt = performance.now();
	const corpus = [...target.seeds];
	const progress: Progress = { executions: 0, corpus: 0, covered: 0, findings: [], seconds: 0 };
	const problems = new Set<string>();

	const execute = async (input: Uint8Array) => {
		progress.executions++;
		const problem = await problemOf(target, input);
		if (problem === undefined || problems.has(problem)) return;
		problems.add(problem);
		progress.findings.push({ target: target.name, input, problem });
	};
	const report = () => onProgress?.({ ...progress, corpus: corpus.length, seconds: (performance.now() - startedAt) / 1000 });

	coverage.take();
	for (const seed of target.seeds) await execute(seed);
	progress.covered += coverage.take();
	let reportedAt = startedAt;
	while (performance.now() < deadline && progress.findings.length < maxFindings) {
		const batch: Uint8Array[] = [];
		for (let i = 0; i < BATCH && performance.now() < deadline; i++) {
			const input = mutate(
				corpus[random(corpus.length)] ?? new Uint8Array(),
				corpus[random(corpus.length)] ?? new Uint8Array(),
				random,
				MAX_BYTES,
			);
			batch.push(input);
			await execute(input);
		}
		const fresh = coverage.seek();
		progress.covered += fresh;
		for (const input of fresh > 0 ? batch : []) {
			await execute(input);
			if (coverage.claim() > 0) corpus.push(input);
		}
		if (performance.now() - reportedAt > 3000) {
			reportedAt = performance.now();
			report();
		}
	}
	return { ...progress, corpus: corpus.length, seconds: (performance.now() - startedAt) / 1000 };
}

/** What is wrong with a run, or undefined. One that was slow or large is run again: the machine or the collector may be at fault. */
async function problemOf(target: Target, input: Uint8Array): Promise<string | undefined> {
	let problem: string | undefined;
	for (let attempt = 0; attempt < 3; attempt++) {
		const heap = usedBytes();
		const before = process.cpuUsage();
		try {
			// A copy: what a parser wipes must not change the corpus.
			await target.run(Uint8Array.from(input));
		} catch (error) {
			if (!target.isAllowed(error)) return describe(error);
		}
		const { user, system } = process.cpuUsage(before);
		problem = undefined;
		if (usedBytes() - heap > allowedBytes(input.length)) problem = 'memory out of proportion';
		if ((user + system) / 1000 > allowedMs(input.length)) problem = 'time out of proportion';
		if (problem === undefined) return undefined;
	}
	return problem;
}

function usedBytes(): number {
	const { used_heap_size, external_memory } = getHeapStatistics();
	return used_heap_size + external_memory;
}

/** The kind of the error and where it was thrown, so that one fault is one finding. */
function describe(error: unknown): string {
	if (!(error instanceof Error)) return `threw ${String(error)}`;
	const place =
		error.stack
			?.split('\n')
			.find(line => line.includes('file:'))
			?.trim() ?? '';
	return `${error.name}: ${error.message.slice(0, 200)} ${place}`;
}
