/**
 * Follows one named object: its state now, and after every change; `undefined` while it is not there.
 *
 * For what must be seen at once and is one object (a lease, a slice). Works with permissions on that name alone: the API server takes the
 * name for authorization from the field selector. Every state is worth one look, so states may be skipped but the last one always comes.
 */
import { Backoff } from './backoff.ts';
import { type Clock, type Random, random, systemClock } from './clock.ts';
import { isGone, KubeError } from './errors.ts';
import { get, withType } from './objects.ts';
import { type KubeObject, type Resource, resourcePath } from './resources.ts';
import type { Lane, Transport } from './transport.ts';

export type WatchObjectOptions = {
	transport: Transport;
	resource: Resource;
	namespace: string;
	name: string;
	lane?: Lane;
	signal: AbortSignal;
	onState: (object: KubeObject | undefined) => void;
	onError?: (error: unknown) => void;
	clock?: Clock;
	random?: Random;
};

/** Runs until the signal is aborted. */
export async function watchObject(options: WatchObjectOptions): Promise<void> {
	const { transport, resource, namespace, name, lane = 'default', signal, onState, onError = () => undefined } = options;
	const { clock = systemClock, random: draw = random } = options;
	const backoff = new Backoff({ baseMs: 100, capMs: 5000, resetAfterMs: 30_000, clock, random: draw });
	const path = resourcePath(resource, { namespace });

	async function follow(): Promise<void> {
		const present = await get(transport, resource, { namespace, name }, { lane, signal });
		onState(present);
		const resourceVersion = present?.metadata.resourceVersion;
		const query = {
			fieldSelector: `metadata.name=${name}`,
			allowWatchBookmarks: 'true',
			timeoutSeconds: String(Math.round(300 + draw() * 300)),
			...(resourceVersion === undefined ? {} : { resourceVersion }),
		};
		const startedAt = clock.now();
		for await (const { type, object } of transport.watch({ path, query, lane, signal })) {
			if (type !== 'BOOKMARK') onState(type === 'DELETED' ? undefined : withType(object, resource));
		}
		if (clock.now() - startedAt < 1000) throw new KubeError(0, 'ShortWatch', `${name}: the watch ended at once`);
	}

	while (!signal.aborted) {
		try {
			await follow();
		} catch (error) {
			if (signal.aborted) return;
			const { reason, retryAfterSeconds } = error instanceof KubeError ? error : { reason: '', retryAfterSeconds: 0 };
			if (reason === 'Inactive') continue;
			if (!isGone(error)) onError(error);
			await clock.sleep(backoff.next(retryAfterSeconds), signal);
		}
	}
}
