/**
 * One HTTP request as it goes through guard, authenticate, admit, tool, audit and answer. Each step adds what it learned; audit and
 * metrics read it at the end. It holds no token, ciphertext or score.
 */
import type { Identity } from './auth/verifiers.ts';
import type { Refusal } from './http/refusal.ts';

export type Call = {
	readonly requestId: string;
	/** Monotonic, in milliseconds. */
	readonly startedAt: number;
	readonly sourceIp: string;
	/** Aborted when the client closes the connection before it has its answer. */
	readonly signal: AbortSignal;
	identity?: Identity;
	rpcId?: string | number;
	/** The JSON body, once it is read and checked. */
	body?: unknown;
	refusal?: Refusal;
	tool?: ToolRun;
	/** What took time, when the call is traced. */
	phases?: Phase[];
};

/** A part of a call; times are monotonic, in milliseconds. */
export type Phase = { readonly name: string; readonly startedAt: number; readonly endedAt: number };

/** Begins a phase. @returns what ends it */
export function beginPhase({ phases }: Call, name: string): () => void {
	const startedAt = performance.now();
	return () => {
		phases?.push({ name, startedAt, endedAt: performance.now() });
	};
}

/** What a tool tells of its run, for audit and metrics. */
export type ToolRun = {
	name: string;
	status: 'success' | 'denied' | 'error';
	milliseconds: number;
	topK?: number;
	resultCount?: number;
	keyVersion?: number;
	/** Of the key, at worst. */
	releasedBits?: number;
	/** Over all blobs of the call, in order. */
	blobSha256?: string;
	/** A code of the closed list, never a text from outside. */
	error?: string;
};
