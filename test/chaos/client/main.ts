/**
 * The client as a process of its own, which the driver starts inside the gateway's network namespace: no work of the driver's delays its
 * calls. Commands come as lines on standard input, replies go as lines to standard output; neither tokens nor scores are written anywhere.
 */
import { createInterface } from 'node:readline';
import { type Command, requestSchema } from './protocol.ts';
import { Stream } from './stream.ts';

const streams = new Map<string, Stream>();

function find(id: string): Stream {
	const stream = streams.get(id);
	if (stream === undefined) throw new Error(`no stream ${id} is open`);
	return stream;
}

async function byId<T>(ids: readonly string[], work: (stream: Stream) => T | Promise<T>): Promise<Record<string, T>> {
	return Object.fromEntries(await Promise.all(ids.map(async id => [id, await work(find(id))] as const)));
}

async function obey(command: Command): Promise<unknown> {
	switch (command.do) {
		case 'open':
			for (const spec of command.streams) streams.set(spec.id, new Stream(spec));
			return undefined;
		case 'begin':
			return void byId(command.ids, stream => stream.begin(command.everyMs));
		case 'mark':
			return void byId(command.ids, stream => stream.mark());
		case 'state':
			return byId(command.ids, stream => stream.state);
		case 'token':
			find(command.id).token = command.token;
			return undefined;
		case 'end':
			return byId(command.ids, stream => stream.end());
		case 'close':
			await byId(command.ids, stream => stream.close());
			for (const id of command.ids) streams.delete(id);
			return undefined;
	}
}

async function serve(line: string): Promise<void> {
	const { number, command } = requestSchema.parse(JSON.parse(line));
	const reply = await obey(command).then(
		result => ({ number, result }),
		(error: unknown) => ({ number, error: error instanceof Error ? error.message : String(error) }),
	);
	process.stdout.write(`${JSON.stringify(reply)}\n`);
}

// The end of the input is the end of the driver: nothing is left to call for.
createInterface({ input: process.stdin })
	.on('line', line => void serve(line))
	.on('close', () => process.exit(0));
