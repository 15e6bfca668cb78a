/**
 * Limits work by token bucket, one bucket a token *name*: rotating a token does not refill it. One unit is one ciphertext blob, so a
 * call with sixteen blobs costs sixteen. A bucket holds one minute's worth and starts full.
 *
 * Work larger than a whole bucket is admitted when the bucket is full and leaves a debt, else it could never be done.
 * The names come from verifiers.json, which bounds the memory.
 */
export type Buckets = {
	/** Takes `units` for `name`. Returns undefined when admitted, else the seconds after which to try again. */
	take(name: string, units: number): number | undefined;
};

export function createBuckets(options: { perMinute: number; now?: () => number }): Buckets {
	const { perMinute, now = Date.now } = options;
	const perMs = perMinute / 60_000;
	const buckets = new Map<string, { level: number; at: number }>();

	return {
		take(name, units) {
			const time = now();
			const bucket = buckets.get(name) ?? { level: perMinute, at: time };
			// A clock set back must not drain the bucket.
			const level = Math.min(perMinute, bucket.level + Math.max(0, time - bucket.at) * perMs);
			const needed = Math.min(units, perMinute);
			const isAdmitted = level >= needed;
			buckets.set(name, { level: isAdmitted ? level - units : level, at: time });
			return isAdmitted ? undefined : Math.max(1, Math.ceil((needed - level) / perMs / 1000));
		},
	};
}
