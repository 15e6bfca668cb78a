/**
 * Turns the bytes of a body into one JSON value, or refuses. Depth is measured on the bytes, before anything is parsed, so that no
 * later step (schema checks, logging, the SDK) meets a value it would have to recurse into.
 */
import { MAX_NESTING } from './limits.ts';
import { type Refusal, rpcCode } from './refusal.ts';

export type ParsedBody = { ok: true; value: unknown } | { ok: false; refusal: Refusal };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** One POST is one JSON-RPC message: limits and audit count on it, so a batch is refused. */
export function parseBody(bytes: Buffer): ParsedBody {
	if (isNestedDeeper(bytes, MAX_NESTING)) return refused(rpcCode.invalidRequest, `The body is nested deeper than ${MAX_NESTING} levels`);
	let value: unknown;
	try {
		value = JSON.parse(decoder.decode(bytes));
	} catch {
		return refused(rpcCode.parseError, 'Parse error: the body is not JSON');
	}
	if (Array.isArray(value)) return refused(rpcCode.invalidRequest, 'Batches are not accepted: send one message a request');
	return { ok: true, value };
}

/** The `id` of a JSON-RPC request, to be echoed in an error. */
export function rpcIdOf(body: unknown): string | number | undefined {
	const id = typeof body === 'object' && body !== null && 'id' in body ? body.id : undefined;
	return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

/** Whether brackets outside of strings ever nest deeper than `limit`. Total: the bytes need not be JSON. Linear in their number. */
export function isNestedDeeper(bytes: Buffer, limit: number): boolean {
	let depth = 0;
	for (let at = 0; at < bytes.length; at++) {
		const byte = bytes[at];
		if (byte === QUOTE) at = endOfString(bytes, at);
		else if (byte === 0x5b || byte === 0x7b) {
			if (++depth > limit) return true;
		} else if (byte === 0x5d || byte === 0x7d) depth--;
	}
	return false;
}

/** The position of the quote that ends the string begun at `start`, or the end. The search is native: a blob is one long string. */
function endOfString(bytes: Buffer, start: number): number {
	let end = bytes.indexOf(QUOTE, start + 1);
	while (end !== -1 && isEscaped(bytes, end, start)) end = bytes.indexOf(QUOTE, end + 1);
	return end === -1 ? bytes.length : end;
}

function isEscaped(bytes: Buffer, quote: number, start: number): boolean {
	let slashes = 0;
	while (quote - 1 - slashes > start && bytes[quote - 1 - slashes] === BACKSLASH) slashes++;
	return slashes % 2 === 1;
}

function refused(code: number, message: string): ParsedBody {
	return { ok: false, refusal: { status: 400, code, message } };
}
