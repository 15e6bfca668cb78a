/** What is being done, since when, and whether it still goes on: one line a step, and one more for every ten seconds of it. */

export type Progress = {
	/** Says a line of its own. */
	say(line: string): void;
	/**
	 * Does `work` and tells how long it took.
	 *
	 * @param usually how long it may take, said up front, for work that takes more than a moment
	 */
	step<T>(what: string, work: () => Promise<T>, usually?: string): Promise<T>;
};

const TICK_MS = 10_000;

/** @param write takes whole lines; standard output by default */
export function createProgress(
	write: (line: string) => void = line => process.stdout.write(`${line}\n`),
	now = () => performance.now(),
): Progress {
	const started = now();
	const say = (line: string) => write(`[${seconds(now() - started).padStart(7)}] ${line}`);
	const step = async <T>(what: string, work: () => Promise<T>, usually?: string): Promise<T> => {
		const begun = now();
		if (usually !== undefined) say(`${what}: ${usually}`);
		const ticking = setInterval(() => say(`${what}: still at it after ${seconds(now() - begun)}`), TICK_MS);
		try {
			const result = await work();
			say(`${what}: ${seconds(now() - begun)}`);
			return result;
		} finally {
			clearInterval(ticking);
		}
	};
	return { say, step };
}

/** `0.4 s`, `75 s`, `12 min 4 s`. */
export function seconds(milliseconds: number): string {
	const whole = Math.round(milliseconds / 1000);
	if (whole >= 120) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
	return whole >= 10 ? `${whole} s` : `${(milliseconds / 1000).toFixed(1)} s`;
}
