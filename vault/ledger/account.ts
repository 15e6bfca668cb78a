/** What a pod holds of the account of one key, and how much of it to ask for. */
import { createMeter, type Meter } from './meter.ts';

const BLOCK_SECONDS = 15;
const LOW_SECONDS = 5;
/** While the rate is not known yet a block is ten calls, but no more than a hundredth of the limit. */
const FIRST_CALLS = 10;
const FIRST_SHARE = 0.01;

export type Account = {
	readonly fingerprint: string;
	/** Bits on account that this pod has not spent; below zero, what it owes. */
	balance: number;
	/** Bits of the calls that wait. */
	waiting: number;
	/** What was on account at the highest, by all pods. It never falls, whatever becomes of the object. */
	highest: number;
	readonly meter: Meter;
};

export function newAccount(fingerprint: string, highest: number, now: () => number): Account {
	return { fingerprint, balance: 0, waiting: 0, highest, meter: createMeter(now) };
}

/** Whether what is left will soon be used up. */
export const isLow = ({ balance, meter }: Account): boolean => balance < LOW_SECONDS * meter.rate();

/** What to ask for: what is lacking, and a block on top. Nothing while there is enough. */
export type Want = { lack: number; block: number };

export function wantedFor(account: Account, limit: number): Want {
	const { balance, waiting, meter } = account;
	const lack = Math.max(0, waiting - balance);
	if (lack === 0 && !isLow(account)) return { lack, block: 0 };
	return { lack, block: Math.max(BLOCK_SECONDS * meter.rate(), Math.min(FIRST_CALLS * waiting, FIRST_SHARE * limit)) };
}
