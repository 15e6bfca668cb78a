/**
 * A transport that plays a script: each call takes the next step, which must be of its kind, and then waits for ever. For the reflector, whose
 * server must misbehave on command.
 */
import { KubeError } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/resources.ts';
import type { KubeRequest, Transport, WatchEvent, WatchRequest } from '../../../kube/transport.ts';

type Play = { event: WatchEvent } | { error: KubeError } | { wait: Promise<void> };

export type Step =
	| { kind: 'list'; items: KubeObject[]; version: number; continue?: string }
	| { kind: 'listError'; error: KubeError }
	| { kind: 'watch'; plays: Play[]; isOpen?: boolean };

export const event = (type: WatchEvent['type'], object: KubeObject): Play => ({ event: { type, object } });
export const failure = (status: number, reason: string, retryAfterSeconds?: number): KubeError =>
	new KubeError(status, reason, `scripted ${reason}`, { retryAfterSeconds });
export const watchError = (status: number, reason: string): Play => ({ error: failure(status, reason) });

export class ScriptedTransport implements Transport {
	readonly #steps: Step[];
	/** The calls made, in order. */
	readonly calls: { kind: 'list' | 'watch'; query: Record<string, string>; accept: string | undefined }[] = [];

	constructor(...steps: Step[]) {
		this.#steps = steps;
	}

	get remaining(): number {
		return this.#steps.length;
	}

	async request<T>({ query = {}, accept, signal }: KubeRequest): Promise<T> {
		this.calls.push({ kind: 'list', query, accept });
		const step = this.#steps.shift();
		if (step === undefined) return never(signal);
		if (step.kind === 'listError') throw step.error;
		if (step.kind !== 'list') throw new Error(`the script has a ${step.kind}, and a list was asked for`);
		const metadata = { resourceVersion: String(step.version), ...(step.continue === undefined ? {} : { continue: step.continue }) };
		return { apiVersion: 'v1', kind: 'ConfigMapList', metadata, items: step.items } as T;
	}

	async *watch({ query = {}, accept, signal, onOpen }: WatchRequest): AsyncGenerator<WatchEvent> {
		this.calls.push({ kind: 'watch', query, accept });
		const step = this.#steps.shift();
		if (step === undefined) return void (await untilAborted(signal));
		if (step.kind !== 'watch') throw new Error(`the script has a ${step.kind}, and a watch was asked for`);
		const [first] = step.plays;
		if (first === undefined || !('error' in first)) onOpen?.();
		for (const play of step.plays) {
			if ('wait' in play) await play.wait;
			else if ('error' in play) throw play.error;
			else yield structuredClone(play.event);
		}
		if (step.isOpen) await untilAborted(signal);
	}

	async close(): Promise<void> {
		this.#steps.length = 0;
	}
}

function untilAborted(signal: AbortSignal): Promise<void> {
	return new Promise(resolve => {
		if (signal.aborted) resolve();
		signal.addEventListener('abort', () => resolve(), { once: true });
	});
}

async function never<T>(signal: AbortSignal | undefined): Promise<T> {
	if (signal !== undefined) await untilAborted(signal);
	throw new KubeError(0, 'Aborted', 'the script is over');
}
