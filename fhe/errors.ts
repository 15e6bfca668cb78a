/**
 * The one error class of the decryption path. `code` is stable and comes from a closed union, so that callers branch on it and one table
 * (vault/errors.ts) says which codes and texts may reach a client. Messages never hold key, score or ciphertext values.
 */
export type VaultErrorCode =
	| 'deserialization_failed'
	| 'unsupported_version'
	| 'wrong_kek'
	| 'wrong_key'
	| 'invalid_argument'
	| 'key_missing'
	| 'fingerprint_mismatch'
	| 'unauthenticated'
	| 'forbidden'
	| 'rate_limited'
	| 'result_refused'
	| 'provenance_refused'
	| 'token_locked'
	| 'budget_spent'
	| 'payload_too_large'
	| 'not_ready'
	| 'audit_unavailable'
	| 'internal';

export class VaultError extends Error {
	override readonly name = 'VaultError';
	readonly code: VaultErrorCode;
	/** The argument or configuration field at fault, when there is one. */
	readonly field?: string;

	constructor(code: VaultErrorCode, message: string, options: { cause?: unknown; field?: string } = {}) {
		super(message, 'cause' in options ? { cause: options.cause } : undefined);
		this.code = code;
		if (options.field !== undefined) this.field = options.field;
	}
}

/** What every parser throws for bytes that are not what it reads. */
export function malformed(reason: string): VaultError {
	return new VaultError('deserialization_failed', `Deserialization failed: ${reason}`);
}
