/**
 * One question to one Vault pod: which canary, which nonce, and whether the answer proves that it decrypts with the right key.
 *
 * The operator knows only the SHA-256 of each canary's scores; the pod returns SHA-256(nonce ‖ ':' ‖ that), which it can know from
 * nowhere but a decryption. Both show certificates of the vault's own authority. Pods of a template from before that still speak plain HTTP.
 */
import { createHash } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { Client } from 'undici';
import { z } from 'zod';
import { orAborted } from '../../kube/deadline.ts';
import { INTERNAL_PORT } from '../desired/names.ts';
import type { Credentials } from '../tls/keeper.ts';

const replySchema = z.object({
	vault_version: z.string().max(64),
	role: z.enum(['primary', 'standby']),
	epoch: z.int().min(0),
	ready: z.boolean(),
	draining: z.boolean(),
	keys: z.object({ version: z.int(), fingerprint: z.string().max(80) }).optional(),
	/** Which tokens it accepts, by name. A pod of an older image tells generations, which prove nothing. */
	tokens: z.record(
		z.string().max(63),
		z.union([z.array(z.string().regex(/^[0-9a-f]{16}$/)).max(1000), z.int().transform((): string[] => [])]),
	),
	canary: z.object({ index: z.int(), digest: z.string().max(128) }).optional(),
});

/** What a pod says of itself. */
export type ProbeReply = z.infer<typeof replySchema>;
export type Question = { canary: number; nonce: string };
/** How a pod that speaks TLS is asked: by which name it is known, and what is shown to it. */
export type Channel = { serverName: string; credentials: Credentials | undefined };
/** Asks one pod, over plain HTTP without a channel. Throws when no well-formed answer comes in time. */
export type Ask = (ip: string, question: Question, signal: AbortSignal, channel?: Channel) => Promise<ProbeReply>;

const MAX_REPLY_BYTES = 64 * 1024;

/**
 * Asks over a connection of its own: neither a pod that hangs nor a question that got no answer holds up another.
 * @throws Error when there is nothing to show to a pod that speaks TLS, and when it is not the pod it should be.
 */
export const askPod: Ask = (ip, question, signal, channel) => askAt(ip, INTERNAL_PORT, question, signal, channel);

/** As `askPod`, at another port. */
export async function askAt(
	ip: string,
	port: number,
	{ canary, nonce }: Question,
	signal: AbortSignal,
	channel?: Channel,
): Promise<ProbeReply> {
	const host = ip.includes(':') ? `[${ip}]` : ip;
	const client = new Client(`${channel === undefined ? 'http' : 'https'}://${host}:${port}`, {
		pipelining: 0,
		maxResponseSize: MAX_REPLY_BYTES,
		connect: { timeout: 2_000, ...(channel === undefined ? {} : secure(channel)) },
	});
	try {
		const path = `/probe?canary=${canary}&nonce=${nonce}`;
		// undici looks at the signal only once it has a connection, which a node that is cut off never gives.
		const asked = client.request({ method: 'GET', path, signal, ...(channel && { headers: { host: channel.serverName } }) });
		const { statusCode, body } = await orAborted(asked, signal, late => late.body.destroy());
		const text = await body.text();
		if (statusCode !== 200) throw new Error(`HTTP ${statusCode}`);
		return parseReply(text);
	} finally {
		client.destroy().catch(() => undefined);
	}
}

/** By credentials: they are the same object until they change. */
const contexts = new WeakMap<Credentials, SecureContext>();

function secure({ serverName, credentials }: Channel) {
	if (credentials === undefined) throw new Error('the operator has no certificate to show');
	const secureContext = contexts.get(credentials) ?? createSecureContext({ ...credentials, minVersion: 'TLSv1.3' });
	contexts.set(credentials, secureContext);
	return { secureContext, servername: serverName };
}

/** @throws Error when the text is not a probe reply. */
export function parseReply(text: string): ProbeReply {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (cause) {
		throw new Error('the probe reply is not JSON', { cause });
	}
	const parsed = replySchema.safeParse(value);
	if (!parsed.success) throw new Error(`the probe reply is malformed at ${parsed.error.issues[0]?.path.join('.') ?? ''}`);
	return parsed.data;
}

export type Proof = 'proved' | 'wrong-key' | 'wrong-answer' | 'unproved';

/**
 * What a reply proves.
 * @param answer the canary's answer, SHA-256 of its scores in hex; undefined when the operator has none.
 * @param fingerprint the key that is expected; undefined when none is recorded.
 */
export function judge(reply: ProbeReply, question: Question, answer: string | undefined, fingerprint: string | undefined): Proof {
	if (reply.keys === undefined) return 'unproved';
	if (fingerprint !== undefined && reply.keys.fingerprint !== fingerprint) return 'wrong-key';
	if (answer === undefined || reply.canary === undefined) return 'unproved';
	const expected = createHash('sha256').update(`${question.nonce}:${answer}`).digest('hex');
	return reply.canary.index === question.canary && reply.canary.digest === expected ? 'proved' : 'wrong-answer';
}
