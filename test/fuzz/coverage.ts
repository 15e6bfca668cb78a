/**
 * Which of our source was ever run, by V8's own block coverage: no instrumented build, and as exact as a block.
 *
 * Jazzer.js 4.0.0 was looked at and not taken: it brings a native add-on with cmake-js, and instruments what it loads with Babel, where our
 * sources are TypeScript modules that Node runs as they are.
 */
import { Session } from 'node:inspector';

type Result = { result: { functions: { ranges: { startOffset: number; endOffset: number; count: number }[] }[]; url: string }[] };

export type Coverage = {
	/** How many characters of source ran since the last reading that had never run before. */
	take(): number;
	/** The same, and these are now sought: by running the inputs of a batch again, `claim` tells which of them reached them. */
	seek(): number;
	/** How many of the characters that are sought ran since the last reading; they are sought no more. */
	claim(): number;
	close(): void;
};

/** What is known of a character. */
const NEVER_RAN = 0;
const RAN = 1;
const SOUGHT = 2;

export function startCoverage(isOurs = (url: string) => /^file:.*\/(fhe|vault|crds|operator)\/.*\.ts$/.test(url)): Coverage {
	const session = new Session();
	session.connect();
	session.post('Profiler.enable');
	// Counts are set back by each reading, so that a reading holds what ran since the one before.
	session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
	const seen = new Map<string, Uint8Array>();

	/** Turns what ran and was `from` into `to`, and counts it. */
	function paint(url: string, ranges: Result['result'][number]['functions'][number]['ranges'], from: number, to: number): number {
		const [{ startOffset, endOffset } = { startOffset: 0, endOffset: 0 }] = ranges;
		const ran = new Uint8Array(endOffset - startOffset);
		// Outer ranges come before the inner ones, which differ from them.
		for (const range of ranges) ran.fill(range.count > 0 ? 1 : 0, range.startOffset - startOffset, range.endOffset - startOffset);
		let known = seen.get(url) ?? new Uint8Array(0);
		if (known.length < endOffset) {
			const longer = new Uint8Array(endOffset * 2);
			longer.set(known);
			known = longer;
			seen.set(url, known);
		}
		let changed = 0;
		for (const [at, hasRun] of ran.entries()) {
			if (hasRun === 0 || known[startOffset + at] !== from) continue;
			known[startOffset + at] = to;
			changed++;
		}
		return changed;
	}
	function read(from: number, to: number): number {
		let changed = 0;
		// Answered at once: the session is of this thread.
		session.post('Profiler.takePreciseCoverage', (error, reply: Result | undefined) => {
			if (error !== null) throw error;
			for (const { url, functions } of reply?.result ?? []) {
				if (isOurs(url)) for (const { ranges } of functions) changed += paint(url, ranges, from, to);
			}
		});
		return changed;
	}
	return {
		take: () => read(NEVER_RAN, RAN),
		seek: () => read(NEVER_RAN, SOUGHT),
		claim: () => read(SOUGHT, RAN),
		close: () => session.disconnect(),
	};
}
