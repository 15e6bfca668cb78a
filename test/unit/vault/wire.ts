/** A connection on which bytes are written by hand: HTTP clients repair, refuse or hide what an attacker would send. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { createLog } from '../../../vault/log.ts';
import { type RunningVault, startVault, tokens } from './builders.ts';

export type Answer = { status: number; head: string; body: string };

export type Wire = {
	socket: Socket;
	send(bytes: string): void;
	/** The next answer, or undefined when the connection was closed instead. An interim one (100) is an answer as well. */
	next(): Promise<Answer | undefined>;
	/** The statuses of the next `count` answers. */
	statuses(count: number): Promise<(number | undefined)[]>;
};

export function openWire(origin: string): Wire {
	const socket = connect(Number(new URL(origin).port), '127.0.0.1');
	let text = '';
	let isClosed = false;
	let wake: () => void = () => undefined;
	// One character a byte, so that lengths are lengths.
	socket.setEncoding('latin1');
	socket.on('data', data => {
		text += data;
		wake();
	});
	socket.on('error', () => undefined);
	socket.on('close', () => {
		isClosed = true;
		wake();
	});
	const next = async (): Promise<Answer | undefined> => {
		for (;;) {
			const answer = firstAnswer(text);
			if (answer !== undefined) {
				text = text.slice(answer.head.length + answer.body.length);
				return answer;
			}
			if (isClosed) return undefined;
			await new Promise<void>(resolve => {
				wake = resolve;
			});
		}
	};
	return {
		socket,
		send: bytes => void socket.write(bytes, 'latin1'),
		next,
		async statuses(count) {
			const statuses = [];
			for (let i = 0; i < count; i++) statuses.push((await next())?.status);
			return statuses;
		},
	};
}

function firstAnswer(text: string): Answer | undefined {
	const end = text.indexOf('\r\n\r\n');
	if (end < 0) return undefined;
	const head = text.slice(0, end + 4);
	const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
	// The few answers that Node itself gives in chunks have no body.
	const length = /^transfer-encoding: chunked/im.test(head) ? 5 : Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
	const body = text.slice(head.length, head.length + length);
	return body.length < length ? undefined : { status, head, body };
}

export const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
export const health = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n';
const bearer = `Authorization: Bearer ${tokens.team}`;

/** A call by the team with more or other headers, each a line, and a body as it is to go out. */
export function post(headers: readonly string[], body: string, { token = bearer, version = '1.1', target = '/mcp' } = {}): string {
	const all = ['Host: localhost', token, 'Content-Type: application/json', 'Accept: */*', ...headers].filter(line => line !== '');
	return `POST ${target} HTTP/${version}\r\n${all.join('\r\n')}\r\n\r\n${body}`;
}

/** The same with its length declared. */
export const call = (body: string = ping, options: Parameters<typeof post>[2] & { headers?: readonly string[] } = {}): string =>
	post([...(options.headers ?? []), `Content-Length: ${Buffer.byteLength(body)}`], body, options);

export type WatchedVault = RunningVault & {
	/** Everything logged as a warning or worse. */
	logged: string[];
	metric(name: string): Promise<number>;
	/** Resolves when no request is being served. */
	idle(): Promise<void>;
	/** Asserts that the process goes on and that nothing was logged. */
	assertWell(): Promise<void>;
};

/** A Vault whose log is kept, so that a test can say that nothing was in it. */
export async function startWatchedVault(options: Parameters<typeof startVault>[0] = {}): Promise<WatchedVault> {
	const logged: string[] = [];
	const log = createLog('warn', {}, { write: line => void logged.push(line) });
	const limits = { topK: 10, callsPerMinute: 1_000_000, failedAuthPerMinute: 1_000_000 };
	const running = await startVault({ log, ...options, config: { limits, ...options.config } });
	const metric: WatchedVault['metric'] = async name => {
		const text = await (await fetch(`${running.internal}/metrics`)).text();
		return Number(
			text
				.split('\n')
				.find(line => line.startsWith(`${name} `))
				?.slice(name.length + 1),
		);
	};
	const idle = async () => {
		while ((await metric('vault_inflight')) !== 0) await new Promise(resolve => setImmediate(resolve));
	};
	return {
		...running,
		logged,
		metric,
		idle,
		async assertWell() {
			await idle();
			assert.deepEqual(logged, []);
			const wire = openWire(running.origin);
			wire.send(health);
			assert.deepEqual(await wire.statuses(1), [200]);
			wire.socket.destroy();
		},
	};
}
