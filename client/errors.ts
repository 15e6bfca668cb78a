/** The one error of the client library: a stable code to branch on, a text a person can act on, and never a secret. */

export type RuneErrorCode =
	| 'unauthorized' // the Vault knows no such token (or no longer)
	| 'rate_limited' // over the calls a minute, or over the cap of rows
	| 'result_refused' // the Vault does not take the search service's signature on a result (any longer): search again
	| 'conflict' // somebody else stored something in between
	| 'refused' // the Vault or the search service understood the call and said no
	| 'unreachable' // no answer: connection refused, reset, timed out, or a gateway without a Vault behind it
	| 'untrusted' // who answers has no certificate of an authority we believe, or one of another name
	| 'unexpected_response'; // an answer that is not what the protocol promises

export class RuneError extends Error {
	override readonly name = 'RuneError';
	readonly code: RuneErrorCode;

	constructor(code: RuneErrorCode, message: string, options?: { cause?: unknown }) {
		super(message, options);
		this.code = code;
	}
}

/** The codes of an error and of what caused it, outermost first, such as ECONNREFUSED or what TLS found of a certificate. */
export function codesOf(error: unknown): string[] {
	if (!(error instanceof Error)) return [];
	const code: unknown = Reflect.get(error, 'code');
	return [...(typeof code === 'string' ? [code] : []), ...codesOf(error.cause)];
}
