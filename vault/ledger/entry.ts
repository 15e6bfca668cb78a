/** One entry into the account: from what it says now and what a pod has to add, to what it says then. Pure. */
import { bitsField, bitsOfDay, dayField, KEPT_DAYS, type LedgerData, rejectedTokens, releasedBits, tokenField } from '../../crds/ledger.ts';
import type { Want } from './account.ts';
import { roundUp } from './bits.ts';

/** A key, the bits wanted for it, and what was on account at the highest: the account is put back to that if it fell. */
export type Claim = Want & { fingerprint: string; highest: number };
export type Spent = { time: number; name: string; bits: number };
/** `added`: rejections not told yet. `atLeast`: what the account knew before it was replaced. */
export type Rejections = { id: string; name: string; added: number; atLeast: number };

export type Entry = { claims: readonly Claim[]; spent: readonly Spent[]; rejections: readonly Rejections[]; now: number };

const DAY_MS = 86_400_000;
/** Of what is left: the most that one pod puts aside, so that near the end the others have some as well. */
const LARGEST_SHARE = 0.25;

/** @param limit bits of a key that may be on account at the most; `Infinity` when nothing is refused */
export function enter(data: LedgerData, entry: Entry, limit: number): { data: LedgerData; granted: ReadonlyMap<string, number> } {
	const next: Record<string, string> = { ...data };
	const granted = new Map<string, number>();
	for (const { fingerprint, lack, block, highest } of entry.claims) {
		const before = Math.max(releasedBits(data, fingerprint), highest);
		const left = Math.max(0, limit - before - lack);
		const after = Math.max(before, Math.min(roundUp(before + lack + Math.min(block, left * LARGEST_SHARE)), limit));
		granted.set(fingerprint, after - before);
		if (after > 0) next[bitsField(fingerprint)] = String(roundUp(after));
	}
	for (const [field, bits] of Object.entries(daysAfter(data, entry.spent))) next[field] = JSON.stringify(bits);
	for (const field of Object.keys(next)) if (isOldDay(field, entry.now)) delete next[field];
	const known = new Map(rejectedTokens(data).map(token => [token.id, token.rejections]));
	for (const { id, name, added, atLeast } of entry.rejections) {
		next[tokenField(id)] = JSON.stringify({ name, rejections: Math.max(known.get(id) ?? 0, atLeast) + added });
	}
	return { data: next, granted };
}

function daysAfter(data: LedgerData, spent: readonly Spent[]): Record<string, Record<string, number>> {
	const days: Record<string, Record<string, number>> = {};
	for (const { time, name, bits } of spent) {
		const field = dayField(time);
		const day = days[field] ?? bitsOfDay(data, time);
		day[name] = roundUp((day[name] ?? 0) + bits);
		days[field] = day;
	}
	return days;
}

const isOldDay = (field: string, now: number) => {
	const oldest = dayField(now - (KEPT_DAYS - 1) * DAY_MS);
	return field.startsWith('day.') && field < oldest;
};
