/**
 * What the Kubernetes API refused, in one class.
 *
 * `reason` is the machine-readable word of the API server's Status (`NotFound`, `Conflict`, `AlreadyExists`, …), or one of ours where
 * there was no answer: `NetworkError`, `Timeout`, `Aborted`, `Truncated`, `Inactive`, all with status 0. Messages are for people; branch on
 * the functions below.
 */

export type KubeErrorOptions = { cause?: unknown; retryAfterSeconds?: number | undefined; details?: unknown };

export class KubeError extends Error {
	override readonly name = 'KubeError';
	/** HTTP status code, 0 when no answer arrived. */
	readonly status: number;
	readonly reason: string;
	readonly retryAfterSeconds?: number;
	/** `details` of the Status object: causes by field, what blocks an eviction. */
	readonly details?: unknown;

	constructor(status: number, reason: string, message: string, { cause, retryAfterSeconds, details }: KubeErrorOptions = {}) {
		super(message, cause === undefined ? undefined : { cause });
		this.status = status;
		this.reason = reason;
		if (retryAfterSeconds !== undefined) this.retryAfterSeconds = retryAfterSeconds;
		if (details !== undefined) this.details = details;
	}
}

const has = (error: unknown, test: (error: KubeError) => boolean): boolean => error instanceof KubeError && test(error);

export function isNotFound(error: unknown): boolean {
	return has(error, ({ status }) => status === 404);
}

/** Somebody else wrote first, or owns the field. */
export function isConflict(error: unknown): boolean {
	return has(error, ({ status, reason }) => status === 409 && reason !== 'AlreadyExists');
}

export function isAlreadyExists(error: unknown): boolean {
	return has(error, ({ status, reason }) => status === 409 && reason === 'AlreadyExists');
}

/** The resourceVersion or continue token is too old: list again. */
export function isGone(error: unknown): boolean {
	return has(error, ({ status, reason }) => status === 410 || reason === 'Expired' || reason === 'Gone');
}

export function isForbidden(error: unknown): boolean {
	return has(error, ({ status }) => status === 403);
}

/** The object breaks its schema or a validation rule: trying again cannot help. */
export function isInvalid(error: unknown): boolean {
	return has(error, ({ status }) => status === 400 || status === 422);
}

/** No answer, too many requests or a server error: the same call may succeed later. */
export function isTransient(error: unknown): boolean {
	return has(error, ({ status, reason }) => (status === 0 && reason !== 'Aborted') || status === 429 || status >= 500);
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}

/** The error of a Status object, of an HTTP answer's body or of a watch's ERROR event. Any other body is shown by its first 200 characters. */
export function fromStatus(httpStatus: number, body: unknown, retryAfterSeconds?: number): KubeError {
	const status = isRecord(body) && body.kind === 'Status' ? body : {};
	const details = isRecord(status.details) ? status.details : undefined;
	const fromDetails = typeof details?.retryAfterSeconds === 'number' ? details.retryAfterSeconds : undefined;
	const code = httpStatus !== 0 ? httpStatus : typeof status.code === 'number' ? status.code : 500;
	const reason = typeof status.reason === 'string' && status.reason !== '' ? status.reason : (reasons[code] ?? 'Unknown');
	const text = typeof body === 'string' ? body.slice(0, 200) : '';
	const message = typeof status.message === 'string' ? status.message : text || `the API server answered ${code}`;
	return new KubeError(code, reason, message, { retryAfterSeconds: retryAfterSeconds ?? fromDetails, details });
}

const reasons: Readonly<Record<number, string>> = {
	400: 'BadRequest',
	401: 'Unauthorized',
	403: 'Forbidden',
	404: 'NotFound',
	409: 'Conflict',
	410: 'Gone',
	422: 'Invalid',
	429: 'TooManyRequests',
	500: 'InternalError',
	503: 'ServiceUnavailable',
	504: 'Timeout',
};
