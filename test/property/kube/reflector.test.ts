/** A server that drops connections anywhere, repeats events and answers 410 at random: the store ends up equal to the server's state. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { KubeError } from '../../../kube/errors.ts';
import { createReflector } from '../../../kube/reflector.ts';
import { type KubeObject, resources } from '../../../kube/resources.ts';
import type { KubeRequest, Transport, WatchEvent, WatchRequest } from '../../../kube/transport.ts';
import { bookmark, configMap } from '../../unit/kube/builders.ts';
import { FakeClock } from '../../unit/kube/fake-clock.ts';

type Write = { type: 'put' | 'delete'; name: string };
type Fault = 'none' | 'drop' | 'repeat' | 'late' | 'gone' | 'cut';

/** The truth, its history, and an unreliable way to read it. Faults are drawn one an event. */
class FlakyServer implements Transport {
	readonly history: WatchEvent[] = [];
	readonly objects = new Map<string, KubeObject>();
	#version = 10;
	#wake: (() => void)[] = [];
	readonly #nextFault: () => Fault;
	isCalm = false;

	constructor(nextFault: () => Fault) {
		this.#nextFault = nextFault;
	}

	write({ type, name }: Write): void {
		const previous = this.objects.get(name);
		if (type === 'delete' && previous === undefined) return;
		this.#version += 1;
		const object = configMap(name, this.#version);
		if (type === 'delete') this.objects.delete(name);
		else this.objects.set(name, object);
		this.history.push({ type: type === 'delete' ? 'DELETED' : previous === undefined ? 'ADDED' : 'MODIFIED', object });
		for (const wake of this.#wake.splice(0)) wake();
	}

	async request<T>(_request: KubeRequest): Promise<T> {
		if (this.#fault() === 'drop') throw new KubeError(0, 'NetworkError', 'dropped');
		return {
			metadata: { resourceVersion: String(this.#version) },
			items: [...this.objects.values()].map(object => structuredClone(object)),
		} as T;
	}

	async *watch({ query = {}, signal }: WatchRequest): AsyncGenerator<WatchEvent> {
		let from = Number(query.resourceVersion ?? 0);
		if (query.sendInitialEvents === 'true') {
			from = this.#version;
			for (const object of [...this.objects.values()]) {
				if (this.#fault() === 'cut') throw new KubeError(0, 'Truncated', 'cut');
				yield { type: 'ADDED', object: structuredClone(object) };
			}
			yield { type: 'BOOKMARK', object: bookmark(from, true) };
		}
		let previous: WatchEvent | undefined;
		while (!signal.aborted) {
			const next = this.history.find(({ object }) => Number(object.metadata.resourceVersion) > from);
			if (next === undefined) {
				await new Promise<void>(resolve => {
					this.#wake.push(resolve);
					signal.addEventListener('abort', () => resolve(), { once: true });
				});
				continue;
			}
			const fault = this.#fault();
			if (fault === 'drop') return;
			if (fault === 'cut') throw new KubeError(0, 'Truncated', 'cut');
			if (fault === 'gone') throw new KubeError(410, 'Expired', 'too old');
			from = Number(next.object.metadata.resourceVersion);
			yield structuredClone(next);
			if (fault === 'repeat') yield structuredClone(next);
			if (fault === 'late' && previous !== undefined) yield structuredClone(previous);
			previous = next;
		}
	}

	async close(): Promise<void> {
		this.isCalm = true;
	}

	#fault(): Fault {
		return this.isCalm ? 'none' : this.#nextFault();
	}
}

const write = fc.record({ type: fc.constantFrom<Write['type']>('put', 'put', 'delete'), name: fc.constantFrom('a', 'b', 'c', 'd') });
const fault = fc.constantFrom<Fault>('none', 'none', 'none', 'drop', 'repeat', 'late', 'gone', 'cut');

describe('reflector properties', () => {
	it('[KUB-10] under any mix of faults the store becomes what the server has, and the changes add up to it', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.tuple(write, fc.nat(3000)), { maxLength: 30, size: 'max' }),
				fc.infiniteStream(fault),
				async (writes, faults) => {
					const clock = new FakeClock();
					const server = new FlakyServer(() => faults.next().value ?? 'none');
					const seen = new Map<string, string | undefined>();
					const wrong: string[] = [];
					const stop = new AbortController();
					const reflector = createReflector({
						...{ transport: server, resource: resources.configMaps, clock, random: () => 0.5 },
						onChange({ metadata: { name, resourceVersion } }, kind) {
							if (seen.has(name) !== (kind !== 'added')) wrong.push(`${kind} ${name}`);
							if (kind === 'deleted') seen.delete(name);
							else seen.set(name, resourceVersion);
						},
					});
					const ended = reflector.start(stop.signal);
					for (const [what, ms] of writes) {
						server.write(what);
						await clock.advance(ms);
					}
					server.isCalm = true;
					await clock.advance(120_000);
					const truth = [...server.objects.values()].map(({ metadata }) => [metadata.name, metadata.resourceVersion]).sort();
					assert.deepEqual(wrong, []);
					assert.deepEqual([...seen].sort(), truth);
					assert.deepEqual(
						reflector.store
							.list()
							.map(({ metadata }) => [metadata.name, metadata.resourceVersion])
							.sort(),
						truth,
					);
					stop.abort();
					await clock.advance(60_000);
					await ended;
				},
			),
			{ numRuns: 80 },
		);
	});
});
