/**
 * The one table from an error's code to what the world outside sees of it: an HTTP status, and whether its message may leave. Messages
 * of visible codes are written for clients; every other error becomes "internal error" with a correlation id.
 */
import { VaultError, type VaultErrorCode } from '../fhe/errors.ts';

type Exposure = { status: 400 | 401 | 403 | 413 | 429 | 500 | 503; isVisible: boolean; isDenial?: true };

const exposures: Record<VaultErrorCode, Exposure> = {
	deserialization_failed: { status: 400, isVisible: true },
	unsupported_version: { status: 400, isVisible: true },
	invalid_argument: { status: 400, isVisible: true },
	unauthenticated: { status: 401, isVisible: true, isDenial: true },
	forbidden: { status: 403, isVisible: true, isDenial: true },
	token_locked: { status: 403, isVisible: true, isDenial: true },
	budget_spent: { status: 403, isVisible: true, isDenial: true },
	payload_too_large: { status: 413, isVisible: true },
	result_refused: { status: 403, isVisible: true, isDenial: true },
	provenance_refused: { status: 403, isVisible: true, isDenial: true },
	rate_limited: { status: 429, isVisible: true, isDenial: true },
	not_ready: { status: 503, isVisible: true },
	audit_unavailable: { status: 503, isVisible: true },
	wrong_kek: { status: 500, isVisible: false },
	wrong_key: { status: 500, isVisible: false },
	key_missing: { status: 500, isVisible: false },
	fingerprint_mismatch: { status: 500, isVisible: false },
	internal: { status: 500, isVisible: false },
};

export function statusOf(code: VaultErrorCode): number {
	return exposures[code].status;
}

/** What a client may read of an error, or undefined when it may read nothing. */
export function clientText(error: unknown): string | undefined {
	return error instanceof VaultError && exposures[error.code].isVisible ? error.message : undefined;
}

/** A refusal by policy, as opposed to a failure. */
export function isDenial(error: unknown): boolean {
	return error instanceof VaultError && exposures[error.code].isDenial === true;
}
