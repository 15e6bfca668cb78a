/**
 * One client: begins a call every so many milliseconds over kept connections, at most a few at a time, each with a time limit, and
 * remembers how every one ended. After a failure it connects anew, as a client must that wants to find another pod: an established
 * connection stays with the pod it was made to.
 */
import { createSecureContext, type SecureContext } from 'node:tls';
import { Pool } from 'undici';
import { systemClock } from '../../../kube/clock.ts';
import { deadline, orAborted } from '../../../kube/deadline.ts';
import { type Call, refusalOf, summarize } from './answers.ts';
import type { StreamSpec, StreamState, Window } from './protocol.ts';
import { type Answer, bodyOf, headersOf, judge } from './request.ts';

const LIMIT_MS = 1_000;
/** In flight, when nobody answers: a new try begins every eighth of the time limit, which is how exactly a gap's end is seen. */
const MAX_IN_FLIGHT = 8;
/** How long after its replacement a token may still be answered. */
const OLD_TOKEN_LIMIT_MS = 2_000;

/** Of the newest answer in the average of how long answers take. */
const WEIGHT = 0.1;

type Made = Omit<Call, 'hasOldToken'> & { readonly token: string };

export class Stream {
	readonly #spec: StreamSpec;
	readonly #body: Buffer;
	readonly #secureContext: SecureContext;
	readonly #underWay = new Set<Promise<void>>();
	/** Every token so far; the last one is the present. */
	readonly #tokens: string[];
	#pool: Pool;
	#timer: NodeJS.Timeout | undefined;
	#calls: Made[] = [];
	#from = 0;
	#markedAt = 0;
	#state: StreamState = { answered: 0, failed: 0, streak: 0, epochBefore: 0, epoch: 0, milliseconds: 0 };

	constructor(spec: StreamSpec) {
		this.#spec = spec;
		this.#tokens = [spec.token];
		this.#body = bodyOf(spec.blob);
		this.#secureContext = createSecureContext({ ca: spec.ca });
		this.#pool = this.#connect();
	}

	get state(): StreamState {
		return this.#state;
	}

	/** Every call from now on is made with this token. */
	set token(token: string) {
		this.#tokens.push(token);
	}

	/** Opens a window and starts to call, on new connections: a kept one may lead to a pod that is a standby by now, and well. */
	begin(everyMs: number): void {
		this.#calls = [];
		this.#reconnect();
		this.#from = performance.now();
		this.mark();
		this.#timer = setInterval(() => this.#tick(), everyMs);
	}

	mark(): void {
		this.#markedAt = performance.now();
		this.#state = { ...this.#state, answered: 0, failed: 0, streak: 0, epochBefore: this.#state.epoch };
	}

	/** Stops calling, waits for the calls under way and gives the window's account. */
	async end(): Promise<Window> {
		clearInterval(this.#timer);
		const window = { from: this.#from, to: performance.now() };
		await Promise.all(this.#underWay);
		const calls = this.#calls.map(({ token, ...call }) => ({ ...call, hasOldToken: token !== this.#tokens.at(-1) }));
		return { summary: summarize(calls, window), refusal: refusalOf(calls, this.#markedAt, OLD_TOKEN_LIMIT_MS) };
	}

	async close(): Promise<void> {
		clearInterval(this.#timer);
		await this.#pool.destroy();
	}

	#connect(connections = MAX_IN_FLIGHT): Pool {
		const connect = { timeout: LIMIT_MS, secureContext: this.#secureContext, servername: this.#spec.host };
		return new Pool(this.#spec.origin, { connections, connect });
	}

	/** Calls under way end on the old connections. */
	#reconnect(): void {
		const old = this.#pool;
		this.#pool = this.#connect();
		old.close().catch(() => undefined);
	}

	#tick(): void {
		if (this.#underWay.size >= MAX_IN_FLIGHT) return;
		const call = this.#call().finally(() => this.#underWay.delete(call));
		this.#underWay.add(call);
	}

	async #call(): Promise<void> {
		const [pool, token = '', startedAt] = [this.#pool, this.#tokens.at(-1), performance.now()];
		const answer = await (this.#spec.isFresh ? this.#askAnew(token) : this.#ask(pool, token));
		const call: Made = { ...answer, startedAt, endedAt: performance.now(), token };
		this.#count(answer, call.endedAt - startedAt);
		if (answer.outcome === 'ok') {
			this.#calls.push(call);
			return;
		}
		if (pool === this.#pool) this.#reconnect();
		this.#calls.push({ ...call, retry: (await this.#askAnew(token)).outcome });
	}

	/** On a connection of its own. */
	async #askAnew(token: string): Promise<Answer> {
		const pool = this.#connect(1);
		const answer = await this.#ask(pool, token);
		await pool.destroy();
		return answer;
	}

	async #ask(pool: Pool, token: string): Promise<Answer> {
		using limit = deadline(systemClock, LIMIT_MS);
		try {
			const { host, expected } = this.#spec;
			const request = { path: '/mcp', method: 'POST' as const, headers: headersOf(host, token), body: this.#body, signal: limit.signal };
			// undici looks at the signal only once it has a connection, which a node that is gone does not give.
			const response = await orAborted(pool.request(request), limit.signal, late => late.body.destroy());
			const text = await orAborted(response.body.text(), limit.signal, () => undefined);
			return judge(response.statusCode, text, expected);
		} catch (error) {
			return limit.hasPassed ? { outcome: 'timeout' } : { outcome: 'connection', code: codeOf(error) };
		}
	}

	#count({ outcome, epoch = 0 }: Answer, took: number): void {
		const { answered, failed, streak, milliseconds } = this.#state;
		const counted =
			outcome === 'ok'
				? { answered: answered + 1, streak: streak + 1, milliseconds: milliseconds + (took - milliseconds) * WEIGHT }
				: { failed: failed + 1, streak: 0 };
		this.#state = { ...this.#state, ...counted, epoch: Math.max(this.#state.epoch, epoch) };
	}
}

function codeOf(error: unknown): string {
	return error instanceof Error && 'code' in error ? String(error.code) : 'no code';
}
