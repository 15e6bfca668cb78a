/** One harmless call, `vault_status`, that shows that endpoint, certificate and token are right. */
import { Agent, buildConnector } from 'undici';
import { z } from 'zod';
import { codesOf, RuneError } from '../../errors.ts';
import { fetchThrough } from '../../trust.ts';
import { connectVault } from '../../vault.ts';
import { CommandError } from '../refusals.ts';

/** `loopbackPort`: the port of this machine that leads to the pod; undefined: the host of the URL is dialled. `ca`: PEM, beside what the machine trusts. */
export type Call = { url: string; token: string; ca: string | undefined; loopbackPort: number | undefined };

const statusSchema = z.looseObject({
	role: z.string(),
	epoch: z.number(),
	key_id: z.string(),
	identity: z.looseObject({ name: z.string(), role: z.string() }),
});

export type Answer = z.infer<typeof statusSchema>;

const TIMEOUT_MS = 10_000;

/** Calls the host of the URL by its own name, wherever the bytes go: so Host and certificate are checked as for any client. */
function agentFor({ ca, loopbackPort }: Call): Agent {
	const connect = buildConnector({ timeout: TIMEOUT_MS, ...(ca === undefined ? {} : { ca }) });
	if (loopbackPort === undefined) return new Agent({ connect });
	return new Agent({
		connect: (options, callback) => connect({ ...options, hostname: '127.0.0.1', port: String(loopbackPort) }, callback),
	});
}

/** @throws CommandError saying why there is no answer, without a word of the token. */
export async function callStatus(call: Call): Promise<Answer> {
	const agent = agentFor(call);
	try {
		const vault = await connectVault({ url: call.url, token: call.token, timeoutMs: TIMEOUT_MS, retries: 0, fetch: fetchThrough(agent) });
		try {
			return statusSchema.parse(await vault.status());
		} finally {
			await vault.close();
		}
	} catch (error) {
		if (error instanceof RuneError)
			throw new CommandError([error.message, ...codesOf(error.cause).slice(0, 1)].join(': '), { cause: error });
		if (error instanceof z.ZodError) throw new CommandError('vault_status answered something else than a Vault does', { cause: error });
		throw error;
	} finally {
		await agent.destroy();
	}
}
