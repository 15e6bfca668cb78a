/** Reading requests: bounded bodies, JSON checked against a schema, base64 checked for what it is. */
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { ApiError } from './errors.ts';

/** @throws ApiError 413 beyond `limit` bytes, before they are kept. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
	const tooLarge = () => new ApiError(413, 'body', `must have at most ${limit} bytes`);
	if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge();
	const parts: Buffer[] = [];
	let size = 0;
	for await (const part of request as AsyncIterable<Buffer>) {
		size += part.length;
		if (size > limit) throw tooLarge();
		parts.push(part);
	}
	return Buffer.concat(parts);
}

/** @throws ApiError 400 naming the first field that does not fit. */
export async function readJson<T>(request: IncomingMessage, limit: number, schema: z.ZodType<T>): Promise<T> {
	const body = await readBody(request, limit);
	let value: unknown;
	try {
		value = JSON.parse(body.toString('utf8'));
	} catch {
		throw new ApiError(400, 'body', 'must be JSON');
	}
	const parsed = schema.safeParse(value);
	if (parsed.success) return parsed.data;
	const [issue] = parsed.error.issues;
	throw new ApiError(400, issue?.path.join('.') || 'body', issue?.message ?? 'invalid');
}

/** @throws ApiError 400 for text that is not padded base64. */
export function fromBase64(text: string, field: string): Uint8Array {
	const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
	const bytes = Buffer.from(text, 'base64');
	if (text.length % 4 !== 0 || bytes.length !== (text.length / 4) * 3 - padding) throw new ApiError(400, field, 'must be base64');
	return bytes;
}
