/** What a pod has still to tell the account: bits by day and token, and guard rejections. */
import { dayField } from '../../crds/ledger.ts';
import type { Rejections, Spent } from './entry.ts';

export type Told = { spent: readonly Spent[]; rejections: readonly Rejections[] };

export class Pending {
	#spent = new Map<string, Spent>();
	readonly #rejections = new Map<string, Rejections>();

	addSpent({ time, name, bits }: Spent): void {
		const key = `${dayField(time)} ${name}`;
		this.#spent.set(key, { time, name, bits: bits + (this.#spent.get(key)?.bits ?? 0) });
	}

	addRejections({ id, name, added, atLeast }: Rejections): void {
		const before = this.#rejections.get(id);
		this.#rejections.set(id, { id, name, added: added + (before?.added ?? 0), atLeast: Math.max(atLeast, before?.atLeast ?? 0) });
	}

	/** @param known what the account says */
	rejectionsOf(id: string, known: number): number {
		const { added = 0, atLeast = 0 } = this.#rejections.get(id) ?? {};
		return Math.max(known, atLeast) + added;
	}

	/** Bits of a token on the day of `time`. */
	spentOf(name: string, time: number): number {
		return this.#spent.get(`${dayField(time)} ${name}`)?.bits ?? 0;
	}

	hasSpent(): boolean {
		return this.#spent.size > 0;
	}

	hasRejections(): boolean {
		return this.#rejections.size > 0;
	}

	/** What to tell now. The bits are taken out; rejections count here until they are `settled`. */
	take(): Told {
		const spent = [...this.#spent.values()];
		this.#spent = new Map();
		return { spent, rejections: [...this.#rejections.values()] };
	}

	/** It could not be told. */
	putBack({ spent }: Told): void {
		for (const each of spent) this.addSpent(each);
	}

	/** It is told; rejections that came in meanwhile are not. */
	settle({ rejections }: Told): void {
		for (const { id, added } of rejections) {
			const left = this.#rejections.get(id);
			if (left !== undefined && left.added > added) this.#rejections.set(id, { ...left, added: left.added - added });
			else this.#rejections.delete(id);
		}
	}
}
