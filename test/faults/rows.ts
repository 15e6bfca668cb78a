/**
 * The partition matrix as data: who is cut off from everybody else, and what is expected of it. Pure.
 *
 * | outcome | why |
 * |---|---|
 * | unnoticed | the primary serves: clients need nobody else |
 * | appointed | the Lease is silent for 5 s, three questions take 4 s, the operator appoints a standby that answers |
 * | expired | no operator asks: the Lease expires after 15 s, and the first standby that reaches the API server takes it |
 * | stranded | the route is an object of the API server, and nobody reaches the server, or nobody who could take the Lease does |
 */
export const PARTIES = ['operator', 'primary', 'standby', 'API server'] as const;
export type Party = (typeof PARTIES)[number];

export const OUTCOMES = ['unnoticed', 'appointed', 'expired', 'stranded'] as const;
export type OutcomeName = (typeof OUTCOMES)[number];

/** How long a row is cut off. */
export const CUT_SECONDS = 30;

export type Expectation = {
	/** The longest time between two answers: not longer than `most`, and at least `least`, where a cut must be felt. */
	readonly gapSeconds: { readonly least: number; readonly most: number };
	/** Whether calls are answered when the cut ends. */
	readonly isServed: boolean;
	/** Who is primary in the end. */
	readonly primary: 'same' | 'other' | 'either';
	/** Calls that fail although they are tried twice; undefined where nothing is promised. */
	readonly failedAfterRetry?: number;
	/** From the end of the cut until the Vault and both operators are whole again. */
	readonly wholeSeconds: number;
};

const WHOLE_SECONDS = 60;

export const expectations: Readonly<Record<OutcomeName, Expectation>> = {
	unnoticed: {
		gapSeconds: { least: 0, most: 2 },
		isServed: true,
		primary: 'same',
		failedAfterRetry: 0,
		wholeSeconds: WHOLE_SECONDS,
	},
	appointed: { gapSeconds: { least: 1, most: 21 }, isServed: true, primary: 'other', wholeSeconds: WHOLE_SECONDS },
	expired: { gapSeconds: { least: 10, most: 25 }, isServed: true, primary: 'other', wholeSeconds: WHOLE_SECONDS },
	// When all are back at once, the old primary and the operator that missed it are equally quick.
	stranded: {
		gapSeconds: { least: CUT_SECONDS - 1, most: CUT_SECONDS + 10 },
		isServed: false,
		primary: 'either',
		wholeSeconds: WHOLE_SECONDS,
	},
};

export type Row = {
	/** 0 to 15, as it is asked for on the command line. */
	readonly number: number;
	readonly cut: readonly Party[];
	readonly outcome: OutcomeName;
	readonly note: string;
};

type Entry = readonly [cut: readonly Party[], outcome: OutcomeName, note: string];

const entries: readonly Entry[] = [
	[[], 'unnoticed', 'the control'],
	[['operator'], 'unnoticed', 'the primary renews its Lease itself'],
	[['primary'], 'appointed', 'the operator appoints the first standby'],
	[['standby'], 'unnoticed', 'the other standby is still there'],
	[['API server'], 'unnoticed', 'a pod that was led to serves on without a Lease'],
	[['operator', 'primary'], 'expired', 'a standby takes the expired Lease'],
	[['operator', 'standby'], 'unnoticed', 'as with the operator alone'],
	[['operator', 'API server'], 'unnoticed', 'as with the API server alone'],
	[['primary', 'standby'], 'appointed', 'the operator asks all pods first, and passes over the standby that does not answer'],
	[['primary', 'API server'], 'stranded', 'the standbys are well, but nobody can lead clients to them'],
	[['standby', 'API server'], 'unnoticed', 'as with the API server alone'],
	[['operator', 'primary', 'standby'], 'expired', 'the other standby takes the expired Lease'],
	[['operator', 'primary', 'API server'], 'stranded', 'as without API server and primary'],
	[['operator', 'standby', 'API server'], 'unnoticed', 'the primary alone is enough'],
	[['primary', 'standby', 'API server'], 'stranded', 'as without API server and primary'],
	[['operator', 'primary', 'standby', 'API server'], 'stranded', 'only the other standby is left, and nobody is led to it'],
];

export const rows: readonly Row[] = entries.map(([cut, outcome, note], number) => ({ number, cut, outcome, note }));

/** The row in words, such as `operator + primary`. */
export const nameOf = ({ cut }: Pick<Row, 'cut'>): string => (cut.length === 0 ? 'nobody' : cut.join(' + '));
