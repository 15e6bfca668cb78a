/**
 * Order of resourceVersions. They are decimal numbers that grow with every write, and may be compared among objects of one kind (KEP-5504).
 * Versions that are not numbers cannot be compared: then the one that came last counts as newer.
 */
const decimal = /^(0|[1-9][0-9]*)$/;

export function isNewer(a: string, b: string): boolean {
	if (!decimal.test(a) || !decimal.test(b)) return a !== b;
	return a.length === b.length ? a > b : a.length > b.length;
}

/** The later of two versions, either of which may be unknown. */
export function latest(a: string | undefined, b: string | undefined): string | undefined {
	if (a === undefined || b === undefined) return a ?? b;
	return isNewer(b, a) ? b : a;
}
