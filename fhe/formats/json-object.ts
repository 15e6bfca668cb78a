/** Untrusted JSON text that has to be an object. */
import { malformed } from '../errors.ts';

export function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws VaultError `deserialization_failed` that says `what` is not JSON, or not an object. */
export function parseObject(text: string, what: string): Record<string, unknown> {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw malformed(`${what}: not JSON`);
	}
	if (!isObject(value)) throw malformed(`${what}: not a JSON object`);
	return value;
}
