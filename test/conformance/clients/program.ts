/**
 * What each client program does: reads a job from standard input, goes through its steps with the client library at hand, and writes what
 * came of each as one line of JSON. It judges nothing.
 */
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const serverSchema = z.object({ url: z.string(), token: z.string() });
const jobSchema = z.object({
	/** Ask for this revision, where the client lets its user choose. */
	revision: z.string(),
	vault: serverSchema,
	/** A Vault of this job alone whose rate is used up. It gets the bad token too, lest those of several jobs add up to a lockout. */
	exhausted: serverSchema,
	/** Base64 of an encrypted result. */
	blob: z.string(),
});
export type Job = z.infer<typeof jobSchema>;

export const steps = ['list', 'public key', 'decrypt', 'bad token', 'top_k', 'rate'] as const;
export type Step = (typeof steps)[number];

/** A value that came back, or the text of the error that the client's user sees. */
export type Outcome = { readonly value: unknown } | { readonly error: string };

/** A client library, connected. A tool that answers `isError` throws the text it answers. */
export type Connection = {
	toolNames(): Promise<string[]>;
	call(tool: string, args: Record<string, unknown>): Promise<unknown>;
	close(): Promise<void>;
};

export type Connect = (server: { url: string; token: string }, revision: string) => Promise<Connection>;

/** The six steps of a job, each on a connection of its own, as a user's separate questions would be. */
export async function runProgram(connect: Connect): Promise<void> {
	const { revision, vault, exhausted, blob } = jobSchema.parse(JSON.parse(await text(process.stdin)));
	const attempt = async (server: Job['vault'], ask: (connection: Connection) => Promise<unknown>): Promise<Outcome> => {
		try {
			const connection = await connect(server, revision);
			try {
				return { value: await ask(connection) };
			} finally {
				await connection.close();
			}
		} catch (error) {
			return { error: error instanceof Error ? error.message : String(error) };
		}
	};
	const decrypt = (top_k: number) => (connection: Connection) => connection.call('decrypt_scores', { encrypted_blob_b64: blob, top_k });
	const outcomes: Record<Step, Outcome> = {
		list: await attempt(vault, connection => connection.toolNames()),
		'public key': await attempt(vault, connection => connection.call('get_public_key', {})),
		decrypt: await attempt(vault, decrypt(10)),
		'bad token': await attempt({ ...exhausted, token: 'evt_dev_wrong' }, connection => connection.toolNames()),
		top_k: await attempt(vault, decrypt(11)),
		rate: await attempt(exhausted, decrypt(10)),
	};
	process.stdout.write(`${JSON.stringify(outcomes)}\n`);
}

const resultSchema = z.looseObject({
	isError: z.boolean().optional(),
	content: z.array(z.looseObject({ text: z.string().optional() })).default([]),
	structuredContent: z.unknown().optional(),
});

/** The structured content of a tool's result. @throws Error with its text when it says `isError` */
export function contentOf(result: unknown): unknown {
	const { isError, content, structuredContent } = resultSchema.parse(result);
	if (isError) throw new Error(content.map(part => part.text).join('\n'));
	return structuredContent;
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
