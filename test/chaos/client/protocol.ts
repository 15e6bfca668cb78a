/** What driver and client tell each other: one JSON object a line, each command answered by one line with its number. */
import { z } from 'zod';

const streamSchema = z.object({
	id: z.string(),
	/** `https://address:port` of the client Service. */
	origin: z.url(),
	/** The Host header and the name in the certificate, since the address is no name that a Vault serves. */
	host: z.string(),
	/** Whom to trust, as PEM. */
	ca: z.string(),
	token: z.string(),
	blob: z.base64(),
	/** The JSON of the results that every answer must have. */
	expected: z.string(),
	/** A connection of its own for each call. */
	isFresh: z.boolean().optional(),
});
/** One client of one Vault. */
export type StreamSpec = z.infer<typeof streamSchema>;

const ids = z.array(z.string());

export const commandSchema = z.discriminatedUnion('do', [
	z.object({ do: z.literal('open'), streams: z.array(streamSchema) }),
	/** Starts to call, and a window with it. */
	z.object({ do: z.literal('begin'), ids, everyMs: z.number().positive() }),
	/** Counts from here: what `state` tells, and how long an old token is taken. */
	z.object({ do: z.literal('mark'), ids }),
	z.object({ do: z.literal('state'), ids }),
	z.object({ do: z.literal('token'), id: z.string(), token: z.string() }),
	/** Ends the window, waits for calls under way and stops calling. */
	z.object({ do: z.literal('end'), ids }),
	z.object({ do: z.literal('close'), ids }),
]);
export type Command = z.infer<typeof commandSchema>;

export const requestSchema = z.object({ number: z.int(), command: commandSchema });
export const replySchema = z.object({ number: z.int(), result: z.unknown().optional(), error: z.string().optional() });

/** What happened since the mark. */
export const stateSchema = z.object({
	answered: z.number(),
	failed: z.number(),
	/** Answers since the last failure. */
	streak: z.number(),
	/** The highest epoch seen at the mark, and now. */
	epochBefore: z.number(),
	epoch: z.number(),
	/** How long an answer takes, the last ones weighing most. */
	milliseconds: z.number(),
});
export type StreamState = z.infer<typeof stateSchema>;

const summarySchema = z.object({
	calls: z.number(),
	failedCalls: z.number(),
	failedAfterRetry: z.number(),
	wrongAnswers: z.number(),
	unauthorized: z.number(),
	staleRefusals: z.number(),
	gapMilliseconds: z.number(),
	epochChanges: z.number(),
	medianMilliseconds: z.number(),
	failures: z.record(z.string(), z.number()),
});

export const windowSchema = z.object({
	summary: summarySchema,
	refusal: z.object({ lateAnswers: z.number(), lastAnswerMilliseconds: z.number() }),
});
/** What one stream saw in one window. */
export type Window = z.infer<typeof windowSchema>;
