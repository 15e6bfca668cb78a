/** The driver's end of the client process: commands as calls. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { inNetwork } from '../cluster/network.ts';
import { GATEWAY } from '../cluster/plan.ts';
import { type Command, replySchema, type StreamSpec, type StreamState, stateSchema, type Window, windowSchema } from './client/protocol.ts';

type Pending = { resolve(result: unknown): void; reject(error: Error): void };

export class ClientProcess {
	readonly #child: ChildProcess;
	readonly #pending = new Map<number, Pending>();
	#number = 0;

	/** Starts it inside the network of the cluster's gateway, where kube-proxy knows the Service addresses. */
	constructor() {
		const [program = '', ...args] = [...inNetwork(GATEWAY.namespace), process.execPath, join(import.meta.dirname, 'client', 'main.ts')];
		// A group of its own: an interrupt at the terminal goes to the driver, which still needs the client to end well.
		this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
		if (this.#child.stdout !== null) createInterface({ input: this.#child.stdout }).on('line', line => this.#settle(line));
		this.#child.on('exit', code => {
			for (const { reject } of this.#pending.values()) reject(new Error(`the client process has ended (${code})`));
		});
	}

	async open(streams: readonly StreamSpec[]): Promise<void> {
		await this.#send({ do: 'open', streams: [...streams] });
	}

	async begin(ids: readonly string[], everyMs: number): Promise<void> {
		await this.#send({ do: 'begin', ids: [...ids], everyMs });
	}

	async mark(ids: readonly string[]): Promise<void> {
		await this.#send({ do: 'mark', ids: [...ids] });
	}

	async state(ids: readonly string[]): Promise<StreamState[]> {
		const byId = z.record(z.string(), stateSchema).parse(await this.#send({ do: 'state', ids: [...ids] }));
		return ids.flatMap(id => byId[id] ?? []);
	}

	async useToken(id: string, token: string): Promise<void> {
		await this.#send({ do: 'token', id, token });
	}

	async end(ids: readonly string[]): Promise<Window[]> {
		const byId = z.record(z.string(), windowSchema).parse(await this.#send({ do: 'end', ids: [...ids] }));
		return ids.flatMap(id => byId[id] ?? []);
	}

	async closeStreams(ids: readonly string[]): Promise<void> {
		await this.#send({ do: 'close', ids: [...ids] });
	}

	async stop(): Promise<void> {
		if (this.#child.exitCode !== null) return;
		const ended = once(this.#child, 'exit');
		this.#child.stdin?.end();
		await ended;
	}

	#send(command: Command): Promise<unknown> {
		const number = ++this.#number;
		return new Promise((resolve, reject) => {
			this.#pending.set(number, { resolve, reject });
			this.#child.stdin?.write(`${JSON.stringify({ number, command })}\n`);
		});
	}

	#settle(line: string): void {
		const { number, result, error } = replySchema.parse(JSON.parse(line));
		const pending = this.#pending.get(number);
		this.#pending.delete(number);
		if (error === undefined) pending?.resolve(result);
		else pending?.reject(new Error(error));
	}
}
