/** A transport that notes every call but watches, and can kill the process that makes them at a given one, as `kill -9` would. */
import type { KubeRequest, Transport, WatchEvent, WatchRequest } from '../../../kube/transport.ts';

export type Call = { method: string; path: string };

/**
 * `after-call`: the server has done the n-th call, and its answer is never heard. `before-write`: the n-th write is never sent.
 * Killing before a read would be killing after the call before it.
 */
export type Kill = { when: 'after-call' | 'before-write'; n: number };

export type Mortal = {
	transport: Transport;
	/** Every call and every write so far, in the order they were made; of those that were sent. */
	calls: Call[];
	writes: Call[];
	/** How many watches were opened. */
	watches: () => number;
	/** Has it die so many calls or writes from now. */
	arm(kill: Kill): void;
	disarm(): void;
	/** The call it died at. */
	diedAt(): Call | undefined;
};

const WRITES: readonly string[] = ['POST', 'PUT', 'PATCH', 'DELETE'];

export function mortal(real: Transport, onDeath: () => void): Mortal {
	const calls: Call[] = [];
	const writes: Call[] = [];
	let kill: Kill | undefined;
	let diedAt: Call | undefined;
	let watches = 0;

	/** Counts what happened; throws when it was the last. */
	function pass(what: Kill['when'], call: Call): void {
		if (diedAt === undefined && kill?.when === what) {
			kill = { ...kill, n: kill.n - 1 };
			if (kill.n === 0) {
				diedAt = call;
				onDeath();
			}
		}
		if (diedAt !== undefined) throw new Error('the process is dead');
	}

	async function request<T>(asked: KubeRequest): Promise<T> {
		if (asked.signal?.aborted) return real.request<T>(asked);
		const call = { method: asked.method, path: asked.path };
		const isWrite = WRITES.includes(asked.method);
		if (isWrite || diedAt !== undefined) pass('before-write', call);
		calls.push(call);
		if (isWrite) writes.push(call);
		const [outcome] = await Promise.allSettled([real.request<T>(asked)]);
		pass('after-call', call);
		if (outcome.status === 'rejected') throw outcome.reason;
		return outcome.value;
	}

	function watch(asked: WatchRequest): AsyncIterable<WatchEvent> {
		watches += 1;
		return real.watch(asked);
	}

	return {
		transport: { request, watch, close: () => real.close() },
		calls,
		writes,
		watches: () => watches,
		arm(next) {
			kill = next;
		},
		disarm() {
			kill = undefined;
		},
		diedAt: () => diedAt,
	};
}
