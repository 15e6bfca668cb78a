/**
 * The conditions of a RuneVault and every reason each of them may carry. Reasons are a closed union: scripts and dashboards match on
 * them, so a new one is an addition to the API.
 */

export const REASONS = {
	/** The summary: the Vault serves as the spec asks. Otherwise the reason of what is in the way. */
	Ready: ['Serving', 'SpecInvalid', 'RefsMissing', 'NotProgrammed', 'KeysNotLoaded', 'PrimaryNotAvailable'],
	Accepted: ['Valid', 'Invalid'],
	ResolvedRefs: [
		'Resolved',
		'SecretNotFound',
		'IngressClassNotFound',
		'IssuerNotFound',
		'CertManagerNotFound',
		'KindNotFound',
		'SpecInvalid',
	],
	Programmed: ['Applied', 'ApplyFailed', 'NameTaken', 'WaitingForKeys', 'SpecInvalid', 'Paused'],
	KeysLoaded: ['Proved', 'NotProved', 'KeysMissing', 'Generating', 'KeygenFailed', 'FingerprintMismatch', 'NameTaken', 'WrongAnswer'],
	PrimaryAvailable: ['Serving', 'NoPrimary', 'NotRouted', 'NotProved', 'Down'],
	StandbyReady: ['Standing', 'SingleReplica', 'NoStandby'],
	TokensCurrent: ['Adopted', 'AdoptionPending', 'RotationOverdue', 'NotProved', 'SpecInvalid'],
	/** True when everything that protects the key is on and less than half of its bits are spent. Ready does not depend on it. */
	Protected: [
		'AllOn',
		'TokenLocked',
		'BudgetSpent',
		'BudgetNearlySpent',
		'BudgetHalfSpent',
		'NoGuardRows',
		'UnsignedResults',
		'NoSmudge',
		'SpecInvalid',
	],
	/** Unknown without a schedule, and as long as none can be expected yet. */
	BackupCurrent: ['Current', 'Stale', 'NoSchedule', 'Awaited', 'SpecInvalid'],
	Progressing: [
		'Complete',
		'Creating',
		'GeneratingKeys',
		'FailingOver',
		'RollingOut',
		'RotatingTokens',
		'Restoring',
		'Paused',
		'FailoverPaused',
	],
	Degraded: ['Healthy', 'KeysMissing', 'KeygenFailed', 'FingerprintMismatch', 'WrongAnswer', 'ApplyFailed', 'NameTaken', 'PodsNotReady'],
} as const;

export type ConditionType = keyof typeof REASONS;
export type Reason<T extends ConditionType = ConditionType> = (typeof REASONS)[T][number];
export type ConditionStatus = 'True' | 'False' | 'Unknown';

export const CONDITION_TYPES = Object.keys(REASONS) as ConditionType[];

/** One condition as `status.conditions` holds it. */
export type Condition = {
	type: ConditionType;
	status: ConditionStatus;
	observedGeneration: number;
	lastTransitionTime: string;
	reason: Reason;
	message: string;
};

/** The condition of that type, where the status has one yet. */
export function conditionOf<T extends { type: string }>(
	status: { conditions?: readonly T[] | undefined } | undefined,
	type: T['type'],
): T | undefined {
	return status?.conditions?.find(condition => condition.type === type);
}

/** What a check says about one condition: all but the bookkeeping. */
export type Finding<T extends ConditionType = ConditionType> = { status: ConditionStatus; reason: Reason<T>; message: string };
export type Findings = { [T in ConditionType]: Finding<T> };

/**
 * The conditions to write: every type, in a fixed order, with `lastTransitionTime` moved only where the status changed.
 * @param now RFC 3339.
 */
export function toConditions(findings: Findings, previous: readonly Condition[], generation: number, now: string): Condition[] {
	return dated(CONDITION_TYPES, findings, previous, { generation, now });
}

type Dated = { type: string; status: string; lastTransitionTime: string };

/** The same of any resource: a finding a type, in the order of `types`. */
export function dated<T extends string, F extends { status: ConditionStatus }>(
	types: readonly T[],
	findings: Record<T, F>,
	previous: readonly Dated[],
	{ generation, now }: { generation: number; now: string },
) {
	return types.map(type => {
		const finding = findings[type];
		const before = previous.find(each => each.type === type);
		const lastTransitionTime = before !== undefined && before.status === finding.status ? before.lastTransitionTime : now;
		const { status, ...why } = finding;
		return { type, status, observedGeneration: generation, lastTransitionTime, ...why };
	});
}
