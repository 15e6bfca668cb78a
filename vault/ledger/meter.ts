/** The present rate of something, as an average that forgets with a time constant of ten seconds. Bounded state, no timer. */
const MEMORY_MS = 10_000;

export type Meter = {
	add(amount: number): void;
	/** Amount a second. */
	rate(): number;
};

/** @param now monotonic, or nearly so, in milliseconds */
export function createMeter(now: () => number): Meter {
	let weight = 0;
	let at = now();
	const decay = () => {
		const time = now();
		weight *= Math.exp(-Math.max(0, time - at) / MEMORY_MS);
		at = time;
	};
	return {
		add(amount) {
			decay();
			weight += amount;
		},
		rate() {
			decay();
			return weight / (MEMORY_MS / 1000);
		},
	};
}
