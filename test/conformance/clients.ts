/**
 * Clients of other people, each as a process against a Vault, in each revision it speaks. The revision is the one that was seen on the
 * wire, not the one the client was asked for.
 */
import { join } from 'node:path';
import { z } from 'zod';
import type { Keyring } from '../../vault/keys/keyring.ts';
import { run } from '../install/run.ts';
import { base64, vector, vendorKeyring } from '../unit/vault/builders.ts';
import { type Job, steps } from './clients/program.ts';
import { problemsOf } from './outcomes.ts';
import { startProxy } from './proxy.ts';
import { type Revision, revisions } from './suite.ts';
import type { Tools } from './tools.ts';
import { type Server, startExhausted, startShipped } from './vaults.ts';

type Client = {
	/** Of its package, as in its registry. */
	readonly name: string;
	readonly revisions: readonly Revision[];
	command(tools: Tools): readonly [string, ...string[]];
};

const program = (file: string): string => join(import.meta.dirname, 'clients', file);
const node = (file: string, ...args: string[]): [string, ...string[]] => [process.execPath, program(file), ...args];

const clients: readonly Client[] = [
	{ name: '@modelcontextprotocol/inspector', revisions, command: tools => node('inspector.ts', tools.inspector) },
	{ name: '@modelcontextprotocol/client', revisions, command: () => node('client.ts') },
	{ name: '@modelcontextprotocol/sdk', revisions: ['2025-11-25'], command: () => node('sdk.ts') },
	{ name: '@ai-sdk/mcp', revisions, command: () => node('ai-sdk.ts') },
	{ name: 'mcp', revisions, command: tools => [tools.python, program('mcp_client.py')] },
	{ name: 'fastmcp', revisions, command: tools => [tools.python, program('fastmcp_client.py')] },
];

/** Each client in each of its revisions, in the order of the report. */
export const pairs = clients.flatMap(client => client.revisions.map(revision => ({ client, revision })));

export type Row = { readonly client: string; readonly revision: Revision; readonly problems: readonly string[] };

const outcomesSchema = z.record(z.enum(steps), z.union([z.object({ error: z.string() }), z.object({ value: z.unknown() })]));

/** Runs every client in every revision, two at a time. */
export async function runClients(tools: Tools): Promise<Row[]> {
	using keyring = await vendorKeyring();
	const shipped = await startShipped();
	const rows: Row[] = [];
	const waiting = pairs.entries();
	const worker = async () => {
		for (const [at, { client, revision }] of waiting) {
			rows[at] = { client: client.name, revision, problems: await runClient(client.command(tools), revision, shipped, keyring) };
		}
	};
	try {
		await Promise.all([worker(), worker()]);
	} finally {
		await shipped.close();
	}
	return rows;
}

async function runClient(
	[path, ...args]: readonly [string, ...string[]],
	revision: Revision,
	shipped: Server,
	keyring: Keyring,
): Promise<string[]> {
	const proxy = await startProxy(shipped.url);
	const exhausted = await startExhausted(keyring);
	const job: Job = {
		revision,
		vault: { url: proxy.url, token: shipped.token },
		exhausted: { url: exhausted.url, token: exhausted.token },
		blob: base64(vector('score-single.pb')),
	};
	try {
		const answer = await run(path, args, { input: JSON.stringify(job), timeoutMs: 120_000 });
		return problemsOf(outcomesSchema.parse(JSON.parse(answer)), revision, proxy.revisions());
	} catch (error) {
		return [`did not end well: ${error instanceof Error ? error.message.slice(-1000) : error}`];
	} finally {
		await Promise.all([proxy.close(), exhausted.close()]);
	}
}
