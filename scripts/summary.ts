/** From what each tier did to the table, the last line and the exit code. Pure. */

export type Failure = { readonly name: string; readonly file: string; readonly message: string };

export type TierResult = {
	readonly tier: string;
	readonly passed: number;
	readonly failed: number;
	readonly skipped: number;
	readonly seconds: number;
	readonly failures: readonly Failure[];
};

/** node:test's counts of one run, as its last `test:summary` has them. */
export type Counts = {
	readonly passed: number;
	readonly failed?: number;
	readonly cancelled: number;
	readonly skipped: number;
	readonly todo: number;
	readonly tests: number;
};

/** A cancelled test has failed; one that is still to do was skipped. */
export function toResult(counts: Counts): Pick<TierResult, 'passed' | 'failed' | 'skipped'> {
	const skipped = counts.skipped + counts.todo;
	return { passed: counts.passed, failed: counts.tests - counts.passed - skipped, skipped };
}

/** A tier that ran no test has failed: a wrong glob must not look like success. */
export function withoutTests(result: TierResult): TierResult {
	if (result.passed + result.failed + result.skipped > 0) return result;
	return { ...result, failed: 1, failures: [{ name: result.tier, file: '', message: 'no test ran' }] };
}

/** What CI reads: alone on its line, and the last. */
export function closingLine(results: readonly TierResult[]): string {
	const sum = (key: 'passed' | 'failed' | 'skipped') => results.reduce((total, result) => total + result[key], 0);
	return `${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`;
}

export function exitCode(results: readonly TierResult[]): number {
	return results.length > 0 && results.every(result => result.failed === 0) ? 0 : 1;
}

/** Rows of tier, passed, failed, skipped, seconds. */
export function rows(results: readonly TierResult[]): string[][] {
	return results.map(({ tier, passed, failed, skipped, seconds }) => [tier, ...[passed, failed, skipped].map(String), seconds.toFixed(1)]);
}
