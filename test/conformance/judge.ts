/**
 * Holds what the suite found against what is expected. A check is as it should be when it succeeds, or when it fails and an expectation
 * gives the reason. A warning is a failure here: it is a SHOULD, and not to follow it needs a reason too. Pure.
 */
import type { Check, Revision, Scenario } from './suite.ts';

/** Checks that are expected to fail, and why. */
export type Expectation = {
	readonly reason: string;
	/** `scenario:check` for each, by revision. */
	readonly checks: Readonly<Partial<Record<Revision, readonly string[]>>>;
};

/** The Vault as it ships, and its app with the suite's fixtures in place of the tools. */
export const lanes = ['shipped', 'fixtures'] as const;
export type Lane = (typeof lanes)[number];

export type Verdict = {
	readonly lane: Lane;
	readonly revision: Revision;
	readonly scenarios: number;
	/** Scenarios of which no check fails. */
	readonly passed: number;
	/** Scenarios in which the only failing checks are expected to. */
	readonly explained: number;
	/** Checks, by what came of them. */
	readonly succeeded: number;
	readonly expected: number;
	/** `scenario:check: message` for each failing check without a reason. */
	readonly unexpected: readonly string[];
	/** `scenario:check` for each expectation that no failing check meets. */
	readonly stale: readonly string[];
};

const hasFailed = ({ status }: Check): boolean => status === 'FAILURE' || status === 'WARNING';

export function judge(lane: Lane, revision: Revision, scenarios: readonly Scenario[], expectations: readonly Expectation[]): Verdict {
	const excused = new Set(expectations.flatMap(({ checks }) => checks[revision] ?? []));
	const met = new Set<string>();
	const unexpected: string[] = [];
	let [passed, explained, succeeded] = [0, 0, 0];
	for (const { name, checks } of scenarios) {
		const failing = checks.filter(hasFailed);
		const unexplained = failing.filter(({ id }) => !excused.has(`${name}:${id}`));
		for (const { id } of failing) if (excused.has(`${name}:${id}`)) met.add(`${name}:${id}`);
		unexpected.push(...unexplained.map(({ id, errorMessage }) => `${name}:${id}: ${errorMessage ?? 'no message'}`));
		const successes = checks.filter(({ status }) => status === 'SUCCESS').length;
		succeeded += successes;
		// A scenario of which nothing could be tried has shown nothing.
		if (failing.length === 0 && successes === 0) unexpected.push(`${name}: no check ran`);
		else if (failing.length === 0) passed++;
		else if (unexplained.length === 0) explained++;
	}
	return {
		lane,
		revision,
		scenarios: scenarios.length,
		passed,
		explained,
		succeeded,
		expected: met.size,
		unexpected,
		stale: [...excused].filter(check => !met.has(check)),
	};
}

export function isAsExpected({ unexpected, stale }: Verdict): boolean {
	return unexpected.length === 0 && stale.length === 0;
}
