/**
 * ConfigMap `<name>-ledger`, which the pods of a RuneVault share: what of a key their answers may have given away, and which tokens are
 * locked. One field a fact, so that each is written, read and taken out by itself:
 *
 * | field | value | written by |
 * |---|---|---|
 * | `bits.<key>` | bits of the key that pods have put on account, spent or not | pods |
 * | `floor.<key>` | the same as `status.keys.releasedBits` tells it: the account never falls below, whoever loses or edits it | operator |
 * | `day.<date>` | JSON, bits by token name on that day (UTC) | pods |
 * | `token.<id>` | JSON `{name, rejections}` of a token whose results were refused for their guard rows | pods; taken out to unlock |
 *
 * `<key>` is the beginning of the key's fingerprint, because the account belongs to the key, whatever its version is called.
 */
export type LedgerData = Readonly<Record<string, string>>;

/** `id`: the first digits of the SHA-256 of the token, as pods tell it. */
export type RejectedToken = { id: string; name: string; rejections: number };

/** Guard rejections after which a token is locked. An honest search has none. */
export const MAX_REJECTIONS = 3;

/** Days that are kept, today among them. */
export const KEPT_DAYS = 8;

const KEY_DIGITS = 16;
const [BITS, FLOOR, DAY, TOKEN] = ['bits.', 'floor.', 'day.', 'token.'];

const keyOf = (fingerprint: string) => fingerprint.replace(/^sha256:/, '').slice(0, KEY_DIGITS);

export const bitsField = (fingerprint: string): string => BITS + keyOf(fingerprint);
export const floorField = (fingerprint: string): string => FLOOR + keyOf(fingerprint);
export const tokenField = (id: string): string => TOKEN + id;
/** The field of the UTC day of a time, in milliseconds since 1970. */
export const dayField = (time: number): string => DAY + new Date(time).toISOString().slice(0, 10);

/** Whether a field of a ConfigMap is one of a ledger's. */
export const isLedgerField = (field: string): boolean => [BITS, FLOOR, DAY, TOKEN].some(prefix => field.startsWith(prefix));

/** Bits of the key that may have been given away. What cannot be read counts as nothing, down to the floor. */
export function releasedBits(data: LedgerData, fingerprint: string): number {
	return Math.max(0, ...[bitsField, floorField].map(field => Number(data[field(fingerprint)] ?? 0) || 0));
}

/** Bits by token name on the day of `time`. */
export function bitsOfDay(data: LedgerData, time: number): Record<string, number> {
	return numbersOf(data[dayField(time)]);
}

/** All days that are kept, oldest first, with the bits of all tokens on each. */
export function bitsByDay(data: LedgerData): { day: string; bits: number }[] {
	return Object.keys(data)
		.filter(field => /^day\.\d{4}-\d{2}-\d{2}$/.test(field))
		.sort()
		.map(field => ({ day: field.slice(DAY.length), bits: sum(Object.values(numbersOf(data[field]))) }));
}

/** Tokens with rejections, locked or not. */
export function rejectedTokens(data: LedgerData): RejectedToken[] {
	return Object.entries(data).flatMap(([field, text]) => {
		if (!field.startsWith(TOKEN)) return [];
		const { name, rejections } = objectOf(text);
		const isRead = typeof name === 'string' && Number.isSafeInteger(rejections);
		return isRead ? [{ id: field.slice(TOKEN.length), name, rejections: Number(rejections) }] : [];
	});
}

export const isLocked = ({ rejections }: Pick<RejectedToken, 'rejections'>): boolean => rejections >= MAX_REJECTIONS;

function numbersOf(text: string | undefined): Record<string, number> {
	return Object.fromEntries(Object.entries(objectOf(text)).filter((entry): entry is [string, number] => Number.isFinite(entry[1])));
}

function objectOf(text: string | undefined): Record<string, unknown> {
	try {
		return Object.fromEntries(Object.entries(Object(JSON.parse(text ?? '{}'))));
	} catch {
		return {};
	}
}

const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);
