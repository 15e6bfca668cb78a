/** Load on a Vault: as much as goes, to learn its maximal rate, and then a steady part of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import { callHonestly, hostiles, type Outcome, type Target } from './calls.ts';

export type Tally = {
	calls: number;
	hostile: number;
	/** By first digit of the status; `broken` are those that got none. */
	statuses: Record<string, number>;
	wrong: number;
	/** Answers of 500 and more but the refusal of too many at once, and honest calls that got no answer. */
	faults: string[];
	/** Calls that were due and not sent, because too many were under way. */
	skipped: number;
};

const LANES = 8;
/** Fewer than a Vault serves at once, beyond which it refuses. */
const MAX_UNDER_WAY = 48;
const TICK_MS = 20;
/** One call in so many is hostile. */
const HOSTILE_EVERY = 100;
const MAX_FAULTS = 100;

const newTally = (): Tally => ({ calls: 0, hostile: 0, statuses: {}, wrong: 0, faults: [], skipped: 0 });

function note(tally: Tally, what: string, { status, isWrong }: Outcome, isHonest: boolean): void {
	tally.calls++;
	if (!isHonest) tally.hostile++;
	const kind = status === 0 ? 'broken' : `${Math.floor(status / 100)}xx`;
	tally.statuses[kind] = (tally.statuses[kind] ?? 0) + 1;
	if (isHonest && isWrong) tally.wrong++;
	const isFault = status >= 500 || (isHonest && status === 0);
	if (isFault && tally.faults.length < MAX_FAULTS) tally.faults.push(`${what}: ${status}`);
}

/** Honest calls a second that a Vault answers when each of some lanes sends the next as soon as it has an answer. */
export async function maximalRate(target: Target, seconds: number): Promise<number> {
	const agent = new Agent({ connections: LANES });
	const end = performance.now() + seconds * 1000;
	let answered = 0;
	const lane = async () => {
		while (performance.now() < end) {
			const { isWrong } = await callHonestly(target, agent);
			if (isWrong) throw new Error('a wrong answer before the soak began');
			answered++;
		}
	};
	await Promise.all(Array.from({ length: LANES }, lane));
	await agent.close();
	return answered / seconds;
}

/** Calls at a steady rate, whatever becomes of those before, until the signal. */
export async function steadyLoad(target: Target, perSecond: number, signal: AbortSignal): Promise<Tally> {
	const agent = new Agent({ connections: MAX_UNDER_WAY });
	const tally = newTally();
	const underWay = new Set<Promise<void>>();
	const started = performance.now();
	let due = 0;
	const send = async (number: number) => {
		const isHonest = number % HOSTILE_EVERY !== 0;
		const hostile = hostiles[(number / HOSTILE_EVERY) % hostiles.length];
		const name = isHonest ? 'honest' : (hostile?.name ?? '');
		try {
			const outcome = isHonest ? await callHonestly(target, agent) : { status: (await hostile?.send(target, agent)) ?? 0, isWrong: false };
			note(tally, name, outcome, isHonest);
		} catch {
			note(tally, name, { status: 0, isWrong: false }, isHonest);
		}
	};
	while (!signal.aborted) {
		for (const wanted = ((performance.now() - started) / 1000) * perSecond; due < wanted; due++) {
			if (underWay.size >= MAX_UNDER_WAY) {
				tally.skipped++;
				continue;
			}
			const sending = send(due + 1).finally(() => underWay.delete(sending));
			underWay.add(sending);
		}
		await sleep(TICK_MS);
	}
	await Promise.all(underWay);
	await agent.close();
	return tally;
}
