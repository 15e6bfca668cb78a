/**
 * Reads a bearer token from the Authorization header (RFC 6750, section 2.1). Total: any value gives one of three answers.
 * The header is the only place a token is taken from: one in a query string would end in proxy logs.
 */
export type Bearer = { kind: 'token'; token: string } | { kind: 'missing' } | { kind: 'malformed' };

const MAX_TOKEN_LENGTH = 512;

/** b64token of RFC 6750 plus the underscores of ours, which that grammar has already. */
const CREDENTIALS = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** `values` are all Authorization headers of the request: more than one is as malformed as none readable. */
export function parseBearer(values: readonly string[]): Bearer {
	const [value, ...others] = values;
	if (value === undefined) return { kind: 'missing' };
	const token =
		others.length === 0 && value.length <= MAX_TOKEN_LENGTH + 'bearer '.length ? CREDENTIALS.exec(value.trim())?.[1] : undefined;
	return token === undefined || token.length > MAX_TOKEN_LENGTH ? { kind: 'malformed' } : { kind: 'token', token };
}
